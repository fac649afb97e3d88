import { defineGroup, type CommandGroup } from "@offprint/experiment";

/** `offprint longlora …`. */
export const longloraCommands: CommandGroup = defineGroup({
  name: "longlora",
  summary: "Long contexts by shifted sparse attention and low-rank adaptation: extend, judge, merge.",
  commands: [],
});
