// Command line
export { longloraCommands } from "./commands/index.ts";

// Errors
export { LongLoraError } from "./errors.ts";
