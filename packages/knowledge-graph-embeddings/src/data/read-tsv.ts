import type { BadLines } from "./bad-lines.ts";
import { textBlocks } from "./text-blocks.ts";
import type { TripleReader } from "./triple-source.ts";

/**
 * Tab-separated triples without quoting: labels are taken exactly as they stand, spaces and leading zeros included.
 * CRLF ends a line as LF does; blank lines are passed over.
 */
export const readTsv: TripleReader = (file, sink, badLines, { header = false }) => {
  let headerToCome = header;
  return readTsvRows(file, badLines, (fields, line, text) => {
    if (headerToCome) {
      headerToCome = false;
      return;
    }
    const fault = tripleFault(fields, "tabs");
    if (fault === undefined) sink(fields[0]!, fields[1]!, fields[2]!);
    else badLines.report(file, line, fault, text);
  });
};

/** Hands each line that is not blank to `row`: its fields, its number from 1 and its text. */
export async function readTsvRows(
  file: string,
  badLines: BadLines,
  row: (fields: string[], line: number, text: string) => void,
): Promise<void> {
  for await (const { text, firstLine } of textBlocks(file, badLines)) {
    for (let start = 0, line = firstLine; start < text.length; line++) {
      const newline = text.indexOf("\n", start);
      const end = newline < 0 ? text.length : newline;
      const content = text.slice(start, text[end - 1] === "\r" ? Math.max(start, end - 1) : end);
      start = end + 1;
      const fields = content.split("\t");
      if (fields.length > 1 || content.trim() !== "") row(fields, line, content);
    }
  }
}

/** Why the fields are no triple, or undefined when they are one. */
export function tripleFault(fields: readonly string[], separator: "tabs" | "commas"): string | undefined {
  if (fields.length !== 3) {
    const other = separator === "tabs" ? "," : "\t";
    const hint =
      fields.length === 1 && fields[0]!.split(other).length === 3
        ? ` (separated by ${separator === "tabs" ? "commas? Name the file .csv" : "tabs? Name the file .tsv"})`
        : "";
    return `wanted 3 fields separated by ${separator} (head, relation, tail), came ${fields.length}${hint}`;
  }
  const empty = fields.indexOf("");
  return empty < 0 ? undefined : `the ${["head", "relation", "tail"][empty]} is empty`;
}
