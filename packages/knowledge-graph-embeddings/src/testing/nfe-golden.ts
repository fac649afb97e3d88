/** Values of the official code for tests, computed in float64; the file's own `about` entry says how. */
import { readFileSync } from "node:fs";
import { hostTensor, type HostTensor } from "@offprint/tensor";
import type { ModelName } from "../models/index.ts";

type Rows = number[][];

export interface GoldenVariant {
  readonly gamma: number;
  readonly scores: Rows;
  readonly loss: number;
  readonly entity: Rows;
  readonly relation: Rows;
  readonly gradEntity: Rows;
  readonly gradRelation: Rows;
  readonly adamTrace: {
    readonly lr: number;
    readonly betas: [number, number];
    readonly eps: number;
    readonly decayRate: number;
    readonly epochs: number;
    /** First row of the batch and the row after its last. */
    readonly batches: [number, number][];
    readonly losses: number[];
    readonly finalEntity: Rows;
    readonly finalRelation: Rows;
  };
}

interface GoldenRun {
  readonly gamma: number;
  readonly firstBatchLoss: number;
  readonly epochLoss: number[];
  readonly valid: { readonly mrr: number };
  readonly test: { readonly mrr: number };
}

export const nfeGolden = JSON.parse(readFileSync(new URL("nfe-golden.json", import.meta.url), "utf8")) as {
  readonly numEntities: number;
  readonly batch: { readonly heads: number[]; readonly relations: number[]; readonly tails: number[] };
  readonly variants: Readonly<Record<string, GoldenVariant>>;
  readonly endToEnd: {
    readonly dimension: number;
    readonly batchSize: number;
    readonly lr: number;
    readonly decayRate: number;
    readonly epochs: number;
    readonly betas: [number, number];
    readonly eps: number;
    readonly runs: Readonly<Record<string, GoldenRun>>;
  };
};

/** The golden file stores each row as its parts one after the other: the parts' names, "-" where it stores and never uses them. */
export interface GoldenLayout {
  readonly model: ModelName;
  readonly entity: readonly string[];
  readonly relation: readonly string[];
}

export const goldenLayouts: Readonly<Record<string, GoldenLayout>> = {
  "NFE-1": { model: "nfe-1", entity: ["shift", "scale"], relation: ["shift", "scale"] },
  "NFE-2": { model: "nfe-2", entity: ["shift", "negative", "positive"], relation: ["shift", "scale"] },
  "NFE-3": { model: "nfe-3", entity: ["shift", "scale"], relation: ["shift", "scale"] },
  "NFE-w/o-uncertainty": { model: "nfe-without-uncertainty", entity: ["shift", "-"], relation: ["shift", "scale"] },
  "NFE-sigma": { model: "nfe-sigma", entity: ["-", "scale"], relation: ["-", "scale"] },
  TransE: { model: "transe", entity: ["shift"], relation: ["shift"] },
  DistMult: { model: "distmult", entity: ["scale"], relation: ["scale"] },
};

/** The named parts of stored rows: `[rows, parts · d]` → each `[rows, d]`. */
export function splitParts(rows: readonly (readonly number[])[], names: readonly string[]): Record<string, HostTensor> {
  const width = (rows[0]?.length ?? 0) / names.length;
  const part = (at: number) => Float32Array.from(rows.flatMap((row) => row.slice(at * width, (at + 1) * width)));
  const named = names.map((name, at) => [name, hostTensor(part(at), [rows.length, width])] as const);
  return Object.fromEntries(named.filter(([name]) => name !== "-"));
}
