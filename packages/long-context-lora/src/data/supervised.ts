import type { Tokenizer } from "@offprint/language-model";
import { readConversations, type Conversation } from "./conversations.ts";
import { UntrainableDataError } from "./errors.ts";
import { applyTemplate, defaultTemplate, type TemplateName, type TemplatePart } from "./template.ts";
import type { TokenRows } from "./token-rows.ts";

/** A stretch of tokens: from the first up to, without, the second. */
export type Span = readonly [start: number, end: number];

/** A conversation as tokens, at most one more than the context: its first token is never predicted. */
export interface SupervisedSample {
  readonly tokens: Int32Array;
  /** The tokens to be learnt. */
  readonly spans: readonly Span[];
  /** What was said before the first answer, as it came. */
  readonly prompt: string;
  /** The name of the document that it is about, where its record has one. */
  readonly document?: string | undefined;
  readonly file: string;
  readonly line: number;
  /** Tokens before anything was cut to fit the context. */
  readonly fullLength: number;
  /** Tokens to be learnt before and after cutting. */
  readonly answer: { readonly full: number; readonly kept: number };
  /** Answers whose first or last token also carries text of the prompt: at inference the model will not meet that token. */
  readonly mergedBorders: number;
  /** The chat template asks for an answer with other text than it puts before one that is there. */
  readonly asksOtherwise: boolean;
}

export interface SupervisedOptions {
  /** The context: positions of the longest row. */
  readonly length: number;
  /** Default: the model's own where it has one. */
  readonly template?: TemplateName | undefined;
  /**
   * What becomes of a conversation that is too long: "end" (default, as the paper does) cuts at the end, where the answer is;
   * "middle" takes from the middle of the longest stretch that is not to be learnt, so that document and question stay in part.
   */
  readonly cut?: "end" | "middle" | undefined;
}

/** Every conversation of the files as a sample. @throws as `readConversations`. */
export async function readSupervised(
  paths: readonly string[],
  tokenizer: Tokenizer,
  { signal, ...options }: SupervisedOptions & { readonly signal?: AbortSignal | undefined },
): Promise<SupervisedSample[]> {
  const samples: SupervisedSample[] = [];
  for await (const conversation of readConversations(paths)) {
    signal?.throwIfAborted();
    samples.push(encodeConversation(conversation, tokenizer, options));
  }
  return samples;
}

/**
 * A conversation as tokens, with those of the answers marked. Prompt and answer are tokenised together, and a token counts as
 * the answer's from the first that carries text of it.
 */
export function encodeConversation(
  conversation: Conversation,
  tokenizer: Tokenizer,
  { length, template = defaultTemplate(tokenizer), cut = "end" }: SupervisedOptions,
): SupervisedSample {
  const tokens: number[] = [];
  const spans: Span[] = [];
  let [mergedBorders, asksOtherwise] = [0, false];
  for (const part of applyTemplate(conversation, tokenizer, template)) {
    asksOtherwise ||= part.asksOtherwise;
    tokens.push(...part.before);
    const encoded = tokenizer.encode(part.text, { special: false });
    for (const answer of part.answers) {
      const [start, end] = answer.map((at) => borderOf(tokenizer, part.text, encoded, at));
      if (start!.merged || end!.merged) mergedBorders++;
      spans.push([tokens.length + start!.index, tokens.length + end!.index]);
    }
    for (const id of encoded) tokens.push(id);
    tokens.push(...part.after);
    endWith(spans, part, tokens.length);
  }
  const kept = fit(tokens, spans, length + 1, cut);
  return {
    ...kept,
    prompt: promptOf(conversation),
    document: conversation.document,
    file: conversation.file,
    line: conversation.line,
    fullLength: tokens.length,
    answer: { full: lengthOf(spans), kept: lengthOf(kept.spans) },
    mergedBorders,
    asksOtherwise,
  };
}

function promptOf({ messages }: Conversation): string {
  const first = messages.findIndex(({ role }) => role === "assistant");
  return messages
    .slice(0, first)
    .flatMap(({ role, content }) => (role === "user" ? [content] : []))
    .join("\n");
}

/** Lets the last answer reach to the tokens after the text. */
function endWith(spans: Span[], { after }: TemplatePart, end: number): void {
  const last = spans.at(-1);
  if (last !== undefined && after.length > 0) spans[spans.length - 1] = [last[0], end];
}

/**
 * The first token that carries text at or after a place. Where the text up to there, tokenised alone, gives the same tokens,
 * that is the next one. Where a token reaches across, the two differ a little earlier, and it is the last from which on the
 * tokens still hold all that follows.
 */
function borderOf(
  tokenizer: Tokenizer,
  text: string,
  tokens: Int32Array,
  at: number,
): { readonly index: number; readonly merged: boolean } {
  if (at === text.length) return { index: tokens.length, merged: false };
  const before = tokenizer.encode(text.slice(0, at), { special: false });
  let index = 0;
  while (index < before.length && before[index] === tokens[index]) index++;
  if (index === before.length) return { index, merged: false };
  const rest = text.slice(at).trimStart(); // a decoder may drop the space that begins a text
  const holdsRest = (from: number) => tokenizer.decode(tokens.subarray(from), { skipSpecial: false }).endsWith(rest);
  while (index + 1 < tokens.length && holdsRest(index + 1)) index++;
  return { index, merged: true };
}

type Kept = Pick<SupervisedSample, "tokens" | "spans">;

function fit(tokens: readonly number[], spans: readonly Span[], limit: number, cut: "end" | "middle"): Kept {
  const excess = tokens.length - limit;
  if (excess <= 0) return { tokens: Int32Array.from(tokens), spans };
  if (cut === "end") return { tokens: Int32Array.from(tokens.slice(0, limit)), spans: within(spans, limit) };
  const [start, end] = longestGap(spans, tokens.length);
  const removed = Math.min(excess, end - start);
  const from = start + ((end - start - removed) >> 1);
  const shorter = [...tokens.slice(0, from), ...tokens.slice(from + removed)];
  const moved = spans.map(([s, e]): Span => (s >= end ? [s - removed, e - removed] : [s, e]));
  return fit(shorter, moved, limit, "end");
}

/** What is left of spans when the tokens end. */
const within = (spans: readonly Span[], end: number) =>
  spans.map(([s, e]): Span => [Math.min(s, end), Math.min(e, end)]).filter(([s, e]) => s < e);

function longestGap(spans: readonly Span[], length: number): Span {
  let longest: Span = [0, 0];
  let from = 0;
  for (const [start, end] of [...spans, [length, length] as const]) {
    if (start - from > longest[1] - longest[0]) longest = [from, start];
    from = end;
  }
  return longest;
}

const lengthOf = (spans: readonly Span[]) => spans.reduce((total, [start, end]) => total + end - start, 0);

/**
 * Samples as rows, one a row, padded on the right to a multiple of `bucket`, the context at most: each length of batch is a
 * program, which takes seconds to compile and memory to keep. An eighth of the context makes eight of them, for padding of a
 * sixteenth of the context a row on average; half of it would be twice as many programs, of which no more could be kept.
 * A sample of which nothing is left to learn is no row. Padding is told by its place, never by its token: the end of sequence stays
 * supervised where it also serves as padding.
 * @throws {UntrainableDataError} when no sample has anything to learn.
 */
export function supervisedRows(
  samples: readonly SupervisedSample[],
  { length, padding, bucket = Math.ceil(length / 8) }: SupervisedRowsOptions,
): TokenRows {
  const usable = samples.filter(({ spans }) => spans.some(([start, end]) => end > Math.max(1, start)));
  if (usable.length === 0) throw new UntrainableDataError(nothingToLearn(samples, length));
  return {
    count: usable.length,
    length,
    padding,
    lengthOf: (row) => Math.min(length, Math.ceil((usable[row]!.tokens.length - 1) / bucket) * bucket),
    mixed: () => false,
    write(row, ids, labels) {
      const { tokens, spans } = usable[row]!;
      ids.set(tokens.subarray(0, -1));
      for (const [start, end] of spans) labels.set(tokens.subarray(Math.max(1, start), end), Math.max(0, start - 1));
    },
  };
}

export interface SupervisedRowsOptions {
  /** The context that the samples were made for. */
  readonly length: number;
  /** Stands where no token does. */
  readonly padding: number;
  /** Rows are as long as a multiple of this; default an eighth of the context. */
  readonly bucket?: number | undefined;
}

function nothingToLearn(samples: readonly SupervisedSample[], length: number): string {
  const first = samples[0];
  const example = first && `; the first, ${first.file}:${first.line}, has ${first.fullLength} tokens`;
  return (
    `nothing to learn: in none of ${samples.length} samples is there a supervised token within the context of ${length}` +
    `${example ?? ""}. Prompts that fill the context leave no room for answers: use a longer --context, or --cut middle`
  );
}
