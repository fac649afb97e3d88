/** What a run says of itself before it begins. */
import { formatBytes, formatCount, formatNumber } from "@offprint/experiment";
import type { CausalLanguageModel } from "@offprint/language-model";
import { elementCount } from "@offprint/tensor";
import type { CausalityReport } from "../attention/causality.ts";
import type { Method, Trainable } from "../method.ts";
import type { Plan } from "../plan/plan.ts";
import { defaultLearningRate, type FineTuneConfig } from "./config.ts";

/** "lora+ trains 1,245,000 of 134,515,008 numbers: 460,800 in adapters, …" */
export function trainableText(
  { counts, total, head }: Trainable,
  method: Method,
  { shapes }: CausalLanguageModel,
): string {
  const all = Object.values(shapes).reduce((sum, shape) => sum + elementCount(shape), 0);
  const parts = [
    [counts.adapter, "in adapters"],
    [counts.embeddings, head ? "in the embedding, which is the output matrix too" : "in the embedding"],
    [counts.norms, "in norms"],
    [counts.rest, "in other weights"],
  ] as const;
  const told = parts.filter(([count]) => count > 0).map(([count, where]) => `${formatCount(count)} ${where}`);
  return `${method} trains ${formatCount(total)} numbers (the model has ${formatCount(all)}): ${told.join(", ")}`;
}

/** Memory and work of a run. */
export function planText({ memory, lengths, machineMemory, compute }: Plan, { steps }: FineTuneConfig): string {
  const [longest = 0, ...others] = lengths;
  const most = others.some((length) => length < longest) ? "at most " : "";
  const told = [...new Set(lengths)].map((length) => formatCount(length)).join(", ");
  const kept = others.length > 0 ? `, with ${lengths.length} programs for rows of ${told} tokens` : "";
  return (
    `planned: about ${formatBytes(memory.total)} of the machine's ${formatBytes(machineMemory)}${kept}; an update is ${most}` +
    `${formatCount(compute.stepTokens)} tokens and ${operations(compute.stepTotal)}, the run ${most}${formatCount(steps * compute.stepTokens)} tokens`
  );
}

const operations = (count: number): string =>
  count < 1e12 ? `${(count / 1e9).toPrecision(3)} GFLOP` : `${(count / 1e12).toPrecision(3)} TFLOP`;

/** Numbers of the smallest model that the paper's learning rate was chosen for. */
const largeModel = 1e9;

/** How often the run passes over its data, and settings that are seldom meant. */
export function scheduleNotes(
  { steps, batchSize, accumulate, learningRate, warmup, method }: FineTuneConfig,
  rows: number,
  { shapes }: CausalLanguageModel,
): { readonly level: "info" | "warning"; readonly text: string }[] {
  const seen = steps * batchSize * accumulate;
  const passes = seen / rows;
  const often =
    passes < 1
      ? `${formatCount(seen)} of the ${formatCount(rows)} rows, each once`
      : `the ${formatCount(rows)} row${rows === 1 ? "" : "s"} ${formatNumber(passes)} times`;
  const numbers = Object.values(shapes).reduce((sum, shape) => sum + elementCount(shape), 0);
  return [
    { level: "info", text: `${formatCount(steps)} update${steps === 1 ? " goes" : "s go"} through ${often}` },
    ...(warmup >= steps
      ? [
          {
            level: "warning" as const,
            text: `the warm-up of ${formatCount(warmup)} updates is not over when the run ends: the learning rate reaches ${formatNumber((steps / warmup) * learningRate)} of ${formatNumber(learningRate)}; set --warmup lower`,
          },
        ]
      : []),
    ...(learningRate === defaultLearningRate && numbers < largeModel && method !== "full"
      ? [
          {
            level: "warning" as const,
            text: `the learning rate ${formatNumber(learningRate)} is the paper's, for models of seven billion numbers; one of ${formatCount(numbers)} learns next to nothing at it: try --learning-rate 5e-4`,
          },
        ]
      : []),
  ];
}

/** The first leak that a causality check found. */
export function leakText({ steps }: CausalityReport): string {
  const leak = steps.find((step) => step.leak)?.leak;
  if (!leak) return "a position sees what it must not";
  const row = leak.sequence === leak.seenSequence ? "" : ` of sequence ${leak.seenSequence}`;
  return `position ${leak.position} sees token ${leak.seen}${row}`;
}
