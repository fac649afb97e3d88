import { formatBytes, formatDuration } from "@offprint/experiment";
import { judgedContexts } from "./command-line.ts";
import type { Settings } from "./settings.ts";
import { modelArgument, type SourceFolders } from "./sources.ts";

/** What two cores do in a second, all parts of a step counted in: operations in products, attention scores; measured. */
const rates = { flops: 5e10, scores: 2.4e8 };
/** Seconds for reading the text, the causality check and building the programs. */
const startSeconds = 12;
/** Tokens that go through the model at each context that it is judged at; about a third of a training step's work each. */
const judgedTokens = 100_000;
/** Memory of the programs that judge, beside what training is planned to take; measured. */
const judgingBytes = 700e6;

/**
 * Time and memory that a run will take on this machine, in a sentence, from the package's own plan; or why the model cannot
 * be extended.
 */
export async function estimateRun(settings: Settings, folders: SourceFolders): Promise<string> {
  const { defaultTargets, planModel, planRun } = await import("@offprint/long-context-lora");
  try {
    const { attention: kind, group, rank } = settings;
    const model = await planModel(modelArgument(settings.model, folders));
    const targets = defaultTargets(model.config);
    const plan = planRun(
      model,
      {
        length: settings.context,
        batchSize: settings.batchSize,
        attention: kind === "full" ? { kind } : { kind, group },
        method: settings.method,
        lora: { rank, alpha: 2 * rank, dropout: 0, targets, rankStabilised: false, dora: false },
        recompute: true,
      },
      { rates },
    );
    const { fits, memory, machineMemory, compute, secondsPerStep = 0 } = plan;
    if (!fits)
      return `It would need ${formatBytes(memory.total)} of memory; this machine has ${formatBytes(machineMemory)}. Choose a shorter context, fewer texts in a step or LoRA alone.`;
    const judging = (secondsPerStep / compute.stepTokens / 3) * judgedTokens * judgedContexts(settings).length;
    const seconds = startSeconds + settings.steps * secondsPerStep + judging;
    return `About ${formatDuration(seconds)} and ${formatBytes(memory.total + judgingBytes)} of memory on this machine.`;
  } catch (error) {
    return `No estimate: ${error instanceof Error ? error.message : String(error)}.`;
  }
}
