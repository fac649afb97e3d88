import type { ModelConfig, Tokenizer } from "@offprint/language-model";
import { UntrainableDataError } from "./errors.ts";
import type { PackedRows, TokenDocument } from "./pack.ts";
import type { SupervisedSample } from "./supervised.ts";

/** One thing about the data that whoever trains should know. */
export interface Finding {
  /** "error": training would be meaningless; "warning": part of the data is not used as meant; "note": a plain fact. */
  readonly level: "error" | "warning" | "note";
  /** Stable, for programs. */
  readonly code: string;
  /** How many documents, samples or tokens it concerns. */
  readonly count: number;
  /** A sentence with its numbers and the first examples. */
  readonly message: string;
}

/** What the checks compare the data with. */
export interface CheckedModel {
  readonly tokenizer: Tokenizer;
  readonly config: Pick<ModelConfig, "vocabularySize" | "bos">;
  /** Tokens of the longest row. */
  readonly length: number;
}

/** Everything worth telling about documents and the rows they were packed into. */
export function checkDocuments(
  documents: readonly TokenDocument[],
  packed: PackedRows,
  model: CheckedModel,
): Finding[] {
  const { facts } = packed;
  const { length } = model;
  const isLonger = ({ ids }: TokenDocument) => ids.length > length;
  const dropped = ({ ids }: TokenDocument) => ids.length % length === 1;
  return [
    note(
      "documents",
      facts.documents,
      `${count(facts.documents, "document")} with ${n(facts.tokens)} tokens make ${count(facts.rows, "row")} of ${n(length)}; ${n(facts.supervised)} tokens are predicted an epoch`,
    ),
    ...concerning(documents, isLonger, (many, where) =>
      note(
        "longer-than-context",
        many,
        `${count(many, "document")} longer than the context of ${n(length)} tokens ${many === 1 ? "is" : "are"} cut into rows (the longest has ${n(facts.longestDocument)}): ${where}`,
      ),
    ),
    ...concerning(
      documents,
      ({ ids }) => ids.length < 2,
      (many, where) =>
        warning(
          "too-short",
          many,
          `${count(many, "document")} ${many === 1 ? "has" : "have"} fewer than two tokens, so that nothing can be predicted: ${where}`,
        ),
    ),
    ...concerning(
      documents,
      (one) => one.ids.length > 1 && dropped(one),
      (many, where) =>
        note(
          "tail-dropped",
          many,
          `of ${count(many, "document")} the last token is left out as an input, because alone in a row it predicts nothing: ${where}`,
        ),
    ),
    ...duplicates(documents, ({ ids }) => ids, "document"),
    ...when(facts.supervised < length, () =>
      warning(
        "little-text",
        facts.supervised,
        `an epoch predicts only ${count(facts.supervised, "token")}, less than one row of ${n(length)}: the model would learn them by heart; give more text, or a shorter context`,
      ),
    ),
    ...when(facts.supervised >= length && facts.padding > 0.25 * facts.rows * length, () =>
      warning(
        "padding",
        facts.padding,
        `${percent(facts.padding, facts.rows * length)} of all positions hold no token, because the documents fill rows of ${n(length)} badly: use a shorter context, or more text`,
      ),
    ),
    ...checkTokens(documents, ({ ids }) => ids, model),
  ];
}

/** Everything worth telling about supervised samples. */
export function checkSamples(samples: readonly SupervisedSample[], model: CheckedModel): Finding[] {
  const { tokenizer, length } = model;
  const tokens = sum(samples, (one) => one.tokens.length);
  const supervised = sum(samples, ({ answer }) => answer.kept);
  const empty = ({ answer }: SupervisedSample) => answer.full <= (tokenizer.eos === undefined ? 0 : 1);
  return [
    note(
      "samples",
      samples.length,
      `${count(samples.length, "sample")} with ${n(tokens)} tokens, of which ${n(supervised)} (${percent(supervised, tokens)}) are learnt`,
    ),
    ...when(supervised === 0, () =>
      error(
        "nothing-supervised-at-all",
        samples.length,
        `no sample has a supervised token within the context of ${n(length)}: training would learn nothing`,
      ),
    ),
    ...concerning(
      samples,
      ({ answer }) => answer.kept === 0,
      (many, where) =>
        warning(
          "nothing-supervised",
          many,
          `${count(many, "sample")} ${many === 1 ? "has" : "have"} no supervised token within the context of ${n(length)} and ${many === 1 ? "is" : "are"} left out; the prompt fills it: ${where}`,
        ),
    ),
    ...concerning(
      samples,
      ({ answer }) => answer.kept > 0 && answer.kept < answer.full,
      (many, where) =>
        warning(
          "answer-cut",
          many,
          `${count(many, "answer")} ${many === 1 ? "is" : "are"} cut by the context of ${n(length)}, so that their ends are not learnt: ${where}`,
        ),
    ),
    ...concerning(
      samples,
      (one) => one.fullLength > length + 1,
      (many, where) =>
        warning(
          "longer-than-context",
          many,
          `${count(many, "sample")} ${many === 1 ? "is" : "are"} longer than the context of ${n(length)} and cut to it (the longest has ${n(longest(samples))} tokens): ${where}`,
        ),
    ),
    ...concerning(samples, empty, (many, where) =>
      warning("answer-empty", many, `${count(many, "answer")} ${many === 1 ? "is" : "are"} empty: ${where}`),
    ),
    ...concerning(
      samples,
      ({ mergedBorders }) => mergedBorders > 0,
      (many, where) =>
        warning(
          "border-merged",
          many,
          `in ${count(many, "sample")} a token carries text of prompt and answer at once; generation will not meet that token, since it tokenises the prompt alone: ${where}`,
        ),
    ),
    ...concerning(
      samples,
      ({ asksOtherwise }) => asksOtherwise,
      (many, where) =>
        warning(
          "template-mismatch",
          many,
          `in ${count(many, "sample")} the model's chat template asks for an answer with other text than it puts before one that is there, so that training and generation differ: ${where}`,
        ),
    ),
    ...when(supervised > 0 && supervised < 0.005 * tokens, () =>
      warning(
        "few-supervised",
        supervised,
        `only ${percent(supervised, tokens)} of the tokens are learnt: most of the work goes into prompts`,
      ),
    ),
    ...when(tokenizer.eos === undefined, () =>
      warning(
        "no-eos",
        samples.length,
        `the tokenizer has no token that ends a sequence: the model cannot learn to stop`,
      ),
    ),
    ...when(tokenizer.pad !== undefined && tokenizer.pad === tokenizer.eos, () =>
      note(
        "pad-is-eos",
        samples.length,
        `padding and end of sequence are the same token ${tokenizer.pad}; padding is told by its place, so the end stays supervised`,
      ),
    ),
    ...duplicates(samples, (one) => one.tokens, "sample"),
    ...checkTokens(samples, (one) => one.tokens, model),
  ];
}

/** Goes on only where training means something. @throws {UntrainableDataError} with every error's sentence. */
export function requireTrainable(findings: readonly Finding[]): void {
  const errors = findings.filter(({ level }) => level === "error");
  if (errors.length > 0) throw new UntrainableDataError(errors.map(({ message }) => message).join("\n"));
}

/** Each finding as a line: `warning: …`. */
export const describeFindings = (findings: readonly Finding[]): string[] =>
  findings.map(({ level, message }) => (level === "note" ? message : `${level}: ${message}`));

/** What tokenizer and model say of one another. */
function checkTokens<T extends Placed>(
  all: readonly T[],
  idsOf: (one: T) => Int32Array,
  model: CheckedModel,
): Finding[] {
  const { tokenizer, config } = model;
  const beyond = (one: T) => idsOf(one).some((id) => id >= config.vocabularySize || id < 0);
  return [
    ...concerning(all, beyond, (many, where) =>
      error(
        "token-beyond-embedding",
        many,
        `${many} of the texts ${many === 1 ? "has" : "have"} tokens that the model has no embedding for (it has ${n(config.vocabularySize)}, the tokenizer ${n(tokenizer.size)}); use the tokenizer that belongs to the model: ${where}`,
      ),
    ),
    ...when(tokenizer.size > config.vocabularySize, () =>
      warning(
        "vocabulary-larger",
        tokenizer.size - config.vocabularySize,
        `the tokenizer knows ${n(tokenizer.size)} tokens, the model's embedding only ${n(config.vocabularySize)}: a text with one of the last ${n(tokenizer.size - config.vocabularySize)} could not be used`,
      ),
    ),
    ...when(tokenizer.bos === undefined, () => {
      const wanted = config.bos === undefined ? "" : ` although the model's config names one (${config.bos})`;
      const tell = config.bos === undefined ? note : warning;
      return tell(
        "no-bos",
        all.length,
        `the tokenizer has no token that begins a sequence${wanted}: texts begin with their first token, which is never predicted`,
      );
    }),
  ];
}

interface Placed {
  readonly file: string;
  readonly line: number;
}

/** The finding about those that fit, if any do. */
function concerning<T extends Placed>(
  all: readonly T[],
  fits: (one: T) => boolean,
  finding: (many: number, where: string) => Finding,
): Finding[] {
  const found = all.filter(fits);
  return found.length === 0 ? [] : [finding(found.length, examplesOf(found))];
}

function duplicates<T extends Placed>(all: readonly T[], idsOf: (one: T) => Int32Array, what: string): Finding[] {
  const seen = new Map<string, T[]>();
  const again = all.filter((one) => {
    const ids = idsOf(one);
    if (ids.length < 2) return false;
    const key = hashOf(ids);
    const alike = seen.get(key) ?? [];
    seen.set(key, alike);
    if (alike.some((other) => sameTokens(idsOf(other), ids))) return true;
    alike.push(one);
    return false;
  });
  return concerning(
    again,
    () => true,
    (many, where) =>
      warning(
        "duplicate",
        many,
        `${count(many, what)} ${many === 1 ? "is" : "are"} the same as an earlier one, token by token: ${where}`,
      ),
  );
}

/** FNV-1a over the tokens; equality is decided by the tokens themselves. */
function hashOf(ids: Int32Array): string {
  let hash = 0x811c9dc5;
  for (const id of ids) hash = Math.imul(hash ^ id, 0x01000193);
  return `${ids.length}:${hash}`;
}

const sameTokens = (a: Int32Array, b: Int32Array) => a.length === b.length && a.every((id, i) => id === b[i]);

/** Examples that a message names. */
const shownExamples = 3;

function examplesOf(found: readonly Placed[]): string {
  const shown = found.slice(0, shownExamples).map(({ file, line }) => `${file}:${line}`);
  return [...shown, ...(found.length > shownExamples ? ["…"] : [])].join(", ");
}

const finding =
  (level: Finding["level"]) =>
  (code: string, many: number, message: string): Finding => ({ level, code, count: many, message });
const [error, warning, note] = [finding("error"), finding("warning"), finding("note")];

const when = (holds: boolean, make: () => Finding): Finding[] => (holds ? [make()] : []);
const n = (value: number) => value.toLocaleString("en-US");
const count = (many: number, what: string) => `${n(many)} ${what}${many === 1 ? "" : "s"}`;
const percent = (part: number, whole: number) =>
  `${whole === 0 ? 0 : ((100 * part) / whole).toFixed(part < 0.1 * whole ? 2 : 0)} %`;
const sum = <T>(all: readonly T[], of: (one: T) => number) => all.reduce((total, one) => total + of(one), 0);
const longest = (samples: readonly SupervisedSample[]) =>
  samples.reduce((most, { fullLength }) => Math.max(most, fullLength), 0);
