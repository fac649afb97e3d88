/** Pieces that the commands' texts and configs share. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { progressReporter, safeFileName, writeFileAtomic, type CommandContext } from "@offprint/experiment";
import { z } from "zod";

/** Tokens of a context at most, as `finetune` has it: beyond it not even the places of a row could be counted in a list. */
export const mostTokens = 10_000_000;

export const modelField = z
  .string()
  .min(1)
  .meta({ placeholder: "DIR", description: "Model: a Hugging Face folder, a .gguf file or a hub id." });

export const adapterField = z
  .string()
  .min(1)
  .optional()
  .meta({ placeholder: "DIR", description: "Adapter of this model: its folder, or that of the run that made it." });

export const anyBaseSwitch = z
  .boolean()
  .default(false)
  .describe("Take an adapter though the base's values are not those it was trained on: another rounding of them.");

export const jsonSwitch = z.boolean().default(false).describe("One JSON document on stdout, for programs.");

export const threadsField = z
  .int()
  .min(1)
  .max(1024)
  .optional()
  .describe("Threads of one operation; absent: one a core.");

export const outField = z.string().min(1).optional().meta({
  placeholder: "DIR",
  description: "Folder, of a run for instance, to keep the result in: evaluation/….json.",
});

export const printJson = ({ stdout }: Pick<CommandContext, "stdout">, value: unknown): unknown =>
  stdout.write(`${JSON.stringify(value)}\n`);

/** Keeps a result in `<out>/evaluation/<name>.json`, where `offprint longlora report` finds it. */
export async function keepResult(out: string, name: string, result: unknown): Promise<string> {
  const folder = join(out, "evaluation");
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${safeFileName(name.toLowerCase())}.json`);
  await writeFileAtomic(path, `${JSON.stringify(result, undefined, 2)}\n`);
  return path;
}

/** Tells work in units on stderr while `work` does it. */
export async function withProgress<T>(
  { stderr, env }: Pick<CommandContext, "stderr" | "env">,
  { description, unit, command }: { readonly description: string; readonly unit: string; readonly command: string },
  work: (onProgress: (done: number, total: number) => void) => Promise<T>,
): Promise<T> {
  const reporter = progressReporter(stderr, env);
  const time = () => new Date().toISOString();
  let begun = false;
  try {
    const result = await work((done, total) => {
      if (!begun) reporter.report({ type: "started", time: time(), command, total, unit, description });
      begun = true;
      reporter.report({ type: "step", time: time(), step: done, total });
    });
    return result;
  } finally {
    reporter.close();
  }
}
