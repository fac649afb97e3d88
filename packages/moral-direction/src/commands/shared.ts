/** Pieces that the commands' texts and configs share. */
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { UsageError, type CommandContext } from "@offprint/experiment";
import { z } from "zod";
import { defaultDirection, readDirection } from "../direction/artefact.ts";
import { requireEncoder, type MoralDirection } from "../direction/direction.ts";
import type { Encoder } from "../encoders/encoder.ts";
import { defaultEncoder, openEncoder } from "../encoders/open-encoder.ts";

/** What every help text and every score says of itself (paper, limitations). */
export const limits =
  "English only; it measures what texts say, mixes liking with morality, and zero is not calibrated";

export const encoderField = z
  .string()
  .min(1)
  .optional()
  .meta({
    placeholder: "SPEC",
    description: `Sentence encoder: ${defaultEncoder}, a folder or hub id of a sentence-transformers model, lm:MODEL.`,
  });

export const directionField = z
  .string()
  .min(1)
  .optional()
  .meta({ placeholder: "FILE", description: "Direction that `moral fit` wrote; absent: the one that comes along." });

export const formField = z
  .enum(["questions", "question", "phrase"])
  .optional()
  .describe(
    "Text to embed: the mean of all questions, one question, or the bare phrase; absent: questions, with a window phrase.",
  );

export const windowField = z
  .enum(["sentence", "tokens"])
  .optional()
  .describe("Score the pieces of long texts: their sentences, or stretches of tokens.");

export const windowTokensField = z.int().min(4).max(512).default(32).describe("Tokens of a stretch.");

export const threadsField = z
  .int()
  .min(1)
  .max(1024)
  .optional()
  .describe("Threads of one operation; absent: one a core.");

export const jsonSwitch = z.boolean().default(false).describe("One JSON document on stdout, for programs.");

export const printJson = ({ stdout }: Pick<CommandContext, "stdout">, value: unknown): unknown =>
  stdout.write(`${JSON.stringify(value)}\n`);

/** The encoder of a spec; what had to be assumed goes to stderr, and the signal ends a download. */
export function openNamedEncoder(
  spec: string,
  { stderr, signal }: Pick<CommandContext, "stderr" | "signal">,
  threads?: number,
): Promise<Encoder> {
  return openEncoder(spec, { threads, hub: { signal }, onNotice: (notice) => void stderr.write(`${notice}\n`) });
}

/** A direction and its encoder, to be disposed of. */
export interface OpenedDirection extends AsyncDisposable {
  readonly direction: MoralDirection;
  readonly encoder: Encoder;
}

/**
 * Opens a direction and the encoder it belongs to.
 * @throws {UsageError} when the encoder of a direction has to be named; {WrongEncoderError}
 */
export async function openDirection(
  given: {
    readonly direction?: string | undefined;
    readonly encoder?: string | undefined;
    readonly threads?: number | undefined;
  },
  context: Pick<CommandContext, "stderr" | "signal">,
): Promise<OpenedDirection> {
  const direction = given.direction === undefined ? await defaultDirection() : await readDirection(given.direction);
  const { id } = direction.encoder;
  const spec = given.encoder ?? (id.startsWith(`${defaultEncoder}@`) ? defaultEncoder : undefined);
  if (spec === undefined) throw new UsageError(`the direction belongs to the encoder ${id}: name it with --encoder`);
  const encoder = await openNamedEncoder(spec, context, given.threads);
  try {
    requireEncoder(direction, encoder);
  } catch (error) {
    await encoder[Symbol.asyncDispose]();
    throw error;
  }
  return { direction, encoder, [Symbol.asyncDispose]: () => Promise.resolve(encoder[Symbol.asyncDispose]()) };
}

/** The lines of a file, or of stdin for "-", that are not blank. */
export async function linesOf(file: string): Promise<string[]> {
  const content = file === "-" ? await text(process.stdin) : await readNamed(file);
  return content
    .replace(/^\uFEFF/u, "")
    .split(/\r?\n/u)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

const readNamed = (file: string): Promise<string> =>
  readFile(file, "utf8").catch((error: unknown) => {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  });
