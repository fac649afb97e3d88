import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { EncoderSourceError } from "../errors.ts";

/** Names under which ONNX exports lie in a model's folder, the most exact first, and what the library calls their numbers. */
const exports = [
  { name: "onnx/model.onnx", dtype: "fp32" },
  { name: "model.onnx", dtype: "fp32" },
  { name: "onnx/model_fp16.onnx", dtype: "fp16" },
  { name: "onnx/model_quantized.onnx", dtype: "q8" },
  { name: "model_quantized.onnx", dtype: "q8" },
] as const;

const configNames = new Set([
  "config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "modules.json",
  "sentence_bert_config.json",
]);

const wantedExport = `has no ONNX export; wanted ${exports.map(({ name }) => name).join(" or ")}`;

/** Those of a hub model's files that an encoder needs, or what is missing. */
export function chooseFiles(files: readonly string[]): readonly string[] | string {
  const found = exports.find(({ name }) => files.includes(name));
  if (!found) return `${wantedExport}; look for a copy of the model that has one, as the owner "Xenova" has of many`;
  const data = `${found.name}_data`; // weights beyond 2 GiB
  const configs = files.filter((name) => configNames.has(name) || /^\d+_Pooling\/config\.json$/.test(name));
  return [...configs, found.name, ...(files.includes(data) ? [data] : [])];
}

/** The ONNX export of a folder. */
export interface OnnxExport {
  readonly path: string;
  /** Folder of the export within the model's. */
  readonly subfolder: string;
  readonly dtype: (typeof exports)[number]["dtype"];
}

/** The most exact export in a folder. @throws {EncoderSourceError} when it has none, or lacks its config or tokenizer. */
export async function findExport(folder: string): Promise<OnnxExport> {
  for (const name of ["config.json", "tokenizer.json", "tokenizer_config.json"]) {
    if (!(await isFile(join(folder, name)))) {
      throw new EncoderSourceError(folder, `has no ${name}; wanted the folder of a sentence-transformers model`);
    }
  }
  for (const { name, dtype } of exports) {
    const path = join(folder, name);
    if (await isFile(path)) return { path, subfolder: name.includes("/") ? dirname(name) : "", dtype };
  }
  throw new EncoderSourceError(
    folder,
    `${wantedExport}. Export it (optimum-cli export onnx --task feature-extraction), or give a hub id of a model that has one`,
  );
}

/** Name and content of an export, as `"minilm@sha256:…"` with 16 digits; data beside the file are part of it. */
export async function exportId(folder: string, { path }: OnnxExport, name: string = basename(folder)): Promise<string> {
  const hash = createHash("sha256");
  for (const file of [path, `${path}_data`]) {
    if (!(await isFile(file))) continue;
    const bytes: AsyncIterable<Buffer> = createReadStream(file, { highWaterMark: 1 << 20 });
    for await (const chunk of bytes) hash.update(chunk);
  }
  for (const config of ["tokenizer.json", "modules.json", "1_Pooling/config.json", "sentence_bert_config.json"]) {
    hash.update(await readFile(join(folder, config)).catch(() => ""));
  }
  return `${name}@sha256:${hash.digest("hex").slice(0, 16)}`;
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true;
}
