import { z } from "zod";
import { AmbiguousLabelError, DamagedVocabularyError, UnknownLabelError } from "./errors.ts";
import { fold, nearestRows } from "./near-matches.ts";

/** What a vocabulary names. */
export type VocabularyKind = "entity" | "relation";

/** What a person reads for a label, where the data says so. */
export interface HumanText {
  /** Short: "dog", "is a kind of". */
  readonly name?: string | undefined;
  /** A sentence: the gloss of a synset, Wikidata's description. */
  readonly description?: string | undefined;
}

/** A label near to one asked for. */
export interface NearMatch {
  readonly index: number;
  readonly label: string;
  readonly name: string;
}

const vocabularyJson = z.object({
  labels: z.array(z.string()),
  names: z.array(z.string().nullable()).optional(),
  descriptions: z.array(z.string().nullable()).optional(),
});

/** A vocabulary as JSON: labels by index; names and descriptions, where there are any, equally long. */
export type VocabularyJson = z.infer<typeof vocabularyJson>;

/** The labels of a graph's entities or relations by index, with the words a person reads for them. */
export class Vocabulary {
  readonly kind: VocabularyKind;
  readonly labels: readonly string[];
  readonly #texts: ReadonlyMap<number, HumanText>;
  readonly #indices: ReadonlyMap<string, number>;
  #folded: string[][] | undefined;

  /** @param texts words for a person, by index; indices without any may be left out. */
  constructor(kind: VocabularyKind, labels: readonly string[], texts: ReadonlyMap<number, HumanText> = new Map()) {
    this.kind = kind;
    this.labels = labels;
    this.#texts = texts;
    this.#indices = new Map(labels.map((label, index) => [label, index]));
  }

  get size(): number {
    return this.labels.length;
  }

  /** @throws {RangeError} outside `[0, size)`. */
  label(index: number): string {
    const label = this.labels[index];
    if (label === undefined) {
      throw new RangeError(`${this.kind} ${index} does not exist; indices go from 0 to ${this.size - 1}`);
    }
    return label;
  }

  /** What a person reads: the name where the data has one, else the label itself. */
  name(index: number): string {
    return this.#texts.get(index)?.name ?? this.label(index);
  }

  description(index: number): string | undefined {
    return this.#texts.get(index)?.description;
  }

  /** The index of exactly this label. */
  find(label: string): number | undefined {
    return this.#indices.get(label);
  }

  /**
   * The index that a person means: the label itself, or else a name that only one label bears, case put aside.
   * @throws {AmbiguousLabelError} when several labels bear the name, with at most ten of them.
   * @throws {UnknownLabelError} when none does, with near matches.
   */
  resolve(text: string): number {
    const exact = this.find(text);
    if (exact !== undefined) return exact;
    const matches = this.nearMatches(text, 10);
    const wanted = fold(text.trim());
    const named = matches.filter((match) => fold(match.name) === wanted || fold(match.label) === wanted);
    if (named.length > 1) {
      throw new AmbiguousLabelError(
        this.kind,
        text,
        named.map((match) => match.label),
      );
    }
    if (named[0] === undefined) throw new UnknownLabelError(this.kind, text, matches.slice(0, 5));
    return named[0].index;
  }

  /** At most `count` labels whose own letters or name come close to `text`, best first. Some 30 ms for 40,000. */
  nearMatches(text: string, count = 5): NearMatch[] {
    this.#folded ??= this.labels.map((label, index) => {
      const [byLabel, byName] = [fold(label), fold(this.name(index))];
      return byLabel === byName ? [byLabel] : [byLabel, byName];
    });
    return nearestRows(text, this.#folded, count).map((index) => ({
      index,
      label: this.label(index),
      name: this.name(index),
    }));
  }

  /** The same labels with other words for a person. */
  withTexts(texts: ReadonlyMap<number, HumanText>): Vocabulary {
    return new Vocabulary(this.kind, this.labels, texts);
  }

  toJSON(): VocabularyJson {
    const column = (key: keyof HumanText) => {
      const values = this.labels.map((_, index) => this.#texts.get(index)?.[key] ?? null);
      return values.some((value) => value !== null) ? values : undefined;
    };
    const [names, descriptions] = [column("name"), column("description")];
    return { labels: [...this.labels], ...(names && { names }), ...(descriptions && { descriptions }) };
  }

  /**
   * The vocabulary that {@link toJSON} wrote.
   * @param file for the error message.
   * @throws {DamagedVocabularyError} where the shape is another, a label comes twice or a list has another length.
   */
  static fromJSON(kind: VocabularyKind, value: unknown, file: string): Vocabulary {
    const parsed = vocabularyJson.safeParse(value);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new DamagedVocabularyError(file, `${kind} ${issue?.path.join(".")}: ${issue?.message}`, parsed.error);
    }
    const { labels, names = [], descriptions = [] } = parsed.data;
    for (const [key, list] of Object.entries({ names, descriptions })) {
      if (list.length !== 0 && list.length !== labels.length) {
        throw new DamagedVocabularyError(file, `${labels.length} ${kind} labels but ${list.length} ${key}`);
      }
    }
    const texts = new Map<number, HumanText>();
    for (const index of labels.keys()) {
      const [name, description] = [names[index] ?? undefined, descriptions[index] ?? undefined];
      if (name !== undefined || description !== undefined) texts.set(index, { name, description });
    }
    const vocabulary = new Vocabulary(kind, labels, texts);
    if (vocabulary.#indices.size !== labels.length) {
      throw new DamagedVocabularyError(file, `a ${kind} label comes twice`);
    }
    return vocabulary;
  }
}

/** Collects labels in order of first appearance. */
export class VocabularyBuilder {
  readonly #indices = new Map<string, number>();
  readonly #labels: string[] = [];

  /** The label's index, given now if it is new. */
  add(label: string): number {
    const known = this.#indices.get(label);
    if (known !== undefined) return known;
    // A label cut out of a block of a file keeps the whole block in memory (V8); joined anew it is a string of its own.
    const own = ` ${label}`.slice(1);
    this.#indices.set(own, this.#labels.length);
    return this.#labels.push(own) - 1;
  }

  build(kind: VocabularyKind): Vocabulary {
    return new Vocabulary(kind, this.#labels);
  }
}
