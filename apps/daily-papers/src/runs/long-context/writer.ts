import { execFile } from "node:child_process";
import { z } from "zod";
import { publicEnvironment } from "../run.process.ts";

/** What is to be written on: the same for the model as it came and for the extended one. */
export interface WritingTask {
  /** What `--model` gets. */
  readonly model: string;
  /** The folder of the adapter; absent for the model as it came. */
  readonly adapter?: string | undefined;
  readonly prompt: string;
  /** The most tokens to write. */
  readonly tokens: number;
  readonly seed: number;
}

const writtenSchema = z.object({
  /** What follows the prompt. */
  text: z.string(),
  /** Why it ends: `context` at the end of the model's context, `length` at the number of tokens that was asked for. */
  reason: z.string(),
});
export type Written = z.infer<typeof writtenSchema>;

/** Writes on from a prompt. @throws when it cannot, with the reason in a sentence. */
export type Writer = (task: WritingTask) => Promise<Written>;

/** No text of a reader takes longer. */
const mostMs = 60_000;
const mostBytes = 1_000_000;

/** The words after `offprint` that write this. */
export function generateWords({ model, adapter, prompt, tokens, seed }: WritingTask): string[] {
  return [
    "longlora",
    "generate",
    `--model=${model}`,
    ...(adapter === undefined ? [] : [`--adapter=${adapter}`]),
    `--prompt=${prompt}`,
    `--max-tokens=${tokens}`,
    "--temperature=0.8",
    `--seed=${seed}`,
  ];
}

/** A writer that is a process of `offprint`: the site neither waits for it nor shares its memory. */
export function processWriter(command: string): Writer {
  return (task) =>
    new Promise((resolve, reject) => {
      execFile(
        process.execPath,
        [command, ...generateWords(task), "--json"],
        { env: publicEnvironment(process.env), timeout: mostMs, killSignal: "SIGKILL", maxBuffer: mostBytes },
        (error, stdout, stderr) => {
          if (error === null) resolve(readWritten(stdout));
          else if (error.killed === true) reject(new Error(`it took longer than ${mostMs / 1000} seconds`));
          else reject(new Error(stderr.trim().split("\n").at(-1) || error.message));
        },
      );
    });
}

function readWritten(json: string): Written {
  return writtenSchema.parse(JSON.parse(json));
}
