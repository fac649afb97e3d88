import { closeSync, fsyncSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { writeFileAtomic } from "@offprint/experiment";
import { z } from "zod";
import { EvaluationResumeError } from "./errors.ts";

const lineSchema = z.object({
  /** Index in the loaded prompts. */
  prompt: z.int().min(0),
  seed: z.int().min(0),
  arm: z.string(),
  /** Of the k of a prompt. */
  generation: z.int().min(0),
  text: z.string(),
  reason: z.string(),
  toxicity: z.number().min(0).max(1),
  loss: z.number(),
  judged: z.int().min(0),
  tokens: z.int().min(0),
  seconds: z.number().min(0),
  /** Share of the batch's steps that guidance's fallback decided; absent without guidance. */
  fallback: z.number().optional(),
});

/** One continuation as it is kept: what came and what was measured. */
export type GenerationLine = z.output<typeof lineSchema>;

/** Which lines are written at once. */
const unitOf = ({ seed, arm }: Pick<GenerationLine, "seed" | "arm">, batch: number): string =>
  `${seed}/${arm}/${batch}`;

/**
 * The continuations of a run, one JSON object a line, added batch by batch: a batch is written at once and on the disk before the
 * next one begins. What a kill left of a batch is dropped when the file is opened again.
 */
export class GenerationLog implements Disposable {
  readonly #path: string;
  readonly #batchSize: number;
  readonly #lines: GenerationLine[];
  readonly #units: Set<string>;
  #file: number | undefined;
  #size: number;

  private constructor(path: string, batchSize: number, lines: GenerationLine[], size: number) {
    this.#path = path;
    this.#batchSize = batchSize;
    this.#lines = lines;
    this.#units = new Set(lines.map((line) => unitOf(line, Math.floor(line.prompt / batchSize))));
    this.#file = openSync(path, "a");
    this.#size = size;
  }

  /**
   * @param batchSize prompts of a batch; the n-th holds prompts n · batchSize and on.
   * @param expected lines of a batch.
   * @throws {EvaluationResumeError} when a line before the last batch is damaged.
   */
  static async open(
    path: string,
    { batchSize, expected }: { readonly batchSize: number; readonly expected: (batch: number) => number },
  ): Promise<GenerationLog> {
    const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "";
      throw error;
    });
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    const lines = whole
      .split("\n")
      .filter(Boolean)
      .map((line, i) => parseLine(path, line, i + 1));
    const counts = new Map<string, number>();
    const unit = (line: GenerationLine) => unitOf(line, Math.floor(line.prompt / batchSize));
    for (const line of lines) counts.set(unit(line), (counts.get(unit(line)) ?? 0) + 1);
    const kept = lines.filter((line) => counts.get(unit(line)) === expected(Math.floor(line.prompt / batchSize)));
    const keptText = kept.map((line) => `${JSON.stringify(line)}\n`).join("");
    if (keptText !== text) await writeFileAtomic(path, keptText);
    return new GenerationLog(path, batchSize, kept, Buffer.byteLength(keptText));
  }

  get lines(): readonly GenerationLine[] {
    return this.#lines;
  }

  has(seed: number, arm: string, batch: number): boolean {
    return this.#units.has(unitOf({ seed, arm }, batch));
  }

  /** Adds a whole batch of one arm and seed. */
  append(lines: readonly GenerationLine[]): void {
    const file = this.#file;
    if (file === undefined) throw new Error(`internal: ${this.#path} is closed`);
    const bytes = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
      fsyncSync(file);
    } catch (error) {
      ftruncateSync(file, this.#size); // half a batch would look like the work of a kill
      throw error;
    }
    this.#size += bytes.length;
    for (const line of lines) {
      this.#lines.push(line);
      this.#units.add(unitOf(line, Math.floor(line.prompt / this.#batchSize)));
    }
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

/** The lines of a finished run. @throws {EvaluationResumeError} */
export async function readGenerations(path: string): Promise<GenerationLine[]> {
  const text = await readFile(path, "utf8");
  return text
    .split("\n")
    .filter(Boolean)
    .map((line, i) => parseLine(path, line, i + 1));
}

function parseLine(path: string, text: string, line: number): GenerationLine {
  try {
    return lineSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new EvaluationResumeError(
      `${path}: line ${line} is damaged; restore the file from a copy, or start a new run`,
      {
        cause,
      },
    );
  }
}
