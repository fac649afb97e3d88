import { setImmediate } from "node:timers";

/** The score of each text, in their order; above a threshold is better. */
export type ScoreTexts = (texts: readonly string[]) => Promise<Float64Array>;

/** What was asked for so far. */
export interface ScoreStatistics {
  /** Calls of the score behind, each one run of the encoder. */
  readonly calls: number;
  /** Texts that it had to score. */
  readonly texts: number;
  /** Texts that were known, or asked for already. */
  readonly hits: number;
}

/** The answer to one question, and what of it was new. */
export interface ScoredTexts {
  readonly scores: Float64Array;
  readonly texts: number;
  readonly hits: number;
}

interface Batch {
  readonly texts: string[];
  readonly result: Promise<Float64Array>;
}

/**
 * Scores of texts, remembered. What is asked for before the event loop turns becomes one call, so that all sequences of a
 * batch share a run of the encoder; equal texts are scored once.
 */
export class TextScores {
  readonly #score: ScoreTexts;
  readonly #size: number;
  // A Map keeps the order of insertion: its first key is the text that was used longest ago.
  readonly #known = new Map<string, number>();
  readonly #coming = new Map<string, { readonly batch: Batch; readonly place: number }>();
  #open: Batch | undefined;
  #statistics = { calls: 0, texts: 0, hits: 0 };

  /** @param cacheSize texts that are remembered. */
  constructor(score: ScoreTexts, { cacheSize = 20_000 }: { readonly cacheSize?: number } = {}) {
    this.#score = score;
    this.#size = cacheSize;
  }

  get statistics(): ScoreStatistics {
    return { ...this.#statistics };
  }

  /** The score of each text; NaN where the score behind gave none. */
  async ask(texts: readonly string[]): Promise<ScoredTexts> {
    let added = 0;
    const answers = texts.map((text) => {
      const known = this.#known.get(text);
      if (known !== undefined) {
        this.#keep(text, known);
        return known;
      }
      const coming = this.#coming.get(text);
      if (coming) return coming;
      added++;
      return this.#add(text);
    });
    this.#statistics.texts += added;
    this.#statistics.hits += texts.length - added;
    const scores = new Float64Array(texts.length);
    for (const [place, answer] of answers.entries()) {
      scores[place] = typeof answer === "number" ? answer : ((await answer.batch.result)[answer.place] ?? NaN);
    }
    return { scores, texts: added, hits: texts.length - added };
  }

  #add(text: string): { readonly batch: Batch; readonly place: number } {
    this.#open ??= this.#newBatch();
    const coming = { batch: this.#open, place: this.#open.texts.push(text) - 1 };
    this.#coming.set(text, coming);
    return coming;
  }

  #newBatch(): Batch {
    const texts: string[] = [];
    const turned = new Promise<void>((resolve) => setImmediate(resolve));
    const result = turned.then(() => this.#run(texts));
    // Whoever asked gets the failure; one who still waits for an earlier batch gets it later.
    result.catch(() => undefined);
    return { texts, result };
  }

  async #run(texts: readonly string[]): Promise<Float64Array> {
    this.#open = undefined;
    this.#statistics.calls++;
    try {
      const scores = await this.#score(texts);
      for (const [place, text] of texts.entries()) this.#keep(text, scores[place] ?? NaN);
      return scores;
    } finally {
      for (const text of texts) this.#coming.delete(text);
    }
  }

  #keep(text: string, score: number): void {
    this.#known.delete(text);
    this.#known.set(text, score);
    const [oldest] = this.#known.keys();
    if (this.#known.size > this.#size && oldest !== undefined) this.#known.delete(oldest);
  }
}
