import { contentHash, type Dataset, splitNames } from "./dataset.ts";
import { makeSplit } from "./make-split.ts";
import { TripleSet } from "./triples.ts";
import { type HumanText, type Vocabulary, VocabularyBuilder } from "./vocabulary.ts";
import { everydaySynsets } from "./wordnet-everyday.ts";
import { type Synset, type SynsetKey, WordNetFiles, wordNetFiles } from "./wordnet-files.ts";
import { wordNetFields } from "./wordnet-fields.ts";
import { fieldRelation, type WordNetRelation, wordNetRelations } from "./wordnet-relations.ts";

/** The graphs made of WordNet 3.1: what each holds. */
export const wordNetDatasets: Readonly<Record<string, string>> = {
  wordnet: "everyday words of WordNet 3.1 and how their meanings are linked; small enough to train in a minute",
  "wordnet-nouns": "all nouns of WordNet 3.1",
  "wordnet-full": "all nouns, verbs, adjectives and adverbs of WordNet 3.1",
};

export interface WordNetOptions {
  /** Default 0. */
  readonly splitSeed?: number | undefined;
  /** Share of the triples in each of valid and test, in (0, 0.5). Default 0.05. */
  readonly heldOut?: number | undefined;
}

/**
 * A benchmark out of WordNet's own files: entities are synsets named as usual ("dog.n.01"), with their first word as
 * name and their gloss as description; relations have a sentence form as name ("is a kind of"). The everyday graph also
 * has the fields that WordNet's editors filed synsets under ("noun.animal") as entities.
 *
 * No inverse leak: of inverse relations one direction is kept, and all triples between the same two synsets, such as the
 * two directions of a symmetric relation, go to the same part. Every entity of valid and test occurs in train.
 */
export async function buildWordNet(name: string, options: WordNetOptions = {}): Promise<Dataset> {
  const wordNet = await WordNetFiles.open();
  const synsets = chosenSynsets(wordNet, name);
  const labels = wordNet.names(synsets);
  const [entities, relations] = [new VocabularyBuilder(), new VocabularyBuilder()];
  const entityTexts = new Map<number, HumanText>();
  const all = new TripleSet();
  let duplicates = 0;
  const withFields = name === "wordnet";

  const entity = (synset: Synset) => {
    const index = entities.add(labels.get(synset.key)!);
    if (!entityTexts.has(index)) {
      const word = wordNet.words(synset.key)[0]!.replaceAll("_", " ");
      entityTexts.set(index, { name: word, description: wordNet.gloss(synset.key) });
    }
    return index;
  };
  const field = (synset: Synset) => {
    const [label, words] = wordNetFields[synset.field]!;
    const index = entities.add(label);
    entityTexts.set(index, { name: words, description: `WordNet's field ${label}` });
    return index;
  };
  for (const key of synsets) {
    const head = wordNet.synset(key);
    if (withFields) all.add(entity(head), relations.add(fieldRelation.label), field(head));
    for (const { symbol, target } of head.pointers) {
      const relation = keptRelation(head, symbol);
      // Pointers between words can join a synset to itself; that says nothing about it.
      if (relation === undefined || target === key || !synsets.has(target)) continue;
      if (!all.add(entity(head), relations.add(relation.label), entity(wordNet.synset(target)))) duplicates++;
    }
  }

  const { splitSeed: seed = 0, heldOut = 0.05 } = options;
  const { covered, ...parts } = makeSplit(all, { seed, parts: ["valid", "test"], heldOut });
  if (!covered) throw new Error(`internal: ${name} could not be split with every synset in train`);
  const content = {
    entities: entities.build("entity").withTexts(entityTexts),
    relations: withSentences(relations.build("relation")),
    ...parts,
  };
  return {
    name,
    ...content,
    hash: contentHash(content),
    sources: splitNames.map((split) => ({
      split,
      origin: wordNet.version,
      triples: parts[split].length,
      duplicates: split === "train" ? duplicates : 0,
    })),
    badLines: { count: 0, lines: [] },
    notes: [
      `Made from ${wordNet.version} (Princeton WordNet licence), split with seed ${seed}: one direction ` +
        "of inverse relations, all triples between the same two synsets in the same part, every synset in train.",
    ],
  };
}

function chosenSynsets(wordNet: WordNetFiles, name: string): Set<SynsetKey> {
  if (name === "wordnet") return new Set([...everydaySynsets(wordNet)].toSorted((a, b) => a - b));
  const chosen = new Set<SynsetKey>();
  for (const file of name === "wordnet-nouns" ? (["noun"] as const) : wordNetFiles) {
    for (const { key } of wordNet.synsets(file)) chosen.add(key);
  }
  return chosen;
}

/** "attribute" has one sign for both directions; the one from noun to adjective is kept. */
function keptRelation(head: Synset, symbol: string): WordNetRelation | undefined {
  return symbol === "=" && head.type !== "n" ? undefined : wordNetRelations[symbol];
}

function withSentences(relations: Vocabulary): Vocabulary {
  const byLabel = new Map(
    [...Object.values(wordNetRelations), fieldRelation].map((relation) => [relation.label, relation]),
  );
  return relations.withTexts(
    new Map(
      relations.labels.map((label, index) => {
        const { sentence, meaning } = byLabel.get(label)!;
        return [index, { name: sentence, description: meaning }];
      }),
    ),
  );
}
