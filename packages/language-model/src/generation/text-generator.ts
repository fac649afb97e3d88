import { createResident, type Engine, type HostTensor, type Tensor } from "@offprint/tensor";
import { ContextError } from "../errors.ts";
import type { LanguageModel } from "../language-model.ts";
import type { CausalLanguageModel, Weights } from "../model.ts";
import { CachedDecoder, type ResidentWeights } from "./cached-decoder.ts";
import { GenerationError } from "./errors.ts";
import { logitsStep, type InterceptLogits } from "./intercept.ts";
import { packWeights } from "./packed-weights.ts";
import { checkSampling, type SamplingOptions } from "./sampling.ts";
import { Sequence, type Generated, type GenerationEvent } from "./sequence.ts";

/** A text, encoded with the tokenizer's own first token, or token ids as they are. */
export type Prompt = string | ArrayLike<number>;

/** How to generate; what is absent is as the model's makers advise in its generation_config.json. */
export interface GenerateOptions extends SamplingOptions {
  /** Most tokens of each text. Default 256, or what the model's makers advise. */
  readonly maxTokens?: number | undefined;
  /** A text ends before the first of these; they may lie across tokens. */
  readonly stop?: readonly string[] | undefined;
  /** Whole number ≥ 0; the same seed draws the same tokens. Default 0. */
  readonly seed?: number | undefined;
  /** Go on past tokens that end texts. */
  readonly ignoreEnd?: boolean | undefined;
  readonly interceptLogits?: InterceptLogits | undefined;
  /** Stops between two tokens, with its reason as the error. */
  readonly signal?: AbortSignal | undefined;
}

export interface TextGeneratorOptions {
  /** Where to compute. Default: the process's own CPU engine. */
  readonly engine?: Engine | undefined;
  /** Instead of the model's own: another configuration of it, as with an extended context. */
  readonly model?: CausalLanguageModel | undefined;
  /** Instead of the model's own: merged ones, or those with an adapter's beside them. */
  readonly weights?: Readonly<Record<string, HostTensor>> | undefined;
  /** Weights that are in an engine already; they stay when the generator ends. */
  readonly resident?: ResidentWeights | undefined;
  /** How the model reads the weights; give one that adds an adapter. Default `weightsOf`. */
  readonly reading?: ((tensors: Readonly<Record<string, Tensor>>) => Weights) | undefined;
}

/** A model with its weights in an engine, ready to write texts. Dispose it after use. */
export class TextGenerator implements AsyncDisposable {
  readonly model: CausalLanguageModel;
  readonly #source: Pick<LanguageModel, "tokenizer" | "generation">;
  readonly #weights: ResidentWeights;
  readonly #ownsWeights: boolean;
  readonly #reading: TextGeneratorOptions["reading"];
  #decoder: CachedDecoder | undefined;
  #busy = false;

  private constructor(source: LanguageModel, weights: ResidentWeights, options: TextGeneratorOptions) {
    this.model = options.model ?? source.model;
    this.#source = source;
    this.#weights = weights;
    this.#ownsWeights = options.resident === undefined;
    this.#reading = options.reading;
  }

  /** Puts the weights of a loaded model into an engine. */
  static async create(source: LanguageModel, options: TextGeneratorOptions = {}): Promise<TextGenerator> {
    const { engine, resident } = options;
    if (resident) return new TextGenerator(source, resident, options);
    const given = options.weights ?? (await source.readWeights());
    const { weights, reading } = options.reading
      ? { weights: given, reading: options.reading }
      : packWeights(options.model ?? source.model, given);
    const made = await createResident({ weights }, engine ? { engine } : {});
    return new TextGenerator(source, made, { ...options, reading });
  }

  /** One text. */
  async generate(prompt: Prompt, options: GenerateOptions = {}): Promise<Generated> {
    const [generated] = await this.generateAll([prompt], options);
    return generated as Generated;
  }

  /** Several texts side by side, each as if it were alone. */
  async generateAll(prompts: readonly Prompt[], options: GenerateOptions = {}): Promise<Generated[]> {
    const events = this.stream(prompts, options);
    for (;;) {
      const { done, value } = await events.next();
      if (done) return value;
    }
  }

  /**
   * The same, token by token.
   * @throws {GenerationError} for options out of range, and while another text of this generator is being written;
   *   {@link ContextError} for a prompt that fills the context.
   */
  async *stream(
    prompts: readonly Prompt[],
    options: GenerateOptions = {},
  ): AsyncGenerator<GenerationEvent, Generated[], undefined> {
    if (this.#busy) throw new GenerationError("this generator is writing already; wait for it, or create another");
    this.#busy = true;
    try {
      return yield* this.#write(prompts, options);
    } finally {
      this.#busy = false;
    }
  }

  async *#write(
    prompts: readonly Prompt[],
    options: GenerateOptions,
  ): AsyncGenerator<GenerationEvent, Generated[], undefined> {
    const { tokenizer, generation } = this.#source;
    const { sample, ...advised } = generation;
    const sampling: SamplingOptions = { ...(sample ? { temperature: 1, ...advised } : {}), ...given(options) };
    checkSampling(sampling);
    const { maxTokens = generation.maxNewTokens ?? 256, stop = [], seed = 0, signal, interceptLogits } = options;
    if (!Number.isSafeInteger(maxTokens) || maxTokens < 0)
      throw new GenerationError(`maxTokens is ${maxTokens}; it must be a whole number, 0 or more`);
    const sequences = prompts.map((prompt, index) => {
      return new Sequence(index, this.#encode(prompt), { tokenizer, stops: stop, seed });
    });
    if (sequences.length === 0) return [];
    const decoder = await this.#decoderFor(sequences, maxTokens);
    const ends = new Set(options.ignoreEnd ? [] : generation.eos);
    if (maxTokens === 0) for (const sequence of sequences) yield sequence.end("length");
    let unread: readonly (readonly number[])[] = sequences.map(({ prompt }) => prompt);
    while (sequences.some(({ ended }) => !ended)) {
      signal?.throwIfAborted();
      const logits = await decoder.read(unread, signal);
      const next = sequences.map((): readonly number[] => []);
      // All at once, so that an interceptor can serve the steps of a batch together.
      const verdicts = await Promise.all(
        sequences.map(async ({ index, prompt, tokens, ended }) => {
          const own = logits[index];
          if (ended || !own) return undefined;
          return await interceptLogits?.(logitsStep(tokenizer, { sequence: index, prompt, tokens, logits: own }));
        }),
      );
      signal?.throwIfAborted();
      for (const sequence of sequences) {
        const own = logits[sequence.index];
        if (sequence.ended || !own) continue;
        const { index, tokens } = sequence;
        const verdict = verdicts[index];
        if (verdict && "end" in verdict) {
          yield sequence.end("intercepted");
        } else if (verdict) {
          const event = sequence.rollBack(verdict.rollBack);
          // The token whose logits are wanted again is read again.
          decoder.truncate(index, sequence.length - 1);
          next[index] = [sequence.last];
          yield event;
        } else {
          const token = sequence.choose(own, sampling);
          if (ends.has(token)) {
            yield sequence.end("end");
            continue;
          }
          yield sequence.push(token);
          if (sequence.stopped) yield sequence.end("stop");
          else if (tokens.length >= maxTokens) yield sequence.end("length");
          else if (sequence.length >= decoder.limit) yield sequence.end("context");
          else next[index] = [token];
        }
      }
      unread = next;
    }
    return sequences.map((sequence) => sequence.result());
  }

  #encode(prompt: Prompt): readonly number[] {
    const { tokenizer, generation } = this.#source;
    const ids = Array.from(typeof prompt === "string" ? tokenizer.encode(prompt) : prompt);
    const first = generation.bos ?? tokenizer.bos;
    const tokens = ids.length === 0 && first !== undefined ? [first] : ids;
    if (tokens.length === 0)
      throw new GenerationError("the prompt is empty, and the model has no first token; give text");
    const { vocabularySize } = this.model.config;
    const unknown = tokens.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabularySize);
    if (unknown === undefined) return tokens;
    throw new GenerationError(`the prompt has the token id ${unknown}; the model's end at ${vocabularySize - 1}`);
  }

  /** A decoder with nothing in it. */
  async #decoderFor(sequences: readonly Sequence[], maxTokens: number): Promise<CachedDecoder> {
    const { contextLength, rope } = this.model.config;
    const longest = Math.max(...sequences.map(({ prompt }) => prompt.length));
    if (longest >= contextLength) {
      throw new ContextError(
        `the prompt's ${longest} tokens leave no room in the model's context of ${contextLength}; shorten it, or extend the ` +
          "context",
      );
    }
    const dependent = rope?.kind === "dynamic" || rope?.kind === "longrope";
    const limit = dependent ? Math.min(longest + maxTokens, contextLength) : contextLength;
    const { batch } = this.#decoder ?? {};
    if (!this.#decoder || batch !== sequences.length || this.#decoder.limit !== limit) {
      await this.#decoder?.dispose();
      const reading = this.#reading;
      this.#decoder = new CachedDecoder({
        model: this.model,
        weights: this.#weights,
        batch: sequences.length,
        length: limit,
        reading,
      });
    }
    for (const { index } of sequences) this.#decoder.truncate(index, 0);
    return this.#decoder;
  }

  /** Gives back what the engine holds. */
  async dispose(): Promise<void> {
    await this.#decoder?.dispose();
    this.#decoder = undefined;
    if (this.#ownsWeights) this.#weights.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

/** The sampling options that are set. */
function given({ temperature, topK, topP, minP, repetitionPenalty }: GenerateOptions): SamplingOptions {
  const all = { temperature, topK, topP, minP, repetitionPenalty };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** One text of a model that is needed for nothing else; for several, create a {@link TextGenerator}. */
export async function generate(
  source: LanguageModel,
  prompt: Prompt,
  options: GenerateOptions & TextGeneratorOptions = {},
): Promise<Generated> {
  await using generator = await TextGenerator.create(source, options);
  return await generator.generate(prompt, options);
}
