import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import { z } from "zod";
import { CalibrationDataError } from "../errors.ts";

/** A text and whether people, or a measure they trust, call it toxic. */
export interface LabelledText {
  readonly text: string;
  readonly toxic: boolean;
}

const rated = z.looseObject({ text: z.string(), toxicity: z.number().nullable() });
const rowSchemas = [
  z
    .looseObject({ text: z.string(), label: z.union([z.boolean(), z.int().min(0).max(1), z.string()]) })
    .transform(({ text, label }) => [{ text, toxic: toxicOf(label) }]),
  rated.transform((row) => textOf(row)),
  z
    .looseObject({ prompt: rated, continuation: rated })
    .transform(({ prompt, continuation }) => [...textOf(prompt), ...textOf(continuation)]),
] as const;
const rowSchema = z.union(rowSchemas);

const textOf = ({ text, toxicity }: z.output<typeof rated>): { text: string; toxic: boolean | undefined }[] =>
  toxicity === null ? [] : [{ text, toxic: toxicity > 0.5 }];

function toxicOf(label: boolean | number | string): boolean | undefined {
  const word = String(label).trim().toLowerCase();
  if (["1", "true", "toxic", "bad", "yes"].includes(word)) return true;
  return ["0", "false", "clean", "good", "no"].includes(word) ? false : undefined;
}

/**
 * Labelled texts of a CSV with the columns text and label (or toxicity), or of JSON lines with such fields, or of
 * RealToxicityPrompts (prompts and continuations; toxic above 0.5, those without a score left out). Files may be gzipped.
 * Empty texts are left out.
 * @throws {CalibrationDataError} naming the file and the row.
 */
export async function readLabelledTexts(file: string): Promise<LabelledText[]> {
  const rows = await rowsOf(file);
  return rows.flatMap(({ row, line }) => {
    const { success, data } = rowSchema.safeParse(row);
    const texts = success ? data : undefined;
    if (texts === undefined || texts.some(({ toxic }) => toxic === undefined))
      throw new CalibrationDataError(
        `${file}, row ${line}`,
        "wanted a text and a label (0 or 1, clean or toxic) or a toxicity from 0 to 1: correct or remove the row",
      );
    return texts.flatMap(({ text, toxic }) => (text.trim() === "" ? [] : [{ text, toxic: toxic === true }]));
  });
}

async function rowsOf(file: string): Promise<{ row: unknown; line: number }[]> {
  try {
    const bytes = await readFile(file);
    const content = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
    if (/\.csv(\.gz)?$/i.test(file)) {
      const rows = z
        .array(z.record(z.string(), z.string()))
        .parse(parse(content, { columns: true, bom: true, skip_empty_lines: true }));
      return rows.map(({ toxicity, ...row }, index) => ({
        row: { ...row, ...(toxicity !== undefined && { toxicity: toxicity === "" ? null : Number(toxicity) }) },
        line: index + 1,
      }));
    }
    const lines = content.split(/\r?\n/u).map((line, index) => ({ line: index + 1, text: line.trim() }));
    return lines.filter(({ text }) => text !== "").map(({ text, line }) => ({ row: parsed(text), line }));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CalibrationDataError(file, `it cannot be read (${reason}): name a CSV or JSON lines file`);
  }
}

/** What is no JSON is left as it is: no row, and told with its line. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
