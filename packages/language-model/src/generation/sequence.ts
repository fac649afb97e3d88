import { RandomStream } from "@offprint/training";
import type { Tokenizer } from "../tokenizer.ts";
import type { SamplingOptions } from "./sampling.ts";
import { chooseToken } from "./sampling.ts";
import { TextStream } from "./text-stream.ts";

/**
 * Why a sequence ended: a token that ends texts, a stop string, as many tokens as asked for, the end of the model's context,
 * or an interceptor.
 */
export type EndReason = "end" | "stop" | "length" | "context" | "intercepted";

/** What happens, sequence by sequence. `text` is to be appended to what came before. */
export type GenerationEvent = { readonly sequence: number } & (
  | { readonly type: "token"; readonly token: number; readonly text: string }
  /** So many tokens were taken back; `text` is all that is left of the sequence's text, and replaces it. */
  | { readonly type: "rolledBack"; readonly tokens: number; readonly text: string }
  | { readonly type: "end"; readonly reason: EndReason; readonly text: string }
);

/** One generated text. */
export interface Generated {
  readonly text: string;
  /** Without the prompt and without a token that ended the text; those of a stop string are among them. */
  readonly tokens: Int32Array;
  readonly promptTokens: number;
  readonly reason: EndReason;
}

/** One of the texts that are generated side by side. */
export class Sequence {
  readonly index: number;
  readonly prompt: readonly number[];
  readonly #tokenizer: Tokenizer;
  readonly #stops: readonly string[];
  readonly #random: RandomStream;
  readonly #tokens: number[] = [];
  #stream: TextStream;
  #text = "";
  #reason: EndReason | undefined;

  constructor(
    index: number,
    prompt: readonly number[],
    { tokenizer, stops, seed }: { tokenizer: Tokenizer; stops: readonly string[]; seed: number },
  ) {
    this.index = index;
    this.prompt = prompt;
    this.#tokenizer = tokenizer;
    this.#stops = stops;
    // A stream of its own, so that what is drawn does not depend on the other sequences.
    this.#random = RandomStream.create(seed, `generate/${index}`);
    this.#stream = this.#newStream();
  }

  #newStream(): TextStream {
    return new TextStream(this.#tokenizer, this.prompt, this.#stops);
  }

  get tokens(): readonly number[] {
    return this.#tokens;
  }

  get length(): number {
    return this.prompt.length + this.#tokens.length;
  }

  /** The last token, which the model has to read for the next one's logits. */
  get last(): number {
    return this.#tokens.at(-1) ?? this.prompt.at(-1) ?? 0;
  }

  get ended(): boolean {
    return this.#reason !== undefined;
  }

  /** Whether a stop string has come. */
  get stopped(): boolean {
    return this.#stream.stopped;
  }

  choose(logits: Float32Array, options: SamplingOptions): number {
    return chooseToken(logits, [...this.prompt, ...this.#tokens], options, this.#random);
  }

  push(token: number): GenerationEvent {
    this.#tokens.push(token);
    const text = this.#stream.push(token);
    this.#text += text;
    return { type: "token", sequence: this.index, token, text };
  }

  rollBack(count: number): GenerationEvent {
    const taken = this.#tokens.splice(Math.max(this.#tokens.length - count, 0)).length;
    this.#stream = this.#newStream();
    this.#text = this.#tokens.map((token) => this.#stream.push(token)).join("");
    return { type: "rolledBack", sequence: this.index, tokens: taken, text: this.#text };
  }

  end(reason: EndReason): GenerationEvent {
    const text = this.#stream.flush();
    this.#text += text;
    // The last token may complete a stop string only now, when held-back text is let go.
    this.#reason = this.#stream.stopped ? "stop" : reason;
    return { type: "end", sequence: this.index, reason: this.#reason, text };
  }

  result(): Generated {
    const { length: promptTokens } = this.prompt;
    const reason = this.#reason ?? "intercepted";
    return { text: this.#text, tokens: Int32Array.from(this.#tokens), promptTokens, reason };
  }
}
