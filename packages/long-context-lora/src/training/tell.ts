/** What a run says of itself before it begins. */
import { formatBytes, formatCount } from "@offprint/experiment";
import type { CausalLanguageModel } from "@offprint/language-model";
import { elementCount } from "@offprint/tensor";
import type { CausalityReport } from "../attention/causality.ts";
import type { Method, Trainable } from "../method.ts";
import type { Plan } from "../plan/plan.ts";
import type { FineTuneConfig } from "./config.ts";

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
export function planText({ memory, machineMemory, compute }: Plan, { steps }: FineTuneConfig): string {
  const flops = (compute.stepTotal / 1e12).toPrecision(3);
  return (
    `planned: about ${formatBytes(memory.total)} of the machine's ${formatBytes(machineMemory)}; an update is ` +
    `${formatCount(compute.stepTokens)} tokens and ${flops} TFLOP, the run ${formatCount(steps * compute.stepTokens)} tokens`
  );
}

/** The first leak that a causality check found. */
export function leakText({ steps }: CausalityReport): string {
  const leak = steps.find((step) => step.leak)?.leak;
  if (!leak) return "a position sees what it must not";
  const row = leak.sequence === leak.seenSequence ? "" : ` of sequence ${leak.seenSequence}`;
  return `position ${leak.position} sees token ${leak.seen}${row}`;
}
