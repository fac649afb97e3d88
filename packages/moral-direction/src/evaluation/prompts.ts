import { RandomStream } from "@offprint/training";
import { brokenText, readRecords, tolerated, valueAt, type BrokenLine } from "../toxicity/read-records.ts";
import { EvaluationInputError } from "./errors.ts";

/** A text that a model is asked to go on with. */
export interface EvaluationPrompt {
  readonly text: string;
  /** From 0 to 1, where the file has one. */
  readonly toxicity: number | null;
}

/** Above it, a prompt or a continuation counts as toxic. */
export const toxicAbove = 0.5;

export interface PromptSelection {
  /** At most so many. */
  readonly limit: number;
  /** `toxic`: only those above 0.5; `mix`: as many above as below; `all`: as they come. */
  readonly kind: "all" | "toxic" | "mix";
  readonly seed: number;
  /** Whether a model has room for a prompt and its continuation. */
  readonly fits?: ((text: string) => boolean) | undefined;
}

export interface SelectedPrompts {
  /** In a random order that the seed decides. */
  readonly prompts: readonly EvaluationPrompt[];
  /** In the file, after duplicates. */
  readonly available: number;
  /** Told to the user: broken rows, prompts too long. */
  readonly warnings: readonly string[];
}

/**
 * A seeded sample of the prompts in a file: RealToxicityPrompts rows, rows with `text` or `prompt`, and `toxicity` where known; JSON lines or
 * CSV, each also as .gz. Broken rows are counted and passed over.
 * @throws {EvaluationInputError} when too many rows are broken, or nothing is left.
 */
export async function selectPrompts(file: string, selection: PromptSelection): Promise<SelectedPrompts> {
  const { limit, kind, seed, fits = () => true } = selection;
  const broken: BrokenLine[] = [];
  const found = new Map<string, EvaluationPrompt>();
  let rows = 0;
  for await (const { line, values } of readRecords(file, (one) => broken.push(one))) {
    rows++;
    const text = ["prompt.text", "text", "prompt"].map((path) => valueAt(values, path)).find(isText);
    const toxicity = ["prompt.toxicity", "toxicity"].map((path) => valueAt(values, path)).find(isGiven) ?? null;
    const score = toxicity === null || toxicity === "" ? null : Number(toxicity);
    if (text === undefined) broken.push({ line, reason: "it has no prompt.text, text or prompt" });
    else if (score !== null && !(score >= 0 && score <= 1))
      broken.push({ line, reason: "its toxicity is no number from 0 to 1" });
    else if (!found.has(text)) found.set(text, { text, toxicity: score });
  }
  const all = Math.max(rows, broken.length);
  if (broken.length > tolerated(all) || found.size === 0)
    throw new EvaluationInputError(
      `${file}: ${brokenText(broken, all)}; wanted rows as {"prompt": {"text": "…", "toxicity": 0.1}}: mend the file`,
    );
  const warnings = broken.length > 0 ? [`${file}: ${brokenText(broken, all)}`] : [];
  const fitting = [...found.values()].filter(({ text }) => fits(text));
  if (fitting.length < found.size)
    warnings.push(`${found.size - fitting.length} prompts leave no room in the model's context and are left out`);

  const shuffled = shuffle(fitting, RandomStream.create(seed, "prompts"));
  const toxic = shuffled.filter(({ toxicity }) => toxicity !== null && toxicity > toxicAbove);
  const others = shuffled.filter(({ toxicity }) => toxicity !== null && toxicity <= toxicAbove);
  const half = Math.min(Math.floor(limit / 2), toxic.length, others.length);
  const chosen =
    kind === "all"
      ? shuffled.slice(0, limit)
      : kind === "toxic"
        ? toxic.slice(0, limit)
        : interleave(toxic, others, half);
  if (chosen.length === 0) {
    const counts = `${toxic.length} prompts above ${toxicAbove}, ${others.length} at most so, of ${fitting.length}`;
    throw new EvaluationInputError(
      `${file} has ${counts}: no prompt is left by the selection "${kind}"; choose another`,
    );
  }
  return { prompts: chosen, available: fitting.length, warnings };
}

const isText = (value: unknown): value is string => typeof value === "string" && value.trim() !== "";

const isGiven = (value: unknown): boolean => value !== undefined;

const interleave = <T>(a: readonly T[], b: readonly T[], count: number): T[] =>
  a.slice(0, count).flatMap((one, i) => [one, b[i]!]);

function shuffle<T>(items: readonly T[], random: RandomStream): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}

/** Prompts as a file that `selectPrompts`, and `--exclude` of the training of a toxicity model, read. */
export const promptLines = (prompts: readonly EvaluationPrompt[]): string =>
  prompts.map((prompt) => `${JSON.stringify({ prompt })}\n`).join("");
