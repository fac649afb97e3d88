import { createHash } from "node:crypto";
import type { LanguageModel } from "@offprint/language-model";
import { checkDocuments, checkSamples, type Finding } from "../data/checks.ts";
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
  /** The same as whole texts; none where samples are held out. */
  readonly heldOutTexts: readonly TokenDocument[];
  readonly findings: readonly Finding[];
  /** SHA-256 of every token and label. */
  readonly hash: string;
}

/** Share of the data that is held out where no other text is given to judge by. */
const heldOutShare = 0.05;

/**
 * Reads and packs the texts or samples that a config names, and sets something aside to judge by.
 * @throws {FineTuneSettingsError} unless there is exactly one kind of data; and the errors of reading and packing.
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
  const held = await readDocuments(config.evaluateText, language.tokenizer, { signal });
  const read =
    config.text.length > 0
      ? await ofTexts(language, config, held, signal)
      : await ofSamples(language, config, held, signal);
  return { ...read, hash: hashOf(read.train) };
}

type Read = Omit<FineTuneData, "hash">;

async function ofTexts(
  { tokenizer, config: model }: LanguageModel,
  config: FineTuneConfig,
  given: readonly TokenDocument[],
  signal: AbortSignal | undefined,
): Promise<Read> {
  const length = config.context;
  const all = await readDocuments(config.text, tokenizer, { signal });
  const { documents, held } = given.length > 0 ? { documents: all, held: given } : setAside(all, config);
  const train = packDocuments(documents, { length, padding: tokenizer.pad ?? 0 });
  const findings = checkDocuments(documents, train, { tokenizer, config: model, length });
  const heldOut = heldOutRows(held, config);
  return { train, heldOut, heldOutTexts: held, findings: [...findings, ...tellHeldOut(held, given)] };
}

async function ofSamples(
  { tokenizer, config: model }: LanguageModel,
  config: FineTuneConfig,
  given: readonly TokenDocument[],
  signal: AbortSignal | undefined,
): Promise<Read> {
  const { context: length, template, cut } = config;
  const padding = tokenizer.pad ?? 0;
  const samples = await readSupervised(config.sft, tokenizer, { length, cut, ...(template && { template }), signal });
  const count = given.length > 0 ? 0 : Math.floor(heldOutShare * samples.length);
  const [learned, judged] = [samples.slice(0, samples.length - count), samples.slice(samples.length - count)];
  const train = supervisedRows(learned, { length, padding });
  const usable = judged.filter(({ answer }) => answer.kept > 0);
  const heldOut =
    given.length > 0
      ? heldOutRows(given, config)
      : usable.length === 0
        ? []
        : spread(supervisedRows(usable, { length, padding }), config.evaluateRows);
  const findings = checkSamples(learned, { tokenizer, config: model, length });
  return { train, heldOut, heldOutTexts: given, findings: [...findings, ...tellSamples(usable, given)] };
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

function heldOutRows(documents: readonly TokenDocument[], { context, evaluateRows }: FineTuneConfig): TokenBatch[] {
  return documents.length === 0 ? [] : spread(packDocuments(documents, { length: context }), evaluateRows);
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

function tellHeldOut(held: readonly TokenDocument[], given: readonly TokenDocument[]): Finding[] {
  if (given.length > 0) return [];
  const tokens = held.reduce((total, { ids }) => total + ids.length, 0);
  if (tokens === 0)
    return [
      {
        level: "warning",
        code: "nothing-held-out",
        count: 0,
        message: "the text is too short to hold any of it out: nothing is judged",
      },
    ];
  return [note("held-out", tokens, `the last ${tokens} tokens are held out to judge by; --evaluate-text takes others`)];
}

function tellSamples(held: readonly SupervisedSample[], given: readonly TokenDocument[]): Finding[] {
  if (given.length > 0 || held.length === 0) return [];
  return [
    note(
      "held-out",
      held.length,
      `the last ${held.length} samples are held out to judge by; --evaluate-text takes texts`,
    ),
  ];
}
