import { defineGroup, type CommandGroup } from "@offprint/experiment";
import { ablateCommand } from "./ablate.ts";
import { compareCommand } from "./compare.ts";
import { doctorCommand } from "./doctor.ts";
import { finetuneCommand } from "./finetune.ts";
import { generateCommand } from "./generate.ts";
import { mergeCommand } from "./merge.ts";
import { passkeyCommand } from "./passkey.ts";
import { perplexityCommand } from "./perplexity.ts";
import { planCommand } from "./plan.ts";
import { reportCommand } from "./report.ts";
import { qaCommand } from "./qa.ts";

/** `offprint longlora …`. */
export const longloraCommands: CommandGroup = defineGroup({
  name: "longlora",
  summary: "Long contexts by shifted sparse attention and low-rank adaptation: extend, judge, merge.",
  commands: [
    planCommand,
    finetuneCommand,
    ablateCommand,
    qaCommand,
    doctorCommand,
    perplexityCommand,
    passkeyCommand,
    generateCommand,
    compareCommand,
    mergeCommand,
    reportCommand,
  ],
});
