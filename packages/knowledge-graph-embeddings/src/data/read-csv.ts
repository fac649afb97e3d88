import { Readable } from "node:stream";
import { CsvError, parse } from "csv-parse";
import type { BadLines } from "./bad-lines.ts";
import { tripleFault } from "./read-tsv.ts";
import { MAX_LINE_BYTES, textBlocks } from "./text-blocks.ts";
import type { TripleReader } from "./triple-source.ts";

interface Row {
  readonly record: string[];
  readonly raw: string;
  readonly info: { readonly lines: number };
}

/**
 * Comma-separated triples after RFC 4180: quoted fields may hold commas, quotes and line ends; spaces stay. The line
 * number of a record that spans several is that of its last.
 */
export const readCsv: TripleReader = async (file, sink, badLines, { header = false }) => {
  const parser = parse({
    info: true,
    raw: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_LINE_BYTES,
    from: header ? 2 : 1,
    skip_records_with_error: badLines.skip,
    on_skip: (error, raw = "") => {
      if (error !== undefined) reportCsvError(error, raw);
      return undefined;
    },
  });
  const source = Readable.from(texts(file, badLines), { objectMode: true });
  // A fault while reading must end the parser too, or the loop below would wait for ever.
  source.on("error", (error) => parser.destroy(error));
  try {
    for await (const { record, raw, info } of source.pipe(parser) as AsyncIterable<Row>) {
      const fault = tripleFault(record, "commas");
      if (fault === undefined) sink(record[0]!, record[1]!, record[2]!);
      else badLines.report(file, info.lines, fault, raw.trimEnd());
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    reportCsvError(error, typeof error["raw"] === "string" ? error["raw"] : "");
  } finally {
    source.destroy();
  }

  function reportCsvError(error: CsvError, raw: string): void {
    const line = typeof error["lines"] === "number" ? error["lines"] : 1;
    badLines.report(file, line, `not CSV: ${error.message}`, raw);
  }
};

async function* texts(file: string, badLines: BadLines): AsyncGenerator<string> {
  for await (const { text } of textBlocks(file, badLines)) yield text;
}
