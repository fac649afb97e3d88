// Declare commands
export { defineCommand, defineGroup } from "./command.ts";
export type { Command, CommandContext, CommandGroup, Output, RunOutcome } from "./command.ts";
export { commandArguments, commandLine } from "./command-line.ts";
export { parseArguments } from "./parse-arguments.ts";
export { configTable } from "./help.ts";
export { configFields, type ConfigField } from "./config-fields.ts";
export { parseConfig } from "./config.ts";

// Errors
export { ConfigError, DamagedFileError, DiskFullError, ExperimentError, NotARunError } from "./errors.ts";
export { RunFolderLockedError, RunFolderOccupiedError, UsageError } from "./errors.ts";
