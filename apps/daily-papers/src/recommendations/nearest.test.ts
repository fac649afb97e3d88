import type { TrainedModel } from "@offprint/knowledge-graph-embeddings";
import { describe, expect, it } from "vitest";
import { groupedPapers, groupOf } from "../testing/grouped-papers.ts";
import { factsOf, paperLabel, relations, triplesOf, type GraphPaper } from "./graph.ts";
import { largest, NearestPapers } from "./nearest.ts";
import { Places } from "./places.ts";
import { writeLink, writeSpread } from "./reason.ts";
import { SparseIndex } from "./sparse-index.ts";

const papers = groupedPapers().map(({ keywords = [], categories = [], ...paper }): GraphPaper => ({
  ...paper,
  keywords,
  categories,
}));
const first = papers[0] as GraphPaper;

describe("the graph", () => {
  it("has one entity for all ways to write a keyword, and none that only one paper has", () => {
    const written = ["Large Language Models (LLMs)", "large-language models", "LARGE  language models"];
    expect(new Set(factsOf({ ...first, keywords: written }).map(({ label }) => label)).size).toBe(
      factsOf({ ...first, keywords: [] }).length + 1,
    );
    const triples = triplesOf({ papers, likes: [{ reader: "r", paperId: first.id }] });
    expect(triples).toContainEqual([paperLabel(first.id), "written by", "author:whale example 0"]);
    expect(triples).toContainEqual([paperLabel(first.id), "about", "keyword:whale learning"]);
    expect(triples).toContainEqual([paperLabel(first.id), "in category", "category:cs.LG"]);
    expect(triples.at(-1)).toEqual(["reader:r", "likes", paperLabel(first.id)]);
    expect(triples.flat().join(" ")).not.toContain("single author");
    expect(triplesOf({ papers, likes: [] })).toEqual(triples.slice(0, -1));
  });

  it("holds no tab or line break in a label, whatever a source wrote", () => {
    const odd = { ...first, authors: ["Ada\tExample\n"], organization: "A\r\nB" };
    for (const { label } of factsOf(odd)) expect(label).not.toMatch(/[\t\r\n]/);
  });
});

describe("the sparse index", () => {
  it("gives the cosines that a plain loop gives", () => {
    const rows = [
      new Map([
        ["a", 1],
        ["b", 2],
        ["only", 3],
      ]),
      new Map([
        ["a", 2],
        ["c", 1],
      ]),
      new Map([
        ["b", 1],
        ["c", 3],
      ]),
      new Map<string, number>(),
    ];
    const index = new SparseIndex(rows);
    const weighted = rows.map((row) => new Map([...row].map(([term, weight]) => [term, weight * index.rarity(term)])));
    const length = (row: ReadonlyMap<string, number>) => Math.hypot(...row.values()) || 1;
    for (const [at, row] of weighted.entries()) {
      const found = index.compare(at, new Float32Array(rows.length));
      for (const [place, other] of weighted.entries()) {
        if (place === at) continue;
        const dot = [...row].reduce((sum, [term, weight]) => sum + weight * (other.get(term) ?? 0), 0);
        expect(found[place]).toBeCloseTo(dot / length(row) / length(other), 5);
      }
    }
  });

  it("takes the largest, equal ones in their order", () => {
    expect(largest(Float32Array.of(1, 5, 3, 5, NaN, 2), 3, 1)).toEqual([3, 2, 5]);
    expect(largest(Float32Array.of(1, 1, 1), 2, 0)).toEqual([1, 2]);
    expect(largest(Float32Array.of(), 2, 0)).toEqual([]);
  });
});

describe("the nearest papers", () => {
  it("are those of the group, with what they share, the rarest first, and the same each time", () => {
    const nearest = new NearestPapers(papers);
    const found = nearest.of(0, 5);
    expect(found.map(({ id }) => groupOf(id))).toEqual([0, 0, 0, 0, 0]);
    expect(found.every(({ closeness }) => closeness > 0 && closeness <= 1)).toBe(true);
    expect(nearest.of(0, 5)).toEqual(found);
    expect(new NearestPapers(papers).of(0, 5)).toEqual(found);
    const byBoth = found.find(({ shared }) => shared.author?.length === 1);
    expect(byBoth?.shared.keyword?.[0]).toBe("whale learning");
  });

  it("have reasons in words", () => {
    expect(writeLink({ shared: { author: ["A", "B", "C"], keyword: ["k"] }, text: 1 })).toBe("also by A, B and C");
    expect(writeLink({ shared: { keyword: ["k"] }, text: 1 })).toBe("also about k");
    expect(writeLink({ shared: { category: ["cs.LG"] }, text: 0.5 })).toBe("similar text");
    expect(writeLink({ shared: { category: ["cs.LG"] }, text: 0 })).toBe("also in cs.LG");
    expect(writeLink({ shared: {}, text: 0 })).toBe("near it in the graph of authors and subjects");
    // Without a model, no graph was asked.
    expect(writeLink({ shared: {}, text: 0.1 })).toBe("some of the same words");
    const spread = { relative: 0.3, moreUncertainThan: 0.5 };
    expect(writeLink({ shared: {}, text: 0.1, spread })).toBe("near it in the graph of authors and subjects");
    expect(writeSpread({ relative: 0.314, moreUncertainThan: 0.2 })).toBe("placed surely, spread 0.31");
  });
});

/** Three papers on a line, the second unknown to the model; relation scale 2 in the first coordinate, 0 in the other. */
function toyModel(scale: number): TrainedModel {
  const rows = [paperLabel("a"), paperLabel("c"), "author:x"];
  const tensor = (data: number[], width: number) => ({
    dtype: "float32",
    shape: [data.length / width, width],
    data: Float32Array.from(data),
  });
  const toy: unknown = {
    entities: { find: (label: string) => (rows.includes(label) ? rows.indexOf(label) : undefined) },
    relations: { find: (label: string) => (label === relations.author ? 0 : undefined) },
    embeddings: {
      entity: { shift: tensor([0, 9, 3, -9, 0, 0], 2), scale: tensor([scale, 0, -2 * scale, 0, 1, 1], 2) },
      relation: { shift: tensor([0, 0], 2), scale: tensor([2, 0], 2) },
    },
  };
  return toy as TrainedModel;
}

describe("places by NFE-1", () => {
  it("are as far apart as the laws to which the relations carry them", () => {
    const places = new Places(toyModel(0.5), ["a", "b", "c"]);
    // 2² · ((3 − 0)² + (1 − 0.5)²); the second coordinate does not matter to any relation.
    expect([...places.compare(0, new Float32Array(3))]).toEqual([0, Infinity, 4 * (9 + 0.25)]);
    expect(places.knows(1)).toBe(false);
    expect(places.spread(1)).toBeUndefined();
    expect(places.spread(0)?.moreUncertainThan).toBe(0);
    expect(places.spread(2)?.moreUncertainThan).toBe(1);
    expect((places.spread(2)?.relative ?? 0) / (places.spread(0)?.relative ?? 1)).toBeCloseTo(2, 6);
  });

  it("say nothing of a spread that collapsed", () => {
    expect(new Places(toyModel(1e-6), ["a", "c"]).spread(0)).toBeUndefined();
  });
});
