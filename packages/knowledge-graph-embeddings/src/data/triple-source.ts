import type { BadLines } from "./bad-lines.ts";

/** Takes one triple of labels. */
export type TripleSink = (head: string, relation: string, tail: string) => void;

export interface FormatOptions {
  /** Leave out the first row of TSV and CSV files: it holds column names. Never guessed. Default false. */
  readonly header?: boolean | undefined;
}

/** Reads the triples of one file, in order, in bounded memory. */
export type TripleReader = (
  file: string,
  sink: TripleSink,
  badLines: BadLines,
  options: FormatOptions,
) => Promise<void>;
