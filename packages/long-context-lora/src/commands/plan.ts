import { defineCommand, type Command } from "@offprint/experiment";
import { openEngine } from "@offprint/tensor";
import { z } from "zod";
import { attentionKinds } from "../attention/segments.ts";
import { defaultTargets } from "../lora.ts";
import { methods } from "../method.ts";
import { comparePlan, describeComparison } from "../plan/compare-run.ts";
import { describePlan } from "../plan/describe-plan.ts";
import { machineMemory, parseBytes } from "../plan/machine-memory.ts";
import { planRun, planRunHere } from "../plan/plan.ts";
import { planModel } from "../plan/planned-model.ts";
import type { PlanSettings } from "../plan/settings.ts";
import { jsonSwitch, printJson, threadsField, mostTokens } from "./shared.ts";
import { toldDownloads } from "./told-downloads.ts";

const config = z.strictObject({
  model: z.string().min(1).default("llama2-7b").meta({
    placeholder: "MODEL",
    description: "Folder, config.json, .gguf file, hub id, or a known name such as llama2-7b or smollm2-135m.",
  }),
  run: z.string().min(1).optional().meta({
    placeholder: "DIR",
    description: "A run that has ended: tell how far its plan was off.",
  }),
  context: z.int().min(2).max(mostTokens).default(8192).describe("Tokens of a row."),
  attention: z.enum(attentionKinds).default("s2").describe("Whom a token sees in training."),
  group: z.int().min(2).multipleOf(2).optional().describe("Tokens of a group; absent: a quarter of the context."),
  method: z.enum(methods).default("lora+").describe("What is trained."),
  rank: z.int().min(1).default(8).describe("Rank of the adapters."),
  batchSize: z.int().min(1).default(1).describe("Rows at once."),
  accumulate: z.int().min(1).default(1).describe("Times that happens before an update."),
  recompute: z
    .boolean()
    .default(true)
    .describe("Recompute layers in the backward pass instead of keeping their values."),
  machineMemory: z
    .string()
    .refine((text) => parseBytes(text) !== undefined, "wanted a size such as 24GiB")
    .optional()
    .meta({ placeholder: "SIZE", description: "Memory to fit into, such as 24GiB; absent: this machine's." }),
  measure: z.boolean().default(true).describe("Measure this machine for a second to tell the time of an update."),
  threads: threadsField,
  json: jsonSwitch,
});

/** `offprint longlora plan`: what training would take, or took. */
export const planCommand: Command<typeof config> = defineCommand({
  name: "longlora plan",
  summary: "Tell memory, operations and time of a training run before it begins, or how far that was off.",
  config,
  examples: [
    { explains: "The paper's setting, on this machine.", config: { model: "llama2-7b", context: 32768 } },
    {
      explains: "A small model in full attention, without a measurement.",
      config: { model: "smollm2-135m", attention: "full", machineMemory: "24GiB", measure: false },
    },
    { explains: "After a run.", config: { run: "runs/longer" } },
  ],
  async run({ run, json, ...given }, context) {
    if (run !== undefined) {
      using engine = await openEngine({ ...(given.threads && { threads: given.threads }) });
      const comparison = await comparePlan(run, engine);
      if (json) printJson(context, comparison);
      else context.stdout.write(describeComparison(comparison));
      return "completed";
    }
    const model = await planModel(given.model, toldDownloads(context));
    const settings: PlanSettings = {
      length: given.context,
      batchSize: given.batchSize,
      accumulate: given.accumulate,
      attention: { kind: given.attention, ...(given.group !== undefined && { group: given.group }) },
      method: given.method,
      lora: {
        rank: given.rank,
        alpha: 2 * given.rank,
        dropout: 0,
        targets: defaultTargets(model.config),
        rankStabilised: false,
        dora: false,
      },
      recompute: given.recompute,
    };
    const limit = { machineMemory: (given.machineMemory && parseBytes(given.machineMemory)) || machineMemory() };
    let plan = planRun(model, settings, limit);
    if (given.measure) {
      using engine = await openEngine({ ...(given.threads && { threads: given.threads }) });
      plan = await planRunHere(model, settings, engine, limit);
    }
    if (json) printJson(context, plan);
    else context.stdout.write(describePlan(plan));
    return plan.fits ? "completed" : "failed";
  },
});
