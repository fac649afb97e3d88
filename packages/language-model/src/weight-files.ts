import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { hostTensor, type HostTensor, type Shape } from "@offprint/tensor";
import { SafetensorsError, SafetensorsFile, type StoredTensorInfo } from "@offprint/training";
import { WeightFileError } from "./errors.ts";
import { storedAsFloat32 } from "./half-precision.ts";

/** How a weight is stored. */
export interface WeightInfo {
  readonly shape: Shape;
  /** The file format's name of the element type: "F32", "BF16", "Q4_1" … */
  readonly dtype: string;
  /** Size in the file. */
  readonly bytes: number;
}

/** The weights of a model on disk: known by name and size, read when asked for. */
export interface WeightFiles {
  readonly info: Readonly<Record<string, WeightInfo>>;
  /** As float32, by the model's names; by default all of them. */
  readWeights(names?: readonly string[]): Promise<Record<string, HostTensor>>;
}

const indexName = "model.safetensors.index.json";
const singleName = "model.safetensors";

/** Stored beside weights by some programs, computed from the config by every other. */
const computed = /\.(rotary_emb\.inv_freq|attn\.(masked_)?bias)$/;

/**
 * The weights of a Hugging Face folder: `model.safetensors`, or the shards of `model.safetensors.index.json`. Headers are
 * read and compared with what the model wants now, values at `readWeights`.
 * @param wanted every weight's shape; a name may lack its first part in the file ("wte.weight" for "transformer.wte.weight").
 * @throws {WeightFileError} for a file that is missing, cut off or damaged, and weights that are missing, unexpected or of
 * another shape or element type.
 */
export async function openWeightFiles(folder: string, wanted: Readonly<Record<string, Shape>>): Promise<WeightFiles> {
  const files = await weightFilesOf(folder);
  /** For each of the model's weights, its file and its name there. */
  const places = new Map<string, { readonly file: string; readonly stored: StoredTensorInfo }>();
  const unexpected: string[] = [];
  for (const [file, listed] of files) {
    const tensors = await withFile(file, ({ tensors }) => tensors);
    for (const name of listed ?? []) {
      if (!tensors.has(name)) throw new WeightFileError(file, `lacks "${name}", which ${indexName} says it holds`);
    }
    for (const stored of tensors.values()) {
      if (listed && !listed.has(stored.name)) continue;
      const name = modelName(stored.name, wanted);
      if (name !== undefined) places.set(name, { file, stored });
      else if (!computed.test(stored.name) && !isTiedHead(stored.name, wanted)) unexpected.push(stored.name);
    }
  }
  checkNames(folder, Object.keys(wanted), new Set(places.keys()), unexpected);
  for (const [name, { file, stored }] of places) checkTensor(file, stored, wanted[name] ?? []);
  const info = [...places].map(([name, { stored }]) => {
    return [name, { shape: stored.shape, dtype: stored.dtype, bytes: stored.end - stored.begin }] as const;
  });
  return {
    info: Object.fromEntries(info),
    async readWeights(names = [...places.keys()]) {
      const weights: Record<string, HostTensor> = {};
      for (const [file] of files) {
        const inside = names.flatMap((name) => {
          const place = places.get(name);
          return place?.file === file ? [[name, place.stored.name] as const] : [];
        });
        if (inside.length === 0) continue;
        await withFile(file, async (open) => {
          for (const [name, stored] of inside) {
            const tensor = await open.read(stored);
            weights[name] = hostTensor(storedAsFloat32(tensor) ?? tensor.data, tensor.shape);
          }
        });
      }
      return weights;
    },
  };
}

/** Files of a folder, each with the names that an index says it holds. */
async function weightFilesOf(folder: string): Promise<Map<string, ReadonlySet<string> | undefined>> {
  const present = await readdir(folder);
  if (present.includes(singleName)) return new Map([[join(folder, singleName), undefined]]);
  if (present.includes(indexName)) return await shardsOf(folder, present);
  if (present.some((name) => /^(pytorch_model.*|consolidated.*)\.(bin|pth)$/.test(name))) {
    throw new WeightFileError(
      folder,
      `holds PyTorch's own weight files only, which are not read here; convert them once with Python: ` +
        `AutoModelForCausalLM.from_pretrained("…").save_pretrained("…", safe_serialization=True)`,
    );
  }
  if (present.includes("adapter_config.json")) {
    throw new WeightFileError(
      folder,
      "is an adapter without its base model; name the base model and give this as adapter",
    );
  }
  throw new WeightFileError(folder, `has no ${singleName} and no ${indexName}`);
}

async function shardsOf(folder: string, present: readonly string[]): Promise<Map<string, ReadonlySet<string>>> {
  const path = join(folder, indexName);
  let map: unknown;
  try {
    map = (JSON.parse(await readFile(path, "utf8")) as { weight_map?: unknown } | null)?.weight_map;
  } catch (cause) {
    throw new WeightFileError(path, "is not valid JSON; download it again", { cause });
  }
  const entries = Object.entries((map ?? {}) as Record<string, unknown>);
  if (entries.length === 0) throw new WeightFileError(path, 'has no "weight_map"; download it again');
  const shards = new Map<string, Set<string>>();
  for (const [name, shard] of entries) {
    if (typeof shard !== "string" || basename(shard) !== shard)
      throw new WeightFileError(path, `places "${name}" in ${JSON.stringify(shard)}, which is no file name`);
    const names = shards.get(join(folder, shard)) ?? new Set<string>();
    shards.set(join(folder, shard), names.add(name));
  }
  const missing = [...shards.keys()].map((shard) => basename(shard)).filter((shard) => !present.includes(shard));
  if (missing.length > 0) {
    throw new WeightFileError(
      folder,
      `lacks ${missing.length} of its ${shards.size} shards (${missing.slice(0, 5).join(", ")}); download the rest`,
    );
  }
  return shards;
}

async function withFile<T>(path: string, use: (file: SafetensorsFile) => T | Promise<T>): Promise<T> {
  try {
    await using file = await SafetensorsFile.open(path);
    return await use(file);
  } catch (cause) {
    if (!(cause instanceof SafetensorsError)) throw cause;
    const unknown = cause.problem === "UNKNOWN_DTYPE";
    const advice = unknown ? "convert it to F32, F16 or BF16" : "download or copy the file again";
    throw new WeightFileError(path, `${cause.message.replace(`${path}: `, "")}; ${advice}`, { cause });
  }
}

/** The model's name of a stored tensor: the same, or with the part that some files leave out in front. */
function modelName(stored: string, wanted: Readonly<Record<string, Shape>>): string | undefined {
  if (stored in wanted) return stored;
  return ["transformer", "model"].map((first) => `${first}.${stored}`).find((name) => name in wanted);
}

/** A copy of the embedding that tied models need not store. */
const isTiedHead = (stored: string, wanted: Readonly<Record<string, Shape>>): boolean =>
  stored === "lm_head.weight" && !("lm_head.weight" in wanted);

function checkNames(folder: string, wanted: readonly string[], found: ReadonlySet<string>, unexpected: string[]): void {
  const missing = wanted.filter((name) => !found.has(name));
  const list = (names: readonly string[]) =>
    `${names.slice(0, 5).join(", ")}${names.length > 5 ? ` and ${names.length - 5} more` : ""}`;
  if (missing.length > 0) {
    const others = unexpected.length > 0 ? `; it has ${list(unexpected)} instead` : "";
    throw new WeightFileError(
      folder,
      `lacks ${missing.length} weights that config.json asks for: ${list(missing)}${others}`,
    );
  }
  if (unexpected.length > 0) {
    throw new WeightFileError(
      folder,
      `has ${unexpected.length} weights that the architecture in config.json does not know: ${list(unexpected)}`,
    );
  }
}

function checkTensor(file: string, { name, dtype, shape }: StoredTensorInfo, wanted: Shape): void {
  if (!["F32", "F16", "BF16"].includes(dtype))
    throw new WeightFileError(file, `weight "${name}" is ${dtype}; weights are read as F32, F16 or BF16`);
  if (shape.length === wanted.length && shape.every((length, axis) => length === wanted[axis])) return;
  const vocabulary = shape.length === 2 && shape[1] === wanted[1] && /(embed_tokens|wte|lm_head)/.test(name);
  const advice = vocabulary ? `: vocab_size in config.json must be the ${shape[0]} rows that are stored` : "";
  throw new WeightFileError(
    file,
    `weight "${name}" is [${shape.join(", ")}], config.json says [${wanted.join(", ")}]${advice}`,
  );
}
