import { beforeAll, describe, expect, it } from "vitest";
import type { Dataset } from "./dataset.ts";
import { checkSplit } from "./split-checks.ts";
import { buildWordNet } from "./wordnet.ts";
import { WordNetFiles } from "./wordnet-files.ts";
import { wordNetRelations } from "./wordnet-relations.ts";

const parts = ["train", "valid", "test"] as const;

/** Every triple as "head relation tail". */
function facts(dataset: Dataset): Set<string> {
  const { entities, relations } = dataset;
  const text = (part: (typeof parts)[number]) => {
    const { length, heads, relations: rows, tails } = dataset[part];
    return Array.from({ length }, (_, i) =>
      [entities.label(heads[i]!), relations.label(rows[i]!), entities.label(tails[i]!)].join(" "),
    );
  };
  return new Set(parts.flatMap(text));
}

describe("the everyday graph of WordNet", () => {
  let dataset: Dataset;
  let all: Set<string>;
  beforeAll(async () => {
    dataset = await buildWordNet("wordnet");
    all = facts(dataset);
  });

  it("has a size that trains in a minute", () => {
    expect(dataset.entities.size).toBeGreaterThan(4000);
    expect(dataset.entities.size).toBeLessThan(5200);
    expect(all.size).toBeGreaterThan(10_000);
    expect(all.size).toBeLessThan(20_000);
    expect(dataset.relations.size).toBeGreaterThanOrEqual(12);
    expect(dataset.test.length).toBe(Math.floor(all.size * 0.05));
  });

  it("holds what WordNet says about everyday things", () => {
    const known = [
      "dog.n.01 hypernym canine.n.02",
      "dog.n.01 hypernym domestic_animal.n.01",
      "bread.n.01 hypernym baked_goods.n.01",
      "piano.n.01 hypernym keyboard_instrument.n.01",
      "guitar.n.01 hypernym stringed_instrument.n.01",
      "hand.n.01 part_meronym finger.n.01",
      "france.n.01 part_meronym paris.n.01",
      "paris.n.01 instance_hypernym national_capital.n.01",
      "canis.n.01 member_meronym dog.n.01",
      "man.n.01 antonym woman.n.01",
      "woman.n.01 antonym man.n.01",
      "dog.n.01 lexical_field noun.animal",
    ];
    expect(known.filter((fact) => !all.has(fact))).toEqual([]);
  });

  it("has readable names, glosses and sentences", () => {
    const { entities, relations } = dataset;
    const dog = entities.resolve("dog.n.01");
    expect(entities.name(dog)).toBe("dog");
    expect(entities.description(dog)).toMatch(/^a member of the genus Canis/);
    expect(entities.name(entities.resolve("domestic_animal.n.01"))).toBe("domestic animal");
    expect(entities.name(entities.resolve("paris.n.01"))).toBe("Paris");
    expect(entities.name(entities.resolve("noun.animal"))).toBe("animals");
    expect(relations.name(relations.resolve("hypernym"))).toBe("is a kind of");
    expect(entities.labels.every((_, index) => entities.description(index))).toBe(true);
    expect(entities.labels.every((label) => /^\S+\.[nvasr]\.\d\d$|^(noun|verb|adj|adv)\.\w+$/.test(label))).toBe(true);
  });

  it("is one connected piece", () => {
    const group = Array.from({ length: dataset.entities.size }, (_, i) => i);
    const root = (i: number): number => (group[i] === i ? i : (group[i] = root(group[i]!)));
    for (const part of parts) {
      const { heads, tails, length } = dataset[part];
      for (let i = 0; i < length; i++) group[root(heads[i]!)] = root(tails[i]!);
    }
    expect(new Set(group.map((_, i) => root(i))).size).toBe(1);
  });

  it("is the same every time, and split otherwise by another seed", async () => {
    expect((await buildWordNet("wordnet")).hash).toBe(dataset.hash);
    const other = await buildWordNet("wordnet", { splitSeed: 5 });
    expect(facts(other)).toEqual(all);
    expect(other.hash).not.toBe(dataset.hash);
  });

  it("keeps both directions of a symmetric fact, in the same part", () => {
    const { entities, relations } = dataset;
    const symmetric = new Set(
      ["antonym", "derivation", "similar_to", "verb_group"].map((name) => relations.find(name)),
    );
    for (const part of parts) {
      const { heads, relations: rows, tails, length } = dataset[part];
      const here = new Set(Array.from({ length }, (_, i) => [heads[i], rows[i], tails[i]].join()));
      for (let i = 0; i < length; i++) {
        if (!symmetric.has(rows[i])) continue;
        expect(here, entities.label(heads[i]!)).toContain([tails[i], rows[i], heads[i]].join());
      }
    }
  });
});

describe("WordNetFiles", () => {
  it("reads every synset and names each once", async () => {
    const wordNet = await WordNetFiles.open();
    const counts = (["noun", "verb", "adj", "adv"] as const).map((file) => [...wordNet.synsets(file)].length);
    // The counts of WordNet 3.1 (3.0 has 82,115, 13,767, 18,156 and 3,621).
    expect(counts).toEqual([82_192, 13_789, 18_185, 3_625]);
    const keys = new Set([...wordNet.synsets("adj")].map(({ key }) => key));
    const names = wordNet.names(keys);
    expect(names.size).toBe(keys.size);
    expect(new Set(names.values()).size).toBe(keys.size);
  });

  it("takes syntactic markers off adjectives", async () => {
    const wordNet = await WordNetFiles.open();
    for (const { key } of wordNet.synsets("adj")) {
      for (const word of wordNet.words(key)) expect(word).not.toContain("(");
    }
  });

  it("reads pointers as they stand in the file", async () => {
    const wordNet = await WordNetFiles.open();
    const [entity] = wordNet.synsets("noun");
    expect(wordNet.words(entity!.key)).toEqual(["entity"]);
    expect(entity).toMatchObject({ type: "n", field: 3 });
    expect(entity!.pointers.map(({ symbol, target }) => [symbol, wordNet.words(target)[0]])).toEqual([
      ["~", "physical_entity"],
      ["~", "abstraction"],
      ["~", "thing"],
    ]);
    expect(wordNet.gloss(entity!.key)).toMatch(/^that which is perceived or known/);
  });

  it("keeps one direction of each pair of inverse pointers", () => {
    const inverses: Record<string, string> = {
      "@": "~",
      "@i": "~i",
      "%p": "#p",
      "%m": "#m",
      "%s": "#s",
      ";c": "-c",
      ";r": "-r",
      ";u": "-u",
    };
    for (const [kept, dropped] of Object.entries(inverses)) {
      expect([kept in wordNetRelations, dropped in wordNetRelations]).toEqual([true, false]);
    }
  });
});

describe("all of WordNet", () => {
  it("makes a split without leaks too", async () => {
    const dataset = await buildWordNet("wordnet-full");
    expect(dataset.entities.size).toBeGreaterThan(115_000);
    const { valid, test, inverseRelations } = checkSplit(dataset);
    for (const part of [valid, test]) expect(part).toMatchObject({ leaked: 0, unseenEntities: 0 });
    expect(inverseRelations).toEqual([]);
  });

  it("or of its nouns, which train holds all", async () => {
    const dataset = await buildWordNet("wordnet-nouns");
    const seen = new Set([...dataset.train.heads, ...dataset.train.tails]);
    expect([seen.size, dataset.entities.size]).toEqual([82_192, 82_192]);
  });
});
