import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AmbiguousLabelError, DamagedVocabularyError, UnknownLabelError } from "./errors.ts";
import { type HumanText, Vocabulary, VocabularyBuilder } from "./vocabulary.ts";

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
      fc.property(fc.array(fc.string({ unit: "grapheme" }), { maxLength: 20 }), (labels) => {
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
    const copy = (vocabulary: Vocabulary) =>
      Vocabulary.fromJSON(vocabulary.kind, JSON.parse(JSON.stringify(vocabulary)), "vocabulary.json");
    const read = copy(cities);
    expect(read.toJSON()).toEqual(cities.toJSON());
    expect([read.description(0), read.name(6)]).toEqual(["capital of France", "00001740"]);
    const plain = new Vocabulary("relation", ["r", " r ", "ü"]);
    expect(copy(plain).labels).toEqual(["r", " r ", "ü"]);
    expect(plain.toJSON()).not.toHaveProperty("names");
  });

  it.each([
    ["absent", undefined],
    ["of another kind", [1, 2]],
    ["without labels", { names: [] }],
    ["with a number for a label", { labels: [7] }],
    ["with a label twice", { labels: ["a", "a"] }],
    ["with a name too few", { labels: ["a", "b"], names: ["A"] }],
  ])("names the file of a stored vocabulary that is %s", (_, value) => {
    const read = () => Vocabulary.fromJSON("entity", value, "run/vocabulary.json");
    expect(read).toThrow(DamagedVocabularyError);
    expect(read).toThrow(/^run\/vocabulary\.json: not a vocabulary: /);
  });
});
