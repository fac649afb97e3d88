import { describe, expect, it } from "vitest";
import { fold, nearestRows } from "./near-matches.ts";

const names = [
  "dog",
  "wild dog",
  "dogwood",
  "doge",
  "hot dog bun",
  "cat",
  "Café",
  "Albert Einstein",
  "underdog",
  "dig",
];
const texts = names.map((name) => [fold(name)]);
const near = (query: string, count = 10) => nearestRows(query, texts, count).map((row) => names[row]);

describe("nearestRows", () => {
  it("puts the same text first, then beginnings, words, parts and small misspellings", () => {
    expect(near("Dog")).toEqual(["dog", "doge", "dogwood", "wild dog", "hot dog bun", "underdog", "dig"]);
  });

  it("puts case, accents and underscores aside", () => {
    expect(near("CAFE")[0]).toBe("Café");
    expect(near("hot_dog")).toEqual(["hot dog bun"]);
  });

  it("finds a misspelled word inside a name", () => {
    expect(near("einstien")).toEqual(["Albert Einstein"]);
  });

  it("gives no more than asked, and nothing for nothing", () => {
    expect(near("dog", 2)).toEqual(["dog", "doge"]);
    expect([near(""), near("  "), near("dog", 0), near("quetzalcoatlus")]).toEqual([[], [], [], []]);
  });

  it("searches 40,000 labels and sentences in a fraction of a second", () => {
    const many = Array.from({ length: 40_000 }, (_, i) => [
      fold(`label ${i}`),
      fold(`a much longer text about ${i} things`),
    ]);
    const start = performance.now();
    expect(nearestRows("lable 39999", many, 3)).toContain(39_999);
    expect(performance.now() - start).toBeLessThan(3000);
  });
});
