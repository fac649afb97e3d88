import { readdir, readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { NotARunError, readRun, type StoredRun } from "@offprint/experiment";
import type { Engine } from "@offprint/tensor";
import type { z } from "zod";
import { EvaluationInputError } from "../evaluation/errors.ts";
import { comparisonResult, passkeyResult, perplexityResult } from "../evaluation/results.ts";
import { comparePlan, planFile, type PlanComparison } from "../plan/compare-run.ts";
import { fineTuneSchema } from "../training/config.ts";

/** What a folder holds that a report can show. */
export interface ReportRun {
  readonly path: string;
  /** Tells it from the others. */
  readonly name: string;
  /** A fine-tuning; absent where a folder holds only results of evaluations. */
  readonly run: StoredRun | undefined;
  readonly perplexities: readonly z.output<typeof perplexityResult>[];
  readonly passkeys: readonly z.output<typeof passkeyResult>[];
  readonly comparisons: readonly z.output<typeof comparisonResult>[];
  /** Where a plan was kept and the run has ended. */
  readonly plan: PlanComparison | undefined;
}

/**
 * Reads run folders and the results in their `evaluation/` folders.
 * @throws {EvaluationInputError} for a folder with neither, or a result that is damaged.
 */
export async function readReportRuns(paths: readonly string[], engine: Engine): Promise<ReportRun[]> {
  const names = paths.map((path) => basename(resolve(path)));
  const runs: ReportRun[] = [];
  for (const [index, path] of paths.entries()) {
    const own = names[index]!;
    const name = names.filter((one) => one === own).length > 1 ? path : own;
    runs.push({ path, name, ...(await readOne(path, engine)) });
  }
  return runs;
}

async function readOne(path: string, engine: Engine): Promise<Omit<ReportRun, "path" | "name">> {
  const found = await readRun(path).catch((error: unknown) => {
    if (error instanceof NotARunError) return undefined;
    throw error;
  });
  const run = found?.schema === fineTuneSchema.schema ? found : undefined;
  const results = await readResults(join(path, "evaluation"));
  if (run === undefined && results.length === 0) {
    throw new EvaluationInputError(
      `${path} holds neither a fine-tuning nor results of evaluations; name folders that --out of a longlora command wrote`,
    );
  }
  const files = run ? await readdir(path) : [];
  const ended = run?.record !== undefined && run.record.outcome !== "running" && files.includes(planFile);
  return {
    run,
    perplexities: results.flatMap(({ json }) => perplexityResult.safeParse(json).data ?? []),
    passkeys: results.flatMap(({ json }) => passkeyResult.safeParse(json).data ?? []),
    comparisons: results.flatMap(({ json }) => comparisonResult.safeParse(json).data ?? []),
    plan: ended ? await comparePlan(path, engine) : undefined,
  };
}

async function readResults(folder: string): Promise<{ readonly file: string; readonly json: unknown }[]> {
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((name) => name.endsWith(".json")).toSorted();
  return await Promise.all(
    files.map(async (name) => {
      const file = join(folder, name);
      try {
        const json: unknown = JSON.parse(await readFile(file, "utf8"));
        if (![perplexityResult, passkeyResult, comparisonResult].some((one) => one.safeParse(json).success))
          throw new TypeError("it is no result of longlora perplexity, passkey or compare that is known here");
        return { file, json };
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new EvaluationInputError(`${file} cannot be shown: ${reason}; evaluate again, or remove it`, { cause });
      }
    }),
  );
}
