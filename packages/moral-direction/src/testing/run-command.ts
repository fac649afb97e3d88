import type { Command, RunOutcome } from "@offprint/experiment";
import { parseArguments } from "@offprint/experiment";
import type { z } from "zod";

/** What a command wrote and how it ended. */
export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly outcome: RunOutcome | void;
}

/** Runs a command in this process, by the words of its command line. */
export async function runCommand<Config extends z.ZodObject>(
  command: Command<Config>,
  ...words: readonly string[]
): Promise<Ran> {
  let [stdout, stderr] = ["", ""];
  const outcome = await command.run(parseArguments(command, [...words]), {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
    signal: new AbortController().signal,
    env: {},
    version: "0",
  });
  return { stdout, stderr, outcome };
}
