import { readCsv } from "./read-csv.ts";
import { readNTriples } from "./read-ntriples.ts";
import { readTsv } from "./read-tsv.ts";
import type { TripleReader } from "./triple-source.ts";

const readers: Readonly<Record<string, TripleReader>> = { tsv: readTsv, txt: readTsv, csv: readCsv, nt: readNTriples };

/** The endings of a file of triples, each with or without `.gz`: TSV under two names, CSV, N-Triples. */
export const tripleExtensions: readonly string[] = Object.keys(readers);

/** How a file is read, by the end of its name; undefined where that says no format. */
export function tripleReader(file: string): TripleReader | undefined {
  const extension = /\.([a-z]+)(?:\.gz)?$/.exec(file)?.[1];
  return extension === undefined ? undefined : readers[extension];
}
