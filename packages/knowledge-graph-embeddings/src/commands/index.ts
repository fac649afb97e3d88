import { defineGroup, type CommandGroup } from "@offprint/experiment";
import { trainCommand } from "./train.ts";

/** `offprint kge …`. */
export const kgeCommands: CommandGroup = defineGroup({
  name: "kge",
  summary: "Knowledge graph embeddings by normalizing flows: train, judge, predict.",
  commands: [trainCommand],
});
