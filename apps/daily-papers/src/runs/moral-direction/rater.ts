import type { Encoder, MoralDirection, Score } from "@offprint/moral-direction";

/** A phrase with its place on the axis. */
export interface KnownPhrase {
  readonly text: string;
  readonly score: number;
}

interface Opened {
  readonly encoder: Encoder;
  readonly directions: Map<string, Promise<MoralDirection>>;
}

/** The direction that comes along. */
const shipped = "";
/** Texts whose vectors stay: those of every untouched form among them. */
const rememberedTexts = 2000;
/** Directions of runs that stay loaded. */
const mostDirections = 20;

/** Rates phrases in the site's own process: the encoder is small, and loaded when the first reader asks. */
export class Rater {
  #opened: Promise<Opened> | undefined;

  /** @param file a run's direction; absent: the one that comes along. */
  async rate(phrases: readonly string[], file = shipped): Promise<Score[]> {
    const { scorer } = await import("@offprint/moral-direction");
    const { encoder, directions } = await this.#open();
    return scorer(encoder, await directionOf(directions, file)).score(phrases);
  }

  /** Phrases of the fit, best first. */
  async known(file = shipped): Promise<KnownPhrase[]> {
    const { scoreOfPlaced } = await import("@offprint/moral-direction");
    const { directions } = await this.#open();
    const direction = await directionOf(directions, file);
    return direction.contexts
      .map((placed) => ({ text: placed.text, score: scoreOfPlaced(direction, placed) }))
      .toSorted((a, b) => b.score - a.score);
  }

  async close(): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined);
    this.#opened = undefined;
    await opened?.encoder[Symbol.asyncDispose]();
  }

  #open(): Promise<Opened> {
    this.#opened ??= (async () => {
      const { cachedEncoder, defaultEncoder, openEncoder } = await import("@offprint/moral-direction");
      const encoder = await openEncoder(defaultEncoder, { threads: 1 });
      return { encoder: cachedEncoder(encoder, rememberedTexts), directions: new Map() };
    })();
    this.#opened.catch(() => (this.#opened = undefined)); // the next reader tries again
    return this.#opened;
  }
}

async function directionOf(directions: Opened["directions"], file: string): Promise<MoralDirection> {
  const { defaultDirection, readDirection } = await import("@offprint/moral-direction");
  const known = directions.get(file) ?? (file === shipped ? defaultDirection() : readDirection(file));
  directions.delete(file); // re-inserted, so that the first key is the one unused for longest
  directions.set(file, known);
  known.catch(() => directions.delete(file));
  for (const oldest of [...directions.keys()].slice(0, Math.max(0, directions.size - mostDirections)))
    directions.delete(oldest);
  return known;
}
