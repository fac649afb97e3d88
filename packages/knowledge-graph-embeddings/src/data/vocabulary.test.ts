import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AmbiguousLabelError, DamagedVocabularyError, UnknownLabelError } from "./errors.ts";
import { type HumanText, Vocabulary, VocabularyBuilder } from "./vocabulary.ts";
import { formatVocabulary, parseVocabulary } from "./vocabulary-file.ts";

const cities = new Vocabulary(
  "entity",
  ["Q90", "Q830149", "Q47899", "Q64", "q-lyon", "Q456", "00001740"],
  new Map<number, HumanText>([
    [0, { name: "Paris", description: "capital of France" }],
    [1, { name: "Paris" }],
    [2, { name: "Paris Hilton" }],
    [3, { name: "Berlin" }],
    [4, { name: "Lyon" }],
    [5, { name: "Saint-Étienne" }],
  ]),
);

describe("Vocabulary", () => {
  it("numbers labels in order of first appearance, exactly as they stand", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" }), { maxLength: 20 }), (labels) => {
        const builder = new VocabularyBuilder();
        const indices = labels.map((label) => builder.add(label));
        const vocabulary = builder.build("entity");
        expect(indices.map((index) => vocabulary.label(index))).toEqual(labels);
        expect(vocabulary.labels).toEqual([...new Set(labels)]);
        expect(labels.map((label) => vocabulary.find(label))).toEqual(indices);
      }),
    );
  });

  it("does not take a number for a label with leading zeros", () => {
    expect(cities.find("00001740")).toBe(6);
    expect(cities.find("1740")).toBeUndefined();
  });

  it("refuses an index outside its range by saying the range", () => {
    expect(() => cities.label(7)).toThrow("entity 7 does not exist; indices go from 0 to 6");
  });

  it("resolves a label, then a name that only one label bears, case and accents put aside", () => {
    expect(cities.resolve("Q64")).toBe(3);
    expect(cities.resolve("berlin")).toBe(3);
    expect(cities.resolve("saint-etienne")).toBe(5);
  });

  it("names the bearers of an ambiguous name", () => {
    expect(() => cities.resolve("Paris")).toThrow(AmbiguousLabelError);
    expect(() => cities.resolve("Paris")).toThrow('more than one entity is called "Paris": give one of Q830149, Q90');
  });

  it("answers an unknown label with near ones by name and label", () => {
    expect(() => cities.resolve("Berln")).toThrow(UnknownLabelError);
    expect(() => cities.resolve("Berln")).toThrow('no entity is called "Berln"; close ones: Q64 (Berlin)');
    expect(() => cities.resolve("xyzzyxyzzy")).toThrow("nothing comes close");
  });

  it("survives the way through JSON", () => {
    const relations = new Vocabulary("relation", ["r", " r ", "ü"]);
    const read = parseVocabulary(formatVocabulary({ entities: cities, relations }), "vocabulary.json");
    expect(read.entities.toJSON()).toEqual(cities.toJSON());
    expect(read.entities.description(0)).toBe("capital of France");
    expect(read.entities.name(6)).toBe("00001740");
    expect(read.relations.labels).toEqual(["r", " r ", "ü"]);
    expect(relations.toJSON()).not.toHaveProperty("names");
  });

  it.each([
    ["cut off", '{"version":1,"entities":{"labels":["a"'],
    ["of another kind", "[1, 2]"],
    ["without relations", '{"entities":{"labels":[]}}'],
    ["with a number for a label", '{"entities":{"labels":[7]},"relations":{"labels":[]}}'],
    ["with a label twice", '{"entities":{"labels":["a","a"]},"relations":{"labels":[]}}'],
    ["with a name too few", '{"entities":{"labels":["a","b"],"names":["A"]},"relations":{"labels":[]}}'],
  ])("names the file of a stored vocabulary that is %s", (_, text) => {
    expect(() => parseVocabulary(text, "run/vocabulary.json")).toThrow(DamagedVocabularyError);
    expect(() => parseVocabulary(text, "run/vocabulary.json")).toThrow(/^run\/vocabulary\.json: not a vocabulary: /);
  });
});
