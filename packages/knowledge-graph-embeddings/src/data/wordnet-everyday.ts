import { type Synset, type SynsetKey, type WordNetFiles, wordNetFiles } from "./wordnet-files.ts";
import { wordNetRelations } from "./wordnet-relations.ts";

/**
 * How often a concrete noun must have been met in WordNet's tagged texts to be an everyday one, by its lexicographer
 * file. Those texts are newspapers and stories: they seldom speak of a guitar, and often of a president.
 */
const MET: ReadonlyMap<number, number> = new Map([
  [5, 1], // noun.animal
  [6, 3], // noun.artifact
  [8, 1], // noun.body
  [13, 1], // noun.food
  [15, 15], // noun.location
  [17, 15], // noun.object
  [18, 15], // noun.person
  [19, 15], // noun.phenomenon
  [20, 1], // noun.plant
  [27, 15], // noun.substance
]);
/** The same for verbs, adjectives and adverbs that are linked to a chosen noun. */
const MET_RELATED = 5;
/** Links to its like that make a concrete noun well connected. */
const LINKS = 3;

/**
 * The everyday part of WordNet, connected: concrete nouns that are well linked (countries and their cities, the body and
 * its parts, animals and their families) or often met in texts (dog, bread, piano), verbs, adjectives and adverbs linked
 * to them, and everything that is more general than these.
 */
export function everydaySynsets(wordNet: WordNetFiles): Set<SynsetKey> {
  const met = wordNet.frequencies();
  const concrete = new Map<SynsetKey, Synset>();
  for (const synset of wordNet.synsets("noun", new Set(MET.keys()))) concrete.set(synset.key, synset);
  const chosen = wellLinked(concrete);
  for (const { key, field } of concrete.values()) {
    if ((met.get(key) ?? 0) >= MET.get(field)!) chosen.add(key);
  }
  addMoreGeneral(wordNet, chosen);
  const related = [...met.keys()].filter((key) => wordNetFiles[key % 4] !== "noun" && met.get(key)! >= MET_RELATED);
  const linked = related.filter((key) => keptLinks(wordNet.synset(key)).some((target) => chosen.has(target)));
  for (const key of linked) chosen.add(key);
  addMoreGeneral(wordNet, chosen);
  return chosen;
}

/** The synsets that have at least LINKS different neighbours among those that remain: the 3-core of the graph. */
function wellLinked(synsets: ReadonlyMap<SynsetKey, Synset>): Set<SynsetKey> {
  const neighbours = new Map<SynsetKey, Set<SynsetKey>>();
  for (const key of synsets.keys()) neighbours.set(key, new Set());
  for (const synset of synsets.values()) {
    for (const target of keptLinks(synset)) {
      if (!synsets.has(target) || target === synset.key) continue;
      neighbours.get(synset.key)!.add(target);
      neighbours.get(target)!.add(synset.key);
    }
  }
  const leaving = [...synsets.keys()].filter((key) => neighbours.get(key)!.size < LINKS);
  for (let key = leaving.pop(); key !== undefined; key = leaving.pop()) {
    for (const other of neighbours.get(key) ?? []) {
      const left = neighbours.get(other)!;
      // Only the step below the bound puts it on the list, so that it stands there once.
      if (left.delete(key) && left.size === LINKS - 1) leaving.push(other);
    }
    neighbours.delete(key);
  }
  return new Set(neighbours.keys());
}

function keptLinks({ pointers }: Synset): SynsetKey[] {
  return pointers.filter(({ symbol }) => symbol in wordNetRelations).map(({ target }) => target);
}

/** Adds all that a member is a kind or an instance of, up to the top. */
function addMoreGeneral(wordNet: WordNetFiles, members: Set<SynsetKey>): void {
  const waiting = [...members];
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    for (const { symbol, target } of wordNet.synset(key).pointers) {
      if ((symbol === "@" || symbol === "@i") && !members.has(target)) {
        members.add(target);
        waiting.push(target);
      }
    }
  }
}
