/** The tokenizer in a GGUF file's metadata, written as the two files of a Hugging Face folder. */
import { GgufError } from "./errors.ts";
import { Metadata } from "./gguf-config.ts";
import type { GgufFile } from "./gguf-file.ts";

type Json = Readonly<Record<string, unknown>>;

/** What each number in `tokenizer.ggml.token_type` says. */
const [control, userDefined] = [3, 4];

const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };

/** Llama 3's split into words, as its tokenizer.json has it. */
const llama3Words =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** How texts are split into words before the merges, by `tokenizer.ggml.pre`. */
const splits: Readonly<Record<string, { readonly words: Json; readonly bos: boolean; readonly wholeWords: boolean }>> =
  {
    default: { words: byteLevel, bos: false, wholeWords: false },
    "gpt-2": { words: byteLevel, bos: false, wholeWords: false },
    smollm: {
      words: { type: "Sequence", pretokenizers: [{ type: "Digits", individual_digits: true }, byteLevel] },
      bos: false,
      wholeWords: false,
    },
    "llama-bpe": {
      words: {
        type: "Sequence",
        pretokenizers: [
          { type: "Split", pattern: { Regex: llama3Words }, behavior: "Isolated", invert: false },
          { ...byteLevel, use_regex: false },
        ],
      },
      bos: true,
      wholeWords: true,
    },
  };

/** The contents of `tokenizer.json` and `tokenizer_config.json`. */
export interface GgufTokenizer {
  readonly tokenizer: Json;
  readonly config: Json;
}

/** @throws {GgufError} for a tokenizer of an unknown kind, or with parts missing. */
export function ggufTokenizer(file: Pick<GgufFile, "path" | "metadata">): GgufTokenizer {
  const metadata = new Metadata(file);
  const tokens = metadata.texts("tokenizer.ggml.tokens");
  const types = metadata.numbers("tokenizer.ggml.token_type");
  if (tokens.length === 0) throw new GgufError(file.path, "has no tokenizer (tokenizer.ggml.tokens)");
  const kind = metadata.text("tokenizer.ggml.model") ?? "none given";
  const token = (key: string): string | undefined => tokens[metadata.number(`tokenizer.ggml.${key}_token_id`) ?? -1];
  const build = Object.hasOwn(builders, kind) ? builders[kind] : undefined;
  if (!build) throw new GgufError(file.path, `has a tokenizer of kind "${kind}"; supported are gpt2 and llama`);
  const built = build(metadata, tokens, types);
  const bos = (metadata.flag("tokenizer.ggml.add_bos_token") ?? built.bos) ? token("bos") : undefined;
  const eos = metadata.flag("tokenizer.ggml.add_eos_token") ? token("eos") : undefined;
  const added = tokens.flatMap((content, id) =>
    types[id] === control || types[id] === userDefined
      ? [{ id, content, special: types[id] === control, ...exactly }]
      : [],
  );
  const template = metadata.text("tokenizer.chat_template");
  return {
    tokenizer: {
      version: "1.0",
      added_tokens: added,
      ...built.parts,
      post_processor: around(tokens, bos, eos),
    },
    config: {
      tokenizer_class: "PreTrainedTokenizerFast",
      bos_token: token("bos") ?? null,
      eos_token: token("eos") ?? null,
      unk_token: token("unknown") ?? null,
      pad_token: token("padding") ?? null,
      clean_up_tokenization_spaces: false,
      ...(template === undefined ? {} : { chat_template: template }),
    },
  };
}

const exactly = { single_word: false, lstrip: false, rstrip: false, normalized: false };

interface Built {
  readonly parts: Json;
  /** Whether a text begins with the first token unless the file says otherwise. */
  readonly bos: boolean;
}

/** GPT-2's kind: every byte is a character, words first, then merges in the order they are listed. */
function byteLevelBpe(metadata: Metadata, tokens: readonly string[]): Built {
  const name = metadata.text("tokenizer.ggml.pre") ?? "default";
  const split = Object.hasOwn(splits, name) ? splits[name] : undefined;
  if (!split) {
    const known = Object.keys(splits).join(", ");
    throw new GgufError(metadata.path, `splits texts in the way "${name}"; supported are ${known}`);
  }
  const merges = metadata.texts("tokenizer.ggml.merges");
  const model = {
    type: "BPE",
    unk_token: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: split.wholeWords,
  };
  return {
    parts: {
      normalizer: null,
      pre_tokenizer: split.words,
      model: { ...model, vocab: idsOf(tokens), merges },
      decoder: byteLevel,
    },
    bos: split.bos,
  };
}

/** SentencePiece's kind: spaces become "▁", what is unknown becomes bytes, and merges follow from the scores. */
function sentencePieceBpe(metadata: Metadata, tokens: readonly string[], types: readonly number[]): Built {
  const prefix = metadata.flag("tokenizer.ggml.add_space_prefix") ?? true;
  const unknown = tokens[metadata.number("tokenizer.ggml.unknown_token_id") ?? 0] ?? null;
  const scores = metadata.numbers("tokenizer.ggml.scores");
  if (scores.length !== tokens.length) {
    throw new GgufError(metadata.path, `has ${scores.length} scores for ${tokens.length} tokens`);
  }
  const model = { type: "BPE", unk_token: unknown, fuse_unk: true, byte_fallback: true };
  const space = { type: "Replace", pattern: { String: " " }, content: "▁" };
  return {
    parts: {
      normalizer: { type: "Sequence", normalizers: [...(prefix ? [{ type: "Prepend", prepend: "▁" }] : []), space] },
      pre_tokenizer: null,
      model: { ...model, vocab: idsOf(tokens), merges: mergesOf(metadata.path, tokens, types, scores) },
      decoder: {
        type: "Sequence",
        decoders: [
          { type: "Replace", pattern: { String: "▁" }, content: " " },
          { type: "ByteFallback" },
          { type: "Fuse" },
          ...(prefix ? [{ type: "Strip", content: " ", start: 1, stop: 0 }] : []),
        ],
      },
    },
    bos: true,
  };
}

const builders: Readonly<Record<string, typeof sentencePieceBpe>> = { gpt2: byteLevelBpe, llama: sentencePieceBpe };

const idsOf = (tokens: readonly string[]): Json => Object.fromEntries(tokens.map((token, id) => [token, id]));

/** Characters of a token at most: SentencePiece's own limit is far lower, and all its divisions are looked at. */
const longestToken = 512;

/** Each way to make a token out of two others, those of the highest score first. */
function mergesOf(
  path: string,
  tokens: readonly string[],
  types: readonly number[],
  scores: readonly number[],
): [string, string][] {
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const merges: { pair: [string, string]; score: number }[] = [];
  for (const [id, token] of tokens.entries()) {
    if ((types[id] ?? 1) !== 1) continue;
    if (token.length > longestToken) throw new GgufError(path, `has a token of ${token.length} characters`);
    const characters = Array.from(token);
    // The longest left part first, where a token can be made in several ways: as Hugging Face's conversion orders them.
    for (let cut = characters.length - 1; cut > 0; cut--) {
      const pair: [string, string] = [characters.slice(0, cut).join(""), characters.slice(cut).join("")];
      if (ids.has(pair[0]) && ids.has(pair[1])) merges.push({ pair, score: scores[id] ?? 0 });
    }
  }
  return merges.toSorted((a, b) => b.score - a.score).map(({ pair }) => pair);
}

/** The post-processor that puts tokens around every text. */
function around(tokens: readonly string[], bos: string | undefined, eos: string | undefined): Json | null {
  if (bos === undefined && eos === undefined) return null;
  const special = (token: string | undefined, type: number) =>
    token === undefined ? [] : [{ SpecialToken: { id: token, type_id: type } }];
  const text = (name: string, type: number) => [
    ...special(bos, type),
    { Sequence: { id: name, type_id: type } },
    ...special(eos, type),
  ];
  const named = [bos, eos].flatMap((token) =>
    token === undefined ? [] : [[token, { id: token, ids: [tokens.indexOf(token)], tokens: [token] }] as const],
  );
  return {
    type: "TemplateProcessing",
    single: text("A", 0),
    pair: [...text("A", 0), ...text("B", 1)],
    special_tokens: Object.fromEntries(named),
  };
}
