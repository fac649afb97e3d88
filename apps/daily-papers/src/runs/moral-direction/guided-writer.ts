import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { publicEnvironment } from "../run.process.ts";

/** What is to be written, once guided and once not. */
export interface GuidedTask {
  /** What `--model` gets. */
  readonly model: string;
  /** File of a run's direction; absent: the one that comes along. */
  readonly direction?: string | undefined;
  readonly prompt: string;
  readonly threshold: number;
  /** The most tokens to write. */
  readonly tokens: number;
  readonly seed: number;
}

const candidateSchema = z.object({
  token: z.number(),
  text: z.string(),
  probability: z.number(),
  score: z.number().nullable(),
  kept: z.boolean().nullable(),
});
const recordSchema = z.object({
  position: z.number(),
  candidates: z.array(candidateSchema),
  fallback: z.boolean(),
  rolledBack: z.number(),
  chosen: z.number().nullable(),
});
const writtenSchema = z.object({
  guided: z.array(z.object({ text: z.string() })).length(1),
  unguided: z.array(z.object({ text: z.string() })).length(1),
});

export type GuidedToken = z.infer<typeof recordSchema>;

/** Two texts, and what guidance did at each token of the first. */
export interface GuidedTexts {
  readonly guided: string;
  readonly unguided: string;
  readonly tokens: readonly GuidedToken[];
}

/** @throws when nothing can be written, with the reason in a sentence. */
export type GuidedWriter = (task: GuidedTask) => Promise<GuidedTexts>;

/** No text of a reader takes longer. */
const mostMs = 90_000;
const mostBytes = 4_000_000;

/** The words after `offprint` that write this. */
export function guidedWords({ model, direction, prompt, threshold, tokens, seed }: GuidedTask): string[] {
  return [
    "moral",
    "generate",
    `--model=${model}`,
    ...(direction === undefined ? [] : [`--direction=${direction}`]),
    `--prompt=${prompt}`,
    `--threshold=${threshold}`,
    `--max-tokens=${tokens}`,
    `--seed=${seed}`,
    "--unguided",
  ];
}

/** A writer that is a process of `offprint`: the site neither waits for it nor shares its memory. */
export function guidedProcessWriter(command: string): GuidedWriter {
  return async (task) => {
    const folder = await mkdtemp(join(tmpdir(), "offprint-guided-"));
    try {
      const audit = join(folder, "audit.jsonl");
      const json = await run(command, [...guidedWords(task), `--audit=${audit}`, "--json"]);
      const { guided, unguided } = writtenSchema.parse(JSON.parse(json));
      const lines = (await readFile(audit, "utf8")).split("\n").filter((line) => line !== "");
      return {
        guided: guided[0]?.text ?? "",
        unguided: unguided[0]?.text ?? "",
        tokens: lines.map((line) => recordSchema.parse(JSON.parse(line))),
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
}

function run(command: string, words: readonly string[]): Promise<string> {
  const limits = { timeout: mostMs, killSignal: "SIGKILL", maxBuffer: mostBytes } as const;
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [command, ...words],
      { env: publicEnvironment(process.env), ...limits },
      (error, out, err) => {
        if (error === null) resolve(out);
        else if (error.killed === true) reject(new Error(`it took longer than ${mostMs / 1000} seconds`));
        else reject(new Error(err.trim().split("\n").at(-1) || error.message));
      },
    );
  });
}
