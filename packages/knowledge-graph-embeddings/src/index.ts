// Run from a command line
export { kgeCommands } from "./commands/index.ts";
export { trainCommand } from "./commands/train.ts";
