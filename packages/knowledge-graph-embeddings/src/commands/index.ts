import { defineGroup, type CommandGroup } from "@offprint/experiment";
import { evaluateCommand } from "./evaluate.ts";
import { infoCommand } from "./info.ts";
import { neighboursCommand } from "./neighbours.ts";
import { predictCommand } from "./predict.ts";
import { rulesCommand } from "./rules.ts";
import { trainCommand } from "./train.ts";

/** `offprint kge …`. */
export const kgeCommands: CommandGroup = defineGroup({
  name: "kge",
  summary: "Knowledge graph embeddings by normalizing flows: train, judge, predict.",
  commands: [trainCommand, evaluateCommand, predictCommand, neighboursCommand, rulesCommand, infoCommand],
});
