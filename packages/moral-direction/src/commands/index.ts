import { defineGroup, type CommandGroup } from "@offprint/experiment";
import { calibrateCommand } from "./calibrate.ts";
import { evaluateCommand } from "./evaluate.ts";
import { fitCommand } from "./fit.ts";
import { generateCommand } from "./generate.ts";
import { reportCommand } from "./report.ts";
import { scoreCommand } from "./score.ts";
import { toxicityCommand } from "./toxicity.ts";

/** `offprint moral …`. */
export const moralCommands: CommandGroup = defineGroup({
  name: "moral",
  summary: "A moral direction: rate phrases, keep a language model away from toxic text, measure it.",
  commands: [
    fitCommand,
    scoreCommand,
    calibrateCommand,
    evaluateCommand,
    generateCommand,
    toxicityCommand,
    reportCommand,
  ],
});
