import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { parse } from "csv-parse/sync";
import { z } from "zod";
import { StudyError } from "../errors.ts";

/** One question that people answered. */
export interface StudyItem {
  readonly action: string;
  /** The beginning of the question that was asked, "Is it polite to"; empty when unknown. */
  readonly question: string;
  /** (share of yes − ½) / ½: −1 to 1. */
  readonly human: number;
  /** All columns of the row, as they stand. */
  readonly columns: Readonly<Record<string, string>>;
}

/** A user study. */
export interface Study {
  readonly name: string;
  readonly items: readonly StudyItem[];
}

const rowSchema = z.record(z.string(), z.string());

/**
 * Reads a user study: CSV with the columns `action` and `human_score`, or `yes` and `no` counts in its place; `question` where one was
 * asked.
 * @throws {StudyError} naming the file and the line.
 */
export async function readStudy(file: string): Promise<Study> {
  let rows: Record<string, string>[];
  try {
    const content = await readFile(file, "utf8");
    rows = z.array(rowSchema).parse(parse(content, { columns: true, bom: true, skip_empty_lines: true }));
  } catch (error) {
    throw new StudyError(file, error instanceof Error ? error.message : String(error), { cause: error });
  }
  const items = rows.map((columns, index): StudyItem => {
    const human = humanScoreOf(columns);
    const action = columns["action"]?.trim() ?? "";
    if (action === "" || human === undefined)
      throw new StudyError(file, `row ${index + 1} has no ${action === "" ? "action" : "human_score"}`);
    return { action, question: columns["question"]?.trim() ?? "", human, columns };
  });
  if (items.length < 4) throw new StudyError(file, `it has ${items.length} rows, at least 4 are needed`);
  return { name: basename(file).replace(/\.[^.]*$/, ""), items };
}

function humanScoreOf(columns: Readonly<Record<string, string>>): number | undefined {
  const [score, yes, no] = ["human_score", "yes", "no"].map((name) => numberIn(columns, name));
  if (score !== undefined) return score;
  return yes === undefined || no === undefined || yes + no === 0 ? undefined : (2 * yes) / (yes + no) - 1;
}

/** The number in a column; absent for an empty cell or text. */
function numberIn(columns: Readonly<Record<string, string>>, name: string): number | undefined {
  const cell = columns[name]?.trim() ?? "";
  const value = Number(cell);
  return cell === "" || !Number.isFinite(value) ? undefined : value;
}
