// Fit a direction
export { type MoralDirection } from "./direction/direction.ts";

// Command line
export { moralCommands } from "./commands/index.ts";

// Errors
export { MoralDirectionError } from "./errors.ts";

// Encode texts
export { defaultEncoder, openEncoder, type EncoderOptions } from "./encoders/open-encoder.ts";
export { embeddingsOf, finite, type Embeddings, type Encoder } from "./encoders/encoder.ts";
export { cachedEncoder, type CachedEncoder, type EncoderStatistics } from "./encoders/cached-encoder.ts";
export { BrokenEmbeddingError, EncoderSourceError } from "./encoders/errors.ts";
