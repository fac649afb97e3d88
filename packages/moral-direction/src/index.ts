// Fit a direction
export { type MoralDirection } from "./direction/direction.ts";

// Command line
export { moralCommands } from "./commands/index.ts";

// Errors
export { MoralDirectionError } from "./errors.ts";

// Encode texts
export {
  defaultEncoder,
  describeEncoders,
  openEncoder,
  type EncoderDescription,
  type EncoderOptions,
} from "./encoders/open-encoder.ts";
export { embeddingsOf, finite, type Embeddings, type Encoder } from "./encoders/encoder.ts";
export { cachedEncoder, type CachedEncoder, type EncoderStatistics } from "./encoders/cached-encoder.ts";
export { BrokenEmbeddingError, EncoderSourceError } from "./encoders/errors.ts";

// Guide a language model
export { moralGuidance, type Guidance, type GuidanceStatistics } from "./guidance/guide.ts";
export { guidanceDefaults, type GuidanceOptions, type GuidingDirection } from "./guidance/options.ts";
export { backtrackDefaults, type BacktrackOptions } from "./guidance/backtracking.ts";
export { TextScores, type ScoredTexts, type ScoreStatistics, type ScoreTexts } from "./guidance/text-scores.ts";
export { lastSentence, type TextWindow } from "./guidance/text-window.ts";
export type { AuditedCandidate, AuditOptions, GuidanceRecord } from "./guidance/audit.ts";
export { keptCandidates, offeredTokens, type Kept, type KeepOptions } from "./guidance/mask.ts";
export type { OfferedToken, OfferOptions } from "./guidance/mask.ts";
export { GuidanceLogitsError, GuidanceOptionError, GuidanceScoreError } from "./guidance/errors.ts";
