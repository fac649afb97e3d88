import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { EncoderSourceError } from "../errors.ts";

/** How token vectors become one: their mean, or that of the first token. */
type Pooling = "mean" | "cls";

/** What a sentence-transformers folder says about its vectors. */
export interface SentenceConfig {
  readonly pooling: Pooling;
  /** Whether vectors are brought to length 1. */
  readonly normalize: boolean;
  /** Tokens that are read, special ones included; absent where the folder does not say. */
  readonly maximumLength: number | undefined;
  /** A sentence for what was assumed, as the folder says nothing. */
  readonly assumed?: string;
}

const modulesOf = z.array(z.object({ type: z.string(), path: z.string() }));
const poolingOf = z.record(z.string(), z.unknown());
const lengthOf = z.object({ max_seq_length: z.int().positive().nullish() });

/**
 * Reads `modules.json`, the config of its pooling module and `sentence_bert_config.json`.
 * @throws {EncoderSourceError} for a file that is damaged, and a way of pooling or a module that is not known here.
 */
export async function readSentenceConfig(folder: string): Promise<SentenceConfig> {
  const length = await readJson(join(folder, "sentence_bert_config.json"), lengthOf);
  const maximumLength = length?.max_seq_length ?? undefined;
  const modules = await readJson(join(folder, "modules.json"), modulesOf);
  if (!modules) {
    return {
      pooling: "mean",
      normalize: false,
      maximumLength,
      assumed: "no modules.json: mean pooling, not normalised",
    };
  }
  const kinds = modules.map(({ type, path }) => ({ kind: type.split(".").at(-1) ?? type, path }));
  const strange = kinds.find(({ kind }) => !["Transformer", "Pooling", "Normalize"].includes(kind));
  if (strange) {
    throw new EncoderSourceError(
      join(folder, "modules.json"),
      `has a module of kind ${strange.kind}; there are Transformer, Pooling and Normalize. Take another model`,
    );
  }
  const normalize = kinds.some(({ kind }) => kind === "Normalize");
  const place = kinds.find(({ kind }) => kind === "Pooling");
  const file = join(folder, place?.path ?? "1_Pooling", "config.json");
  const config = place && (await readJson(file, poolingOf));
  if (!config) return { pooling: "mean", normalize, maximumLength, assumed: "no config of pooling: mean pooling" };
  return { pooling: poolingIn(config, file), normalize, maximumLength };
}

function poolingIn(config: Readonly<Record<string, unknown>>, file: string): Pooling {
  const modes = Object.keys(config).filter((key) => key.startsWith("pooling_mode_") && config[key] === true);
  const named = typeof config["pooling_mode"] === "string" ? [`pooling_mode_${config["pooling_mode"]}_tokens`] : [];
  const [mode, ...more] = modes.length > 0 ? modes : named;
  if (more.length === 0 && (mode === "pooling_mode_mean_tokens" || mode === undefined)) return "mean";
  if (more.length === 0 && (mode === "pooling_mode_cls_token" || mode === "pooling_mode_cls_tokens")) return "cls";
  const came = [mode, ...more].join(", ");
  throw new EncoderSourceError(file, `pools by ${came}; there is pooling by mean or by the first token alone`);
}

/** The content of a JSON file, `undefined` where there is no such file. */
async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new EncoderSourceError(path, "is not what sentence-transformers writes, or is damaged", { cause });
  }
}

/** Token vectors of one batch. */
export interface TokenVectors {
  /** `[texts, tokens, width]` */
  readonly values: ArrayLike<number>;
  readonly tokens: number;
  readonly width: number;
}

/**
 * The vector of one text of a batch, written to `target`.
 * @param length tokens of the text; what follows them is padding.
 */
export function poolTokens(
  { values, tokens, width }: TokenVectors,
  text: number,
  length: number,
  { pooling, normalize }: Pick<SentenceConfig, "pooling" | "normalize">,
  target: Float32Array,
): void {
  const start = text * tokens * width;
  const counted = pooling === "cls" ? 1 : length;
  const sums = new Float64Array(width);
  for (let i = 0; i < counted * width; i++) sums[i % width] = (sums[i % width] ?? 0) + (values[start + i] ?? 0);
  const norm = normalize ? Math.hypot(...sums) : Math.max(counted, 1);
  for (let i = 0; i < width; i++) target[i] = (sums[i] ?? 0) / Math.max(norm, 1e-12);
}
