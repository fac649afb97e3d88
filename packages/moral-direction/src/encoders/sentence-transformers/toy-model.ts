import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** What bench/moral-encoders/toy-sentence-model.py wrote: hidden states are rows of a table, one a token. */
const toy = JSON.parse(readFileSync(new URL("toy-model-golden.json", import.meta.url), "utf8")) as Record<
  "config.json" | "tokenizer.json" | "tokenizer_config.json",
  unknown
> & {
  readonly vocabulary: readonly string[];
  readonly table: readonly (readonly number[])[];
  readonly onnx: string;
};

/** A file's content; `null` leaves the file out. */
type Files = Readonly<Record<string, unknown>>;

/** For tests: a folder of the toy model, with other files beside or instead of its own. */
export async function toyModelFolder(files: Files = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "toy-model-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, content] of Object.entries(toyModelFiles(files))) {
    await mkdir(join(folder, name, ".."), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

/** The toy model's files as they lie on disk. */
export function toyModelFiles(files: Files = {}): Record<string, string | Buffer> {
  const all: Files = {
    "onnx/model.onnx": Buffer.from(toy.onnx, "base64"),
    "tokenizer.json": toy["tokenizer.json"],
    "tokenizer_config.json": toy["tokenizer_config.json"],
    "config.json": toy["config.json"],
    ...files,
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, content]) => {
      if (content === null) return [];
      return [[name, typeof content === "string" || Buffer.isBuffer(content) ? content : JSON.stringify(content)]];
    }),
  );
}

/** The toy's hidden states of some tokens of its vocabulary, `[tokens][width]`. */
export const toyStates = (tokens: readonly string[]): number[][] =>
  tokens.map((token) => [...(toy.table[toy.vocabulary.indexOf(token)] ?? [])]);
