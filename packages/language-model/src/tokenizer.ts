import { Tokenizer as Library } from "@huggingface/tokenizers";
import { renderChat, type ChatMessage, type ChatOptions } from "./chat-template.ts";
import { TokenizerError } from "./errors.ts";
import { pieceSplitter } from "./text-pieces.ts";

/** Text to token ids and back. */
export interface Tokenizer {
  /** @param options `special`: add what the tokenizer puts around a text, as the first token of Llama; default true. */
  encode(text: string, options?: { readonly special?: boolean }): Int32Array;
  /** @param options `skipSpecial`: leave out tokens such as the end of a text; default false. */
  decode(ids: ArrayLike<number>, options?: { readonly skipSpecial?: boolean }): string;
  /** One more than the highest id: rows that the embedding must have. */
  readonly size: number;
  /** What it was made from, to be written beside a model that was not a folder. */
  readonly source?: TokenizerSource;
  readonly bos: number | undefined;
  readonly eos: number | undefined;
  readonly pad: number | undefined;
  /** Messages as the text that the model was trained on; it holds its special tokens, so encode it with `special: false`. */
  applyChatTemplate?(messages: readonly ChatMessage[], options?: ChatOptions): string;
}

/** What a tokenizer is made from. */
export interface TokenizerSource {
  /** The content of `tokenizer.json`. */
  readonly tokenizer: Readonly<Record<string, unknown>>;
  /** The content of `tokenizer_config.json`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** A Jinja template; absent: the config's `chat_template`, if any. */
  readonly chatTemplate?: string;
}

/**
 * A tokenizer from the two files of a Hugging Face folder.
 * @param where named in errors.
 * @throws {TokenizerError} when they hold no tokenizer, or one of an unknown kind.
 */
export function createTokenizer(source: TokenizerSource, where: string): Tokenizer {
  const { tokenizer, config = {} } = source;
  const library = open(source, where);
  const vocabulary = library.get_vocab(true);
  const special = (key: string): number | undefined => {
    const text = textOf(config[key]);
    return text === "" ? undefined : (library.token_to_id(text) ?? vocabulary.get(text));
  };
  const idsOf = (text: string, add: boolean): readonly number[] => {
    const { ids } = orUnusable(where, () => library.encode(text, { add_special_tokens: add }));
    const unknown = ids.findIndex((id: number | undefined) => id === undefined);
    if (unknown < 0) return ids;
    throw new TokenizerError(where, `has no id for ${JSON.stringify(text.slice(0, 40))} and no unknown token`);
  };
  const around = frame(idsOf);
  const pieces = pieceSplitter(tokenizer);
  const template = source.chatTemplate ?? config["chat_template"] ?? undefined;
  return {
    encode(text, { special = true } = {}) {
      const ids = pieces(text).flatMap((piece) => (piece === "" ? [] : idsOf(piece, false)));
      return Int32Array.from(special ? [...around.before, ...ids, ...around.after] : ids);
    },
    decode(ids, { skipSpecial = false } = {}) {
      if (ids.length === 0) return "";
      return library.decode(Array.from(ids), {
        skip_special_tokens: skipSpecial,
        clean_up_tokenization_spaces: config["clean_up_tokenization_spaces"] === true,
      });
    },
    size: sizeOf(library, vocabulary),
    source,
    bos: special("bos_token"),
    eos: special("eos_token"),
    pad: special("pad_token"),
    ...(template === undefined
      ? {}
      : {
          applyChatTemplate: (messages, options) => {
            const tokens = Object.fromEntries(
              ["bos_token", "eos_token", "pad_token", "unk_token"].map((key) => [key, textOf(config[key])]),
            );
            return renderChat(template, messages, tokens, options);
          },
        }),
  };
}

function open({ tokenizer, config = {} }: TokenizerSource, where: string): Library {
  if (typeof tokenizer["model"] !== "object" || tokenizer["model"] === null)
    throw new TokenizerError(where, 'has no "model": it is no tokenizer.json');
  checkIds(tokenizer, where);
  return orUnusable(where, () => new Library(tokenizer, config));
}

/** Ids at most: far beyond every published vocabulary, and few enough to be places of a list. */
const mostIds = 2 ** 22;

/** Refuses ids that are no places of a list, which the library would take. */
function checkIds({ model, added_tokens: added }: TokenizerSource["tokenizer"], where: string): void {
  const { vocab } = model as { readonly vocab?: unknown };
  const own: unknown[] = typeof vocab === "object" && vocab && !Array.isArray(vocab) ? Object.values(vocab) : [];
  const more: unknown[] = Array.isArray(added) ? added.map((token: { id?: unknown } | null) => token?.id) : [];
  for (const id of [...own, ...more]) {
    if (!Number.isInteger(id) || (id as number) < 0 || (id as number) >= mostIds)
      throw new TokenizerError(where, `gives a token the id ${JSON.stringify(id)}; wanted 0 to ${mostIds - 1}`);
  }
}

function orUnusable<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const reason = String(cause).slice(0, 200);
    throw new TokenizerError(where, `cannot be used (${reason}); it may be damaged or of an unknown kind`, { cause });
  }
}

/** The tokens that are put before and after every text. */
function frame(idsOf: (text: string, add: boolean) => readonly number[]): {
  readonly before: readonly number[];
  readonly after: readonly number[];
} {
  const [plain, framed] = [idsOf("a", false), idsOf("a", true)];
  const extra = framed.length - plain.length;
  const start = Array.from({ length: extra + 1 }, (_, at) => at).find((at) =>
    plain.every((id, i) => framed[at + i] === id),
  );
  return { before: framed.slice(0, start ?? 0), after: framed.slice((start ?? 0) + plain.length) };
}

function sizeOf(library: Library, vocabulary: ReadonlyMap<string, number>): number {
  let highest = -1;
  for (const id of vocabulary.values()) highest = Math.max(highest, id);
  for (const id of library.get_added_tokens_decoder().keys()) highest = Math.max(highest, id);
  return highest + 1;
}

/** A special token of the config: its text, or an object with it; "" where there is none. */
function textOf(entry: unknown): string {
  const content = typeof entry === "object" && entry !== null ? (entry as { content?: unknown }).content : entry;
  return typeof content === "string" ? content : "";
}
