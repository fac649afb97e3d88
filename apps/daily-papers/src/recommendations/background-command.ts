import { startRunProcess } from "../runs/run.process.ts";
import { RecommendationError } from "./recommendation-error.ts";

export interface BackgroundCommand {
  /** Path of the `offprint` executable. */
  readonly command: string;
  readonly words: readonly string[];
  readonly folder: string;
  /** It is stopped when this is aborted. */
  readonly signal: AbortSignal;
  /** Milliseconds after which it is stopped. */
  readonly limitMs: number;
}

/** Milliseconds for a process that was asked to stop. */
const graceMs = 5_000;

/**
 * Runs `offprint` as a process of its own, without our secrets and behind the site in the queue for the processor.
 * @throws {RecommendationError} when it fails or takes too long; the signal's reason when it was aborted.
 */
export async function runInBackground({ command, words, folder, signal, limitMs }: BackgroundCommand): Promise<void> {
  signal.throwIfAborted();
  const limit = AbortSignal.timeout(limitMs);
  const child = startRunProcess({ command, words, folder, onEvent: () => undefined });
  AbortSignal.any([signal, limit]).addEventListener("abort", () => child.stop(graceMs));
  const { code, signal: ended, lastWords } = await child.exit;
  signal.throwIfAborted();
  const name = `offprint ${words.slice(0, 2).join(" ")}`;
  if (limit.aborted) throw new RecommendationError(`${name} was stopped after ${limitMs / 60_000} minutes`);
  if (code === 0) return;
  const reason = lastWords.split("\n").at(-1) || `ended with ${ended ?? `exit code ${code}`}`;
  throw new RecommendationError(`${name}: ${reason}`);
}
