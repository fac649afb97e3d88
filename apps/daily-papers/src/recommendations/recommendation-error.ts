import { DailyPapersError } from "../errors.ts";

/** A process that works for the recommendations did not end well. What was there before stays in use. */
export class RecommendationError extends DailyPapersError {
  override readonly name = "RecommendationError";
  readonly code = "RECOMMENDATION_FAILED";
}
