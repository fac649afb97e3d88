import { CsvError } from "csv-parse";
import { parse } from "csv-parse/sync";
import { tripleFault } from "./read-tsv.ts";
import { MAX_LINE_BYTES, textBlocks } from "./text-blocks.ts";
import type { TripleReader } from "./triple-source.ts";

/**
 * Comma-separated triples after RFC 4180: quoted fields may hold commas, quotes and line ends; spaces stay. A bad record
 * is reported by its first line. A quote that does not close within a mebibyte spoils its line only.
 */
export const readCsv: TripleReader = async (file, sink, badLines, { header = false }) => {
  let headerToCome = header;
  /** Takes whole records: all at once, which is fast; with a fault among them by halves, down to the record that has it. */
  const takeText = (wholeText: string, firstLine: number) => {
    let [text, line] = [wholeText, firstLine];
    while (text.trim() !== "") {
      let end = text.length;
      const { rows, fault } = parseRows(text);
      if (headerToCome) {
        headerToCome = false;
        end = recordEnd(text, text.search(/[^\r\n]/));
      } else if (fault === undefined) {
        for (const [head, relation, tail] of rows) sink(head!, relation!, tail!);
      } else {
        const middle = lastRecordEnd(text.slice(0, text.length / 2)) || recordEnd(text, 0);
        if (middle < text.length) {
          end = middle;
          takeText(text.slice(0, middle), line);
        } else {
          const lineEnd = text.indexOf("\n") + 1 || text.length;
          badLines.report(file, line, fault, text.slice(0, lineEnd).trimEnd());
          // A stray quote may have joined good lines to its own; wrong fields are wrong to the record's end.
          if (fault.startsWith(NOT_CSV)) end = lineEnd;
        }
      }
      line += lineCount(text.slice(0, end));
      text = text.slice(end);
    }
  };

  let open = { text: "", firstLine: 1 };
  for await (const block of textBlocks(file, badLines)) {
    const text = open.text + block.text;
    const firstLine = open.text === "" ? block.firstLine : open.firstLine;
    const whole = lastRecordEnd(text);
    const end = text.length - whole > MAX_LINE_BYTES ? text.length : whole;
    takeText(text.slice(0, end), firstLine);
    open = { text: text.slice(end), firstLine: firstLine + lineCount(text.slice(0, end)) };
  }
  takeText(open.text, open.firstLine);
};

const NOT_CSV = "not CSV: ";

/** The records of `text`, and why one of them is no triple, if one is not. */
function parseRows(text: string): { rows: string[][]; fault: string | undefined } {
  try {
    const rows = parse(text, { relax_column_count: true, skip_empty_lines: true, record_delimiter: ["\r\n", "\n"] });
    const faults = rows.map((row) => tripleFault(row, "commas"));
    return { rows, fault: faults.find((fault) => fault !== undefined) };
  } catch (error) {
    if (error instanceof CsvError) return { rows: [], fault: NOT_CSV + error.message.replace(/ at line \d+/, "") };
    throw error;
  }
}

/** The place after the first line end outside quotes, or the end. */
function recordEnd(text: string, start: number): number {
  for (let at = start; ;) {
    const newline = text.indexOf("\n", at);
    const quote = text.indexOf('"', at);
    if (newline < 0) return text.length;
    if (quote < 0 || newline < quote) return newline + 1;
    const closing = text.indexOf('"', quote + 1);
    if (closing < 0) return text.length;
    at = closing + 1;
  }
}

/** The place after the last line end outside quotes; 0 when there is none. */
function lastRecordEnd(text: string): number {
  let end = 0;
  for (let at = 0; at <= text.length;) {
    const opening = text.indexOf('"', at);
    const newline = text.lastIndexOf("\n", opening < 0 ? text.length : opening) + 1;
    if (newline > at) end = newline;
    const closing = opening < 0 ? -1 : text.indexOf('"', opening + 1);
    if (closing < 0) break;
    at = closing + 1;
  }
  return end;
}

function lineCount(text: string): number {
  let lines = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}
