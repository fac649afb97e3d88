import type { GenerationEvent } from "@offprint/language-model";

interface Text {
  /** A token's text each, not written yet. */
  pieces: string[];
  /** Characters that are written. */
  written: number;
  ended: boolean;
}

/**
 * Writes texts that are generated side by side one after the other: the first as it comes, a later one as soon as those
 * before it have ended.
 */
export class TextsInOrder {
  readonly #write: (text: string) => unknown;
  readonly #heading: (text: number) => string;
  readonly #held: number;
  readonly #texts: Text[];
  #current = 0;

  /** @param held last tokens that are not written yet, because they may be taken back. */
  constructor(
    count: number,
    { write, heading, held }: { write: (text: string) => unknown; heading: (text: number) => string; held: number },
  ) {
    this.#write = write;
    this.#heading = heading;
    this.#held = held;
    this.#texts = Array.from({ length: count }, () => ({ pieces: [], written: 0, ended: false }));
    this.#write(heading(0));
  }

  take(event: GenerationEvent): void {
    const text = this.#texts[event.sequence];
    if (!text) return;
    if (event.type === "rolledBack") text.pieces = [event.text.slice(text.written)];
    else text.pieces.push(event.text);
    text.ended ||= event.type === "end";
    if (event.sequence === this.#current) this.#advance();
  }

  #advance(): void {
    for (;;) {
      const text = this.#texts[this.#current];
      if (!text) return;
      const ready = text.pieces.splice(0, text.pieces.length - (text.ended ? 0 : this.#held)).join("");
      text.written += ready.length;
      if (ready !== "") this.#write(ready);
      if (!text.ended) return;
      this.#write("\n");
      if (++this.#current < this.#texts.length) this.#write(this.#heading(this.#current));
    }
  }
}
