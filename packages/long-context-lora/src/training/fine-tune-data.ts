import { createHash } from "node:crypto";
import type { LanguageModel } from "@offprint/language-model";
import { formatCount } from "@offprint/experiment";
import { checkDocuments, checkSamples, type CheckedModel, type Finding } from "../data/checks.ts";
import { alsoLearned, byDocument, holdOut, type HeldOutSplit } from "../data/hold-out.ts";
import { packDocuments, readDocuments, type TokenDocument } from "../data/pack.ts";
import { readSupervised, supervisedRows, type SupervisedSample } from "../data/supervised.ts";
import { IGNORED, type TokenBatch, type TokenRows } from "../data/token-rows.ts";
import type { FineTuneConfig } from "./config.ts";
import { FineTuneSettingsError } from "./errors.ts";

/** What a fine-tuning learns from and is judged by. */
export interface FineTuneData {
  readonly train: TokenRows;
  /** Batches of one row that are not trained on; empty where there is no text to spare. */
  readonly heldOut: readonly TokenBatch[];
  /** The same as whole texts; none where samples are what is judged by. */
  readonly heldOutTexts: readonly TokenDocument[];
  readonly findings: readonly Finding[];
  /** SHA-256 of every token and label. */
  readonly hash: string;
}

/** Share of the data that is held out where no other text is given to judge by. */
const heldOutShare = 0.05;

/**
 * Reads and packs the texts or samples that a config names, and sets something aside to judge by.
 * @throws {FineTuneSettingsError} unless there is exactly one kind of data, and at most one to judge by; and the errors of reading and packing.
 */
export async function readFineTuneData(
  language: LanguageModel,
  config: FineTuneConfig,
  signal?: AbortSignal,
): Promise<FineTuneData> {
  if ((config.text.length === 0) === (config.sft.length === 0)) {
    const came = config.text.length === 0 ? "neither" : "both";
    throw new FineTuneSettingsError(`wanted --text to read, or --sft with questions and answers; ${came} came`);
  }
  if (config.evaluateText.length > 0 && config.evaluateSft.length > 0)
    throw new FineTuneSettingsError(
      "wanted texts to judge by (--evaluate-text), or questions (--evaluate-sft); both came",
    );
  const { tokenizer } = language;
  const texts = await readDocuments(config.evaluateText, tokenizer, { signal });
  const samples = await readSamples(config.evaluateSft, language, config, signal);
  const given = texts.length > 0 || samples.length > 0 ? { texts, samples } : undefined;
  const { train, held, findings } =
    config.text.length > 0
      ? await ofTexts(language, config, given, signal)
      : await ofSamples(language, config, given, signal);
  const heldOut = heldOutRows(held, language, config);
  return { train, heldOut, heldOutTexts: held.texts, findings, hash: hashOf(train) };
}

/** What is judged by: texts, or samples. */
interface Held {
  readonly texts: readonly TokenDocument[];
  readonly samples: readonly SupervisedSample[];
}

interface Read {
  readonly train: TokenRows;
  readonly held: Held;
  readonly findings: readonly Finding[];
}

const readSamples = (
  files: readonly string[],
  { tokenizer }: LanguageModel,
  { context: length, template, cut }: FineTuneConfig,
  signal: AbortSignal | undefined,
): Promise<SupervisedSample[]> => readSupervised(files, tokenizer, { length, cut, template, signal });

async function ofTexts(
  { tokenizer, config: model }: LanguageModel,
  config: FineTuneConfig,
  given: Held | undefined,
  signal: AbortSignal | undefined,
): Promise<Read> {
  const length = config.context;
  const all = await readDocuments(config.text, tokenizer, { signal });
  const { documents, held } = given ? { documents: all, held: [] } : setAside(all, config);
  const train = packDocuments(documents, { length, padding: tokenizer.pad ?? 0 });
  const findings = checkDocuments(documents, train, { tokenizer, config: model, length });
  const told = given ? checkGiven(given, { tokenizer, config: model, length }) : tellHeldOut(held);
  return { train, held: given ?? { texts: held, samples: [] }, findings: [...findings, ...told] };
}

async function ofSamples(
  language: LanguageModel,
  config: FineTuneConfig,
  given: Held | undefined,
  signal: AbortSignal | undefined,
): Promise<Read> {
  const { tokenizer, config: model } = language;
  const length = config.context;
  const all = await readSamples(config.sft, language, config, signal);
  const split = given ? { learned: all, held: [], documents: 0 } : holdOut(all, Math.floor(heldOutShare * all.length));
  const train = supervisedRows(split.learned, { length, padding: tokenizer.pad ?? 0 });
  const findings = checkSamples(split.learned, { tokenizer, config: model, length });
  const told = given
    ? [...checkGiven(given, { tokenizer, config: model, length }), ...tellShared(given.samples, all)]
    : tellSplit(split);
  return { train, held: given ?? { texts: [], samples: split.held }, findings: [...findings, ...told] };
}

/** The end of the texts, or nothing where it would be less than a few tokens. */
function setAside(
  all: readonly TokenDocument[],
  { context, evaluateRows }: FineTuneConfig,
): { readonly documents: TokenDocument[]; readonly held: TokenDocument[] } {
  const tokens = all.reduce((total, { ids }) => total + ids.length, 0);
  let left = Math.min(evaluateRows * context, Math.floor(heldOutShare * tokens));
  if (left < 16) return { documents: [...all], held: [] };
  const documents: TokenDocument[] = [];
  const held: TokenDocument[] = [];
  for (const document of all.toReversed()) {
    const taken = Math.min(left, document.ids.length);
    left -= taken;
    const border = document.ids.length - taken;
    if (taken > 0) held.unshift({ ...document, ids: document.ids.subarray(border) });
    if (border > 0) documents.unshift({ ...document, ids: document.ids.subarray(0, border) });
  }
  return { documents, held };
}

/** Rows to judge by, each a batch; none where nothing is left to predict. @throws {UntrainableDataError} for such texts. */
function heldOutRows(
  { texts, samples }: Held,
  { tokenizer }: LanguageModel,
  { context: length, evaluateRows }: FineTuneConfig,
): TokenBatch[] {
  if (texts.length > 0) return spread(packDocuments(texts, { length }), evaluateRows);
  const usable = samples.filter(({ answer }) => answer.kept > 0);
  return usable.length === 0
    ? []
    : spread(supervisedRows(usable, { length, padding: tokenizer.pad ?? 0 }), evaluateRows);
}

/** At most `count` rows, evenly spread, each a batch of its own. */
function spread(rows: TokenRows, count: number): TokenBatch[] {
  const chosen = Math.min(count, rows.count);
  return Array.from({ length: chosen }, (_, i) => rowOf(rows, Math.floor(((i + 0.5) * rows.count) / chosen)));
}

/** One row as a batch. */
function rowOf(rows: TokenRows, row: number): TokenBatch {
  const length = rows.lengthOf(row);
  const ids = new Int32Array(length).fill(rows.padding);
  const labels = new Int32Array(length).fill(IGNORED);
  const documents = rows.mixed(row) ? new Int32Array(length) : undefined;
  rows.write(row, ids, labels, documents);
  return { epoch: 0, ids, labels, ...(documents && { documents }), rows: 1, length };
}

function hashOf(rows: TokenRows): string {
  const hash = createHash("sha256");
  for (let row = 0; row < rows.count; row++) {
    const { ids, labels } = rowOf(rows, row);
    hash.update(ids).update(labels);
  }
  return `sha256:${hash.digest("hex")}`;
}

const note = (code: string, count: number, message: string): Finding => ({ level: "note", code, count, message });
const warning = (code: string, count: number, message: string): Finding => ({
  ...note(code, count, message),
  level: "warning",
});

function tellHeldOut(held: readonly TokenDocument[]): Finding[] {
  const tokens = held.reduce((total, { ids }) => total + ids.length, 0);
  if (tokens === 0)
    return [warning("nothing-held-out", 0, "the text is too short to hold any of it out: nothing is judged")];
  return [
    note(
      "held-out",
      tokens,
      `the last ${formatCount(tokens)} tokens are held out to judge by; --evaluate-text takes others`,
    ),
  ];
}

/** Whether given samples can be judged by. */
function checkGiven({ samples }: Held, model: CheckedModel): Finding[] {
  if (samples.length === 0) return [];
  return checkSamples(samples, model).map((finding) => ({
    ...finding,
    level: finding.level === "error" ? "warning" : finding.level,
    message: `held out: ${finding.message}`,
  }));
}

function tellShared(held: readonly SupervisedSample[], learned: readonly SupervisedSample[]): Finding[] {
  const shared = alsoLearned(held, learned);
  const [first] = shared;
  if (!first) return [];
  const [many, place] = [formatCount(shared.length), `${first.file}:${first.line}`];
  const message = `${many} of ${formatCount(held.length)} held-out questions are about documents that are learnt from, so that they judge too well: ${place}${shared.length > 1 ? ", …" : ""}`;
  return [warning("held-out-learnt", shared.length, message)];
}

function tellSplit({ learned, held, documents }: HeldOutSplit<SupervisedSample>): Finding[] {
  const other = "--evaluate-sft takes questions from a file of their own";
  if (held.length > 0) {
    const about = formatCount(byDocument(held).length);
    const message = `${formatCount(held.length)} sample${held.length === 1 ? "" : "s"} about ${about} of ${formatCount(documents)} documents ${held.length === 1 ? "is" : "are"} held out to judge by; ${other}`;
    return [note("held-out", held.length, message)];
  }
  const many = formatCount(learned.length);
  const why =
    documents === 1 && learned.length > 1
      ? `all ${many} samples begin alike, as about one document, so that none can be held out`
      : `${many} sample${learned.length === 1 ? " is" : "s are"} too few to hold any out`;
  return [warning("nothing-held-out", 0, `${why}: nothing is judged; ${other}`)];
}
