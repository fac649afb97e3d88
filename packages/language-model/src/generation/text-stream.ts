import type { Tokenizer } from "../tokenizer.ts";

/** Tokens of the context that a token's text may depend on, such as whether a space stands before it. */
const context = 6;
/** Tokens after which text is given out even if it ends in half a character: no character has more bytes. */
const longestCharacter = 4;

/**
 * The text of tokens as they come, given out as soon as it is certain: never half a character, and nothing that might be
 * the beginning of a stop string.
 */
export class TextStream {
  readonly #tokenizer: Pick<Tokenizer, "decode">;
  readonly #stops: readonly string[];
  /** The window that is decoded: some tokens before, then those without text so far. */
  #window: number[];
  /** How many tokens of the window have their text. */
  #settled: number;
  /** Text that might begin a stop string. */
  #held = "";
  #stopped = false;

  /** @param prompt tokens before the first; their text is not given out. */
  constructor(tokenizer: Pick<Tokenizer, "decode">, prompt: readonly number[], stops: readonly string[] = []) {
    this.#tokenizer = tokenizer;
    this.#stops = stops.filter((stop) => stop !== "");
    this.#window = prompt.slice(-context);
    this.#settled = this.#window.length;
  }

  /** Whether a stop string has come; nothing is given out from it on. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** The text that one more token makes certain. */
  push(token: number): string {
    this.#window.push(token);
    const text = this.#decode(this.#window);
    const pending = this.#window.length - this.#settled;
    return text.endsWith("\uFFFD") && pending < longestCharacter ? "" : this.#certain(this.#settle(text));
  }

  /** What is left when no more tokens come. */
  flush(): string {
    const text = this.#certain(this.#settle(this.#decode(this.#window)));
    const held = this.#stopped ? "" : this.#held;
    this.#held = "";
    return text + held;
  }

  #decode(tokens: readonly number[]): string {
    return this.#tokenizer.decode(tokens, { skipSpecial: true });
  }

  /** The part of the window's text that is new. */
  #settle(text: string): string {
    const before = this.#decode(this.#window.slice(0, this.#settled));
    this.#window = this.#window.slice(-Math.max(context, this.#window.length - this.#settled));
    this.#settled = this.#window.length;
    return text.slice(before.length);
  }

  /** What of `text` is before any stop string, and surely none's beginning. */
  #certain(text: string): string {
    if (this.#stopped) return "";
    const all = this.#held + text;
    const places = this.#stops.map((stop) => all.indexOf(stop)).filter((place) => place >= 0);
    if (places.length > 0) {
      this.#stopped = true;
      this.#held = "";
      return all.slice(0, Math.min(...places));
    }
    const held = Math.max(0, ...this.#stops.map((stop) => overlap(all, stop)));
    this.#held = all.slice(all.length - held);
    return all.slice(0, all.length - held);
  }
}

/** Length of the longest end of `text` that is a beginning of `stop`, but not all of it. */
function overlap(text: string, stop: string): number {
  for (let length = Math.min(stop.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(stop.slice(0, length))) return length;
  }
  return 0;
}
