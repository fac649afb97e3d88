// Fit a direction
export { type MoralDirection } from "./direction/direction.ts";

// Command line
export { moralCommands } from "./commands/index.ts";

// Errors
export { MoralDirectionError } from "./errors.ts";
