import type { AuditedCandidate, GuidanceRecord } from "./audit.ts";
import { GuidanceScoreError } from "./errors.ts";
import type { OfferedToken } from "./mask.ts";
import type { GuidingDirection } from "./options.ts";
import type { TextScores } from "./text-scores.ts";

/** The scores of one step's candidates, found as they are needed. */
export class StepScores {
  /**
   * `[candidates]`, NaN where not found yet: the score under one direction; under several the smallest distance above
   * their thresholds, which is above 0 exactly when all pass.
   */
  readonly values: Float64Array;
  /** What a value has to be above. */
  readonly threshold: number;
  readonly encoder: GuidanceRecord["encoder"];
  readonly #directions: readonly (GuidingDirection & { readonly score: TextScores })[];
  readonly #text: (place: number) => string;
  readonly #each: readonly Float64Array[];
  readonly #counts = { calls: 0, texts: 0, hits: 0 };

  constructor(
    directions: readonly (GuidingDirection & { readonly score: TextScores })[],
    offered: readonly OfferedToken[],
    textOf: (token: number) => string,
  ) {
    this.#directions = directions;
    this.#text = (place) => textOf(offered[place]?.token ?? 0);
    this.#each = directions.map(() => new Float64Array(offered.length).fill(NaN));
    this.values = new Float64Array(offered.length).fill(NaN);
    this.threshold = directions.length === 1 ? (directions[0]?.threshold ?? NaN) : 0;
    this.encoder = this.#counts;
  }

  /** Scores the candidates at these places. @throws {GuidanceScoreError} when a direction gives no number. */
  async find(places: readonly number[]): Promise<void> {
    const texts = places.map(this.#text);
    // One after the other, so that directions of one encoder find its vectors in its cache.
    for (const [index, { name, score }] of this.#directions.entries()) {
      const asked = await score.ask(texts);
      this.#counts.texts += asked.texts;
      this.#counts.hits += asked.hits;
      this.#counts.calls += Number(asked.hits < texts.length);
      for (const [at, place] of places.entries()) {
        const value = asked.scores[at] ?? NaN;
        if (Number.isNaN(value)) throw new GuidanceScoreError(name, `${value} came for ${excerpt(texts[at] ?? "")}`);
        (this.#each[index] as Float64Array)[place] = value;
      }
    }
    for (const place of places) {
      const several = this.#directions.map(({ threshold }, index) => (this.#each[index]?.[place] ?? NaN) - threshold);
      this.values[place] = several.length === 1 ? (this.#each[0]?.[place] ?? NaN) : Math.min(...several);
    }
  }

  /** A candidate's part of the record. */
  of(place: number): Pick<AuditedCandidate, "score" | "scores"> {
    const value = this.values[place] ?? NaN;
    if (Number.isNaN(value)) return { score: null };
    if (this.#each.length === 1) return { score: value };
    return { score: value, scores: this.#each.map((scores) => scores[place] ?? NaN) };
  }
}

const excerpt = (text: string): string => `a text of ${text.length} characters`;
