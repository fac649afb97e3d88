/** A trained model as a folder that explains itself: loadable anywhere, without the training data. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseConfig, readRun, writeFileAtomic } from "@offprint/experiment";
import { hostTensor, type HostTensor } from "@offprint/tensor";
import { SafetensorsFile, tensorSources, writeSafetensors } from "@offprint/training";
import { z } from "zod";
import { kgeConfig, kgeSchema, type KgeConfig } from "./config.ts";
import { splitNames, type Dataset, type SplitName } from "./data/dataset.ts";
import type { Triples } from "./data/triples.ts";
import { Vocabulary } from "./data/vocabulary.ts";
import { ArtefactError } from "./errors.ts";
import { calibrationSchema, type Calibration } from "./evaluation/calibration.ts";
import { modelNamed } from "./models/index.ts";
import type { Model } from "./models/model.ts";
import type { Embeddings } from "./scoring.ts";

/** Files of a trained folder beside those of every run (config.json, metrics.jsonl, record.json). */
export const artefactFiles = {
  /** `entity.<part>` `[N, d]` and `relation.<part>` `[2R, d]`. */
  model: "model.safetensors",
  vocabulary: "vocabulary.json",
  /** `train`, `valid`, `test`: int32 `[n, 3]` of head, relation, tail; what is known, so that predictions can leave it out. */
  triples: "triples.safetensors",
  calibration: "calibration.json",
  /** Full evaluation of the test split, or of the validation split where there is no test. */
  evaluation: "evaluation.json",
} as const;

/** Everything that predictions need. */
export interface TrainedModel {
  readonly directory: string;
  readonly config: KgeConfig;
  readonly model: Model;
  readonly embeddings: Embeddings<HostTensor>;
  readonly entities: Vocabulary;
  readonly relations: Vocabulary;
  readonly splits: Readonly<Record<SplitName, Triples>>;
  readonly calibration: Calibration | undefined;
}

/** Writes vocabulary and triples, which do not change while a run trains. */
export async function saveGraph(directory: string, dataset: Dataset): Promise<void> {
  const vocabulary = { entities: dataset.entities.toJSON(), relations: dataset.relations.toJSON() };
  await writeFileAtomic(join(directory, artefactFiles.vocabulary), `${JSON.stringify(vocabulary)}\n`);
  const tables = Object.fromEntries(splitNames.map((split) => [split, rowsOf(dataset[split])]));
  await writeSafetensors(join(directory, artefactFiles.triples), tensorSources(tables), { hash: dataset.hash });
}

/** Writes what was learned. */
export async function saveEmbeddings(directory: string, embeddings: Embeddings<HostTensor>): Promise<void> {
  const named = (["entity", "relation"] as const).flatMap((side) =>
    Object.entries(embeddings[side]).map(([part, tensor]) => [`${side}.${part}`, tensor] as const),
  );
  await writeSafetensors(join(directory, artefactFiles.model), tensorSources(Object.fromEntries(named)));
}

export async function saveCalibration(directory: string, calibration: Calibration): Promise<void> {
  await writeFileAtomic(join(directory, artefactFiles.calibration), `${JSON.stringify(calibration)}\n`);
}

/**
 * A trained model from its folder.
 * @throws {NotARunError} {DamagedFileError} {ArtefactError} naming the file that is missing, damaged or of another kind.
 */
export async function loadTrained(directory: string): Promise<TrainedModel> {
  const run = await readRun(directory);
  if (run.schema !== kgeSchema.schema) {
    throw new ArtefactError(directory, `is a run of "${run.schema}"; wanted one of "${kgeSchema.schema}"`);
  }
  const config = parseConfig(kgeConfig, run.config, join(directory, "config.json"));
  const model = modelNamed(config.model, { official: config.official });
  if ((await stat(join(directory, artefactFiles.model)).catch(() => undefined)) === undefined) {
    throw new ArtefactError(directory, "has no model yet: the run did not complete; go on with it by --resume");
  }
  const vocabularyFile = join(directory, artefactFiles.vocabulary);
  const words = await readJson(
    directory,
    artefactFiles.vocabulary,
    z.object({ entities: z.unknown(), relations: z.unknown() }),
  );
  const entities = Vocabulary.fromJSON("entity", words?.entities, vocabularyFile);
  const relations = Vocabulary.fromJSON("relation", words?.relations, vocabularyFile);
  const embeddings = await readEmbeddings(directory, model, config, entities.size, relations.size);
  const splits = await readSplits(directory, entities.size, relations.size);
  const calibration = await readJson(directory, artefactFiles.calibration, calibrationSchema);
  return { directory, config, model, embeddings, entities, relations, splits, calibration };
}

async function readEmbeddings(
  directory: string,
  model: Model,
  { dimension }: KgeConfig,
  entityCount: number,
  relationCount: number,
): Promise<Embeddings<HostTensor>> {
  await using file = await SafetensorsFile.open(join(directory, artefactFiles.model));
  const read = async (side: "entity" | "relation", rows: number): Promise<Record<string, HostTensor>> => {
    const parts: Record<string, HostTensor> = {};
    for (const part of Object.keys(model[side])) {
      const stored = file.tensors.get(`${side}.${part}`);
      const found = stored ? `${stored.dtype} [${stored.shape.join(", ")}]` : "missing";
      if (found !== `F32 [${rows}, ${dimension}]`) {
        throw new ArtefactError(
          file.path,
          `"${side}.${part}" is ${found}; ${model.title} here wants F32 [${rows}, ${dimension}]`,
        );
      }
      parts[part] = await file.readHost(`${side}.${part}`);
    }
    return parts;
  };
  return { entity: await read("entity", entityCount), relation: await read("relation", 2 * relationCount) };
}

async function readSplits(
  directory: string,
  entityCount: number,
  relationCount: number,
): Promise<Record<SplitName, Triples>> {
  await using file = await SafetensorsFile.open(join(directory, artefactFiles.triples));
  const read = async (split: SplitName): Promise<Triples> => {
    const stored = file.tensors.get(split);
    if (stored?.dtype !== "I32" || stored.shape.length !== 2 || stored.shape[1] !== 3) {
      throw new ArtefactError(file.path, `"${split}" is not int32 [n, 3]`);
    }
    const triples = columnsOf((await file.readHost(split)).data as Int32Array);
    const within = (column: Int32Array, count: number) => column.every((index) => index >= 0 && index < count);
    if (
      !within(triples.heads, entityCount) ||
      !within(triples.tails, entityCount) ||
      !within(triples.relations, relationCount)
    ) {
      throw new ArtefactError(file.path, `"${split}" names entities or relations that the vocabulary does not have`);
    }
    return triples;
  };
  return { train: await read("train"), valid: await read("valid"), test: await read("test") };
}

const rowsOf = ({ length, heads, relations, tails }: Triples): HostTensor => {
  const rows = new Int32Array(3 * length);
  for (let i = 0; i < length; i++) rows.set([heads[i] ?? 0, relations[i] ?? 0, tails[i] ?? 0], 3 * i);
  return hostTensor(rows, [length, 3]);
};

const columnsOf = (rows: Int32Array): Triples => {
  const length = rows.length / 3;
  const column = (at: number) => Int32Array.from({ length }, (_, i) => rows[3 * i + at] ?? 0);
  return { length, heads: column(0), relations: column(1), tails: column(2) };
};

/** The content of a JSON file; `undefined` where there is none. */
async function readJson<T>(directory: string, name: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const path = join(directory, name);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new ArtefactError(path, "is damaged; copy it again from where the model was trained, or train anew", {
      cause,
    });
  }
}
