import { GuidanceOptionError } from "./errors.ts";
import type { AuditOptions } from "./audit.ts";
import type { BacktrackOptions } from "./backtracking.ts";
import type { ScoreTexts, TextScores } from "./text-scores.ts";
import type { TextWindow } from "./text-window.ts";

/** A direction that candidates are judged by. */
export interface GuidingDirection {
  readonly name: string;
  /** Scores of texts. {@link TextScores} may be shared by several generations; a function gets its own. */
  readonly score: ScoreTexts | TextScores;
  /** A candidate passes when its score is above it. */
  readonly threshold: number;
}

/** How to guide; the defaults are the paper's way. */
export interface GuidanceOptions {
  /** A candidate must pass all of them. */
  readonly directions: readonly GuidingDirection[];
  /** Offer the k likeliest tokens. Default 50. */
  readonly topK?: number | undefined;
  /** Offer the likeliest up to this probability. Default 0.9. */
  readonly topP?: number | undefined;
  /** Where no more than this many pass, the best-scored stay. Default 5. */
  readonly keepMin?: number | undefined;
  /** What of the text is scored. Default all. */
  readonly window?: TextWindow | undefined;
  /** Of the draw; 0 takes the likeliest. Default 1. */
  readonly temperature?: number | undefined;
  /**
   * Instead of forbidding, lower a candidate's logit by so much for each unit that its score lies below the threshold:
   * logit + soft · min(0, score − threshold). All candidates stay, so that there is no fallback.
   */
  readonly soft?: number | undefined;
  /** Go back when the fallback fires repeatedly. Absent: never. */
  readonly backtrack?: BacktrackOptions | undefined;
  /**
   * `full` scores each candidate and leaves the draw to the generator. `lazy` draws here, scoring no more than that takes:
   * from the same distribution with other random numbers, and the record lacks the scores of the rest. Default full.
   */
  readonly scoring?: "full" | "lazy" | undefined;
  /** Of the lazy draw. Default 0. */
  readonly seed?: number | undefined;
  readonly audit?: AuditOptions | undefined;
}

/** Paper, section "guided generation". */
export const guidanceDefaults = { topK: 50, topP: 0.9, keepMin: 5, temperature: 1 } as const;

/** The options with their defaults. @throws {GuidanceOptionError} naming the option and its range. */
export function checkGuidance(options: GuidanceOptions) {
  const { directions, backtrack, soft, window = "all", scoring = "full", seed = 0 } = options;
  const topK = options.topK ?? guidanceDefaults.topK;
  const topP = options.topP ?? guidanceDefaults.topP;
  const keepMin = options.keepMin ?? guidanceDefaults.keepMin;
  const temperature = options.temperature ?? guidanceDefaults.temperature;
  const whole = (option: string, value: number | undefined): void => {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= 1))
      throw new GuidanceOptionError(option, value, "a whole number, 1 or more");
  };
  whole("topK", topK);
  whole("keepMin", keepMin);
  if (typeof window === "object") whole("window.tokens", window.tokens);
  whole("backtrack.after", backtrack?.after);
  whole("backtrack.tokens", backtrack?.tokens);
  whole("backtrack.times", backtrack?.times);
  if (!(topP > 0 && topP <= 1)) throw new GuidanceOptionError("topP", topP, "above 0, at most 1");
  if (!(temperature >= 0 && temperature < Infinity))
    throw new GuidanceOptionError("temperature", temperature, "a number, 0 or more");
  if (soft !== undefined && !(soft >= 0 && soft < Infinity))
    throw new GuidanceOptionError("soft", soft, "a number, 0 or more");
  if (soft !== undefined && backtrack)
    throw new GuidanceOptionError("backtrack", "given with soft", "without it: a soft penalty has no fallback");
  if (directions.length === 0) throw new GuidanceOptionError("directions", "empty", "at least one direction");
  for (const { name, threshold } of directions)
    if (!Number.isFinite(threshold)) throw new GuidanceOptionError(`threshold of "${name}"`, threshold, "a number");
  return { directions, backtrack, soft, window, scoring, seed, topK, topP, keepMin, temperature };
}
