import { ToxicityDataError } from "./errors.ts";
import { brokenText, readRecords, tolerated, valueAt, type BrokenLine } from "./read-records.ts";
import { textKey, type ToxicitySample } from "./samples.ts";

export interface SampleFields {
  /** Where texts stand, "prompt.text"; the n-th belongs to the n-th score. */
  readonly textFields: readonly string[];
  readonly scoreFields: readonly string[];
}

/** Those of a file of RealToxicityPrompts. Gehman et al. 2020 (arXiv:2009.11462). */
export const realToxicityFields = {
  textFields: ["prompt.text", "continuation.text"],
  scoreFields: ["prompt.toxicity", "continuation.toxicity"],
} as const satisfies SampleFields;

export interface ReadSamples {
  readonly samples: readonly ToxicitySample[];
  /** Texts without a score, which data sets have where their rater gave none. */
  readonly unscored: number;
  /** Rows left out because one of their texts is in the files to exclude. */
  readonly excluded: number;
  /** One line a file that had broken rows. */
  readonly warnings: readonly string[];
}

/**
 * Texts and scores of some files.
 * @param exclude keys of texts (see {@link textKey}); a row that has one of them is left out as a whole.
 * @throws {ToxicityDataError} for a file with too many broken rows, a column that no row has, or no sample at all.
 */
export async function readSamples(
  files: readonly string[],
  { textFields, scoreFields }: SampleFields,
  exclude: ReadonlySet<string> = new Set(),
): Promise<ReadSamples> {
  if (textFields.length !== scoreFields.length)
    throw new ToxicityDataError(
      `${textFields.length} text fields and ${scoreFields.length} score fields came; give one score field for each text field`,
    );
  const samples: ToxicitySample[] = [];
  const warnings: string[] = [];
  let [unscored, excluded, record] = [0, 0, 0];
  for (const file of files) {
    const broken: BrokenLine[] = [];
    let good = 0;
    for await (const { line, values } of readRecords(file, (one) => broken.push(one))) {
      const own: ToxicitySample[] = [];
      let fault: string | undefined;
      for (const [i, field] of textFields.entries()) {
        const text = valueAt(values, field);
        const score = valueAt(values, scoreFields[i]!);
        if (typeof text !== "string") fault ??= `${field} is no text`;
        else if (score === null || score === "") unscored++;
        else if (!isScore(score)) fault ??= `${scoreFields[i]} is no number from 0 to 1`;
        else if (text.trim() !== "") own.push({ text, score: Number(score), field, record });
      }
      record++;
      if (fault !== undefined) broken.push({ line, reason: fault });
      else if (own.some(({ text }) => exclude.has(textKey(text)))) excluded++;
      else samples.push(...own);
      if (fault === undefined) good++;
    }
    const rows = good + broken.length;
    if (broken.length > tolerated(rows) || good === 0)
      throw new ToxicityDataError(
        `${file}: ${brokenText(broken, rows)}; name the columns with --text-field and --score-field, or mend the file`,
      );
    if (broken.length > 0) warnings.push(`${file}: ${brokenText(broken, rows)}`);
  }
  if (samples.length === 0) throw new ToxicityDataError("no text with a score is left to train on; give more data");
  return { samples, unscored, excluded, warnings };
}

const isScore = (value: unknown): boolean => {
  if (typeof value === "boolean") return true;
  if (typeof value !== "number" && (typeof value !== "string" || value.trim() === "")) return false;
  return Number(value) >= 0 && Number(value) <= 1;
};

/** Keys of all texts in some files, to leave them out of training. */
export async function readExcluded(files: readonly string[], textFields: readonly string[]): Promise<Set<string>> {
  const keys = new Set<string>();
  for (const file of files) {
    for await (const { values } of readRecords(file, () => undefined)) {
      for (const field of textFields) {
        const text = valueAt(values, field);
        if (typeof text === "string") keys.add(textKey(text));
      }
    }
    if (keys.size === 0)
      throw new ToxicityDataError(`${file} has no text at ${textFields.join(" or ")}: nothing to exclude`);
  }
  return keys;
}
