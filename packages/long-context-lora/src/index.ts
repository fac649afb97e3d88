// Attend
export { attentionMask } from "./attention/masks.ts";
export { attentionKinds, type AttentionChoice, type AttentionKind } from "./attention/segments.ts";
export { attendWith, type AttendOptions } from "./attention/shifted-sparse-attention.ts";

// Command line
export { longloraCommands } from "./commands/index.ts";

// Errors
export { InvalidAttentionError, LongLoraError } from "./errors.ts";
