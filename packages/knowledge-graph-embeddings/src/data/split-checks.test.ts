import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contentHash, type Dataset } from "./dataset.ts";
import { loadDataset } from "./load-dataset.ts";
import { checkSplit } from "./split-checks.ts";
import { datasetStatistics, relationCategories } from "./statistics.ts";
import { TripleSet } from "./triples.ts";
import { VocabularyBuilder } from "./vocabulary.ts";

type Row = readonly [head: string, relation: string, tail: string];

function datasetOf(train: readonly Row[], valid: readonly Row[], test: readonly Row[]): Dataset {
  const [entities, relations] = [new VocabularyBuilder(), new VocabularyBuilder()];
  const part = (rows: readonly Row[]) => {
    const set = new TripleSet();
    for (const [head, relation, tail] of rows) set.add(entities.add(head), relations.add(relation), entities.add(tail));
    return set.toTriples();
  };
  const parts = { train: part(train), valid: part(valid), test: part(test) };
  const content = { ...parts, entities: entities.build("entity"), relations: relations.build("relation") };
  return {
    name: "made up",
    ...content,
    hash: contentHash(content),
    sources: [],
    badLines: { count: 0, lines: [] },
    notes: [],
  };
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i);
/** A relation of forty pairs, its exact inverse, a near copy, a symmetric relation and one that is none of these. */
const parent = range(40).map((i): Row => [`p${i}`, "parent of", `c${i}`]);
const child = range(40).map((i): Row => [`c${i}`, "child of", `p${i}`]);
const mother = range(36).map((i): Row => [`p${i}`, "bore", `c${i}`]);
const spouse = range(20).flatMap((i): Row[] => [
  [`p${i}`, "married to", `p${i + 20}`],
  [`p${i + 20}`, "married to", `p${i}`],
]);
const likes = range(40).map((i): Row => [`c${i}`, "likes", `p${(i * 3) % 40}`]);

describe("checkSplit", () => {
  it("finds a planted inverse leak, and names the two relations", () => {
    const report = checkSplit(datasetOf([...parent.slice(5), ...child, ...likes], [], parent.slice(0, 5)));
    expect(report.test).toMatchObject({
      triples: 5,
      inverse: 5,
      inTrain: 0,
      symmetric: 0,
      duplicateRelation: 0,
      leaked: 5,
    });
    expect(report.inverseRelations).toEqual([{ first: "parent of", second: "child of", shared: 40, overlap: 1 }]);
  });

  it("finds a relation under another name and the reverse of a symmetric fact", () => {
    const train = [...parent.slice(4), ...mother, ...spouse.slice(3), ...likes];
    const report = checkSplit(datasetOf(train, parent.slice(0, 4), spouse.slice(0, 3)));
    expect(report.valid).toMatchObject({ duplicateRelation: 4, inverse: 0, leaked: 4 });
    // Of three facts two are each other's reverse, both in test; train has the reverse of the third alone.
    expect(report.test).toMatchObject({ symmetric: 1, leaked: 1 });
    expect(report.duplicateRelations).toMatchObject([{ first: "parent of", second: "bore", overlap: 0.9 }]);
    expect(report.symmetricRelations).toEqual([{ relation: "married to", triples: 40, share: 1 }]);
    expect(report.symmetricShare).toBeCloseTo(40 / 156);
  });

  it("finds the same triple in two parts", () => {
    const report = checkSplit(datasetOf(likes, likes.slice(0, 2), likes.slice(1, 4)));
    expect([report.valid.inTrain, report.test.inTrain, report.testInValid]).toEqual([2, 3, 1]);
  });

  it("counts unseen entities and relations, and self-loops", () => {
    const strange: Row[] = [
      ["ghost", "likes", "p0"],
      ["ghost", "likes", "spirit"],
      ["p0", "fears", "c1"],
      ["p1", "likes", "p1"],
    ];
    const report = checkSplit(datasetOf(likes, [], strange));
    expect(report.test).toMatchObject({
      unseenEntities: 2,
      triplesWithUnseenEntity: 2,
      triplesWithUnseenRelation: 1,
      leaked: 0,
    });
    expect(report.selfLoops).toBe(1);
  });

  it("agrees with counting by strings on random graphs", () => {
    const row = fc.tuple(fc.nat(6), fc.nat(3), fc.nat(6)).map(([h, r, t]): Row => [`e${h}`, `r${r}`, `e${t}`]);
    const rows = fc.array(row, { maxLength: 60 });
    fc.assert(
      fc.property(rows, rows, fc.constantFrom(0.3, 0.6, 1), (train, test, threshold) => {
        const report = checkSplit(datasetOf(train, [], test), { threshold });
        const [inTrain, inTest] = [new Set(train.map(String)), new Set(test.map(String))];
        const all = [...new Set([...inTrain, ...inTest])].map((text) => text.split(",")).filter(([h, , t]) => h !== t);
        const pairs = (relation: string, backwards: boolean) =>
          new Set(all.filter(([, r]) => r === relation).map(([h, , t]) => (backwards ? `${t} ${h}` : `${h} ${t}`)));
        const close = (first: string, second: string, backwards: boolean) => {
          const [a, b] = [pairs(first, false), pairs(second, backwards)];
          const shared = [...a].filter((pair) => b.has(pair)).length;
          return shared / Math.max(a.size, b.size) >= threshold && (first === second ? a.size > 0 : shared >= 3);
        };
        const relations = ["r0", "r1", "r2", "r3"];
        const count = (leak: (h: string, r: string, t: string) => boolean) =>
          [...inTest].filter((text) => leak(...(text.split(",") as [string, string, string]))).length;
        const others = (r: string) => relations.filter((other) => other !== r);
        const trainHas = (...triple: string[]) => inTrain.has(triple.join());
        expect(report.test).toMatchObject({
          inTrain: count(trainHas),
          symmetric: count((h, r, t) => h !== t && trainHas(t, r, h) && close(r, r, true)),
          inverse: count((h, r, t) => h !== t && others(r).some((o) => trainHas(t, o, h) && close(r, o, true))),
          duplicateRelation: count(
            (h, r, t) => h !== t && others(r).some((o) => trainHas(h, o, t) && close(r, o, false)),
          ),
        });
      }),
      { numRuns: 60 },
    );
  });

  it("finds no leak of any kind in the WordNet split", async () => {
    const report = checkSplit(await loadDataset("wordnet"));
    for (const part of [report.valid, report.test]) {
      expect(part).toMatchObject({ leaked: 0, unseenEntities: 0, triplesWithUnseenRelation: 0 });
    }
    expect(report).toMatchObject({ testInValid: 0, inverseRelations: [], duplicateRelations: [], selfLoops: 0 });
    expect(report.symmetricRelations.map(({ relation }) => relation)).toContain("antonym");
  });
});

describe("datasetStatistics", () => {
  const star = range(6).map((i): Row => ["hub", "has", `leaf ${i}`]);
  const dataset = datasetOf(
    [...star, ["a", "next", "b"], ["b", "next", "a"], ["a", "next", "a"]],
    [["hub", "new", "z"]],
    [],
  );

  it("counts triples of each relation in each part", () => {
    const { perRelation, ...totals } = datasetStatistics(dataset);
    expect(totals).toMatchObject({ entities: 10, relations: 3, train: 9, valid: 1, test: 0 });
    expect(perRelation.map(({ relation, train, valid }) => [relation, train, valid])).toEqual([
      ["has", 6, 0],
      ["next", 3, 0],
      ["new", 0, 1],
    ]);
  });

  it("sums up degrees in train, a self-loop twice", () => {
    // hub 6, a 4, b 2, six leaves 1, z 0.
    expect(datasetStatistics(dataset).degrees).toEqual({ min: 0, median: 1, mean: 1.8, p90: 6, max: 6, zero: 1 });
  });

  it("puts relations into the four categories at 1.5 of the other side", () => {
    const train = datasetOf(
      [
        ...range(4).map((i): Row => [`a${i}`, "1-1", `b${i}`]),
        ...range(4).map((i): Row => [`hub`, "1-N", `b${i}`]),
        ...range(4).map((i): Row => [`a${i}`, "N-1", `hub`]),
        ...range(9).map((i): Row => [`a${i % 3}`, "N-N", `b${Math.floor(i / 3)}`]),
        // Three triples over two heads: 1.5 tails a head, which counts as many.
        ["x", "edge 1-N", "1"],
        ["x", "edge 1-N", "2"],
        ["y", "edge 1-N", "3"],
      ],
      [],
      [],
    );
    expect(relationCategories(train.train, train.relations.size)).toEqual(["1-1", "1-N", "N-1", "N-N", "1-N"]);
    expect(datasetStatistics(dataset).perRelation[2]?.category).toBeUndefined();
  });
});
