/** A relation of WordNet as it is stored here. */
export interface WordNetRelation {
  readonly label: string;
  /** Between the words of two synsets: "dog … animal". */
  readonly sentence: string;
  readonly meaning: string;
}

/**
 * The pointers that are kept, by WordNet's sign. Of each pair of inverse relations one direction is kept, so that a
 * fact of test does not stand in train reversed (hyponyms, holonyms and "member of this domain" are dropped, as they
 * were for WN18RR). Symmetric relations are kept in both directions, as WordNet stores them.
 */
export const wordNetRelations: Readonly<Record<string, WordNetRelation>> = {
  "@": { label: "hypernym", sentence: "is a kind of", meaning: "the more general concept" },
  "@i": { label: "instance_hypernym", sentence: "is an instance of", meaning: "what a single named thing is" },
  "%p": { label: "part_meronym", sentence: "has part", meaning: "a part of the thing or place" },
  "%m": { label: "member_meronym", sentence: "has member", meaning: "a member of the group" },
  "%s": { label: "substance_meronym", sentence: "contains the substance", meaning: "what it is made of" },
  ";c": { label: "domain_topic", sentence: "belongs to the subject", meaning: "the subject that the word is used in" },
  ";r": { label: "domain_region", sentence: "belongs to the region", meaning: "where the word or thing is at home" },
  ";u": { label: "domain_usage", sentence: "is used as", meaning: "the manner of speaking, such as slang" },
  "=": { label: "attribute", sentence: "can be", meaning: "an adjective that gives the noun a value" },
  "+": {
    label: "derivation",
    sentence: "has the related form",
    meaning: "a word of the same root, often a verb to a noun",
  },
  "!": { label: "antonym", sentence: "is the opposite of", meaning: "the opposite" },
  "&": { label: "similar_to", sentence: "is similar to", meaning: "an adjective close in meaning" },
  "^": { label: "also_see", sentence: "see also", meaning: "related reading" },
  "*": { label: "entailment", sentence: "includes doing", meaning: "what one necessarily does as well" },
  ">": { label: "cause", sentence: "causes to", meaning: "what it brings about" },
  $: { label: "verb_group", sentence: "is grouped with", meaning: "a verb sense close in meaning" },
  "\\": { label: "pertainym", sentence: "pertains to", meaning: "the noun or adjective it is made from" },
  "<": { label: "participle", sentence: "is the participle of", meaning: "the verb it is made from" },
};

/** Joins a synset to its lexicographer file (see {@link wordNetFields}), in the everyday graph alone. */
export const fieldRelation: WordNetRelation = {
  label: "lexical_field",
  sentence: "belongs to the field",
  meaning: "what WordNet's editors filed it under, such as animals or food",
};
