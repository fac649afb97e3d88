import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packTexts, rowLengths } from "./packing.ts";

describe("packTexts", () => {
  it("lays every token of every text into a row, in order, with its place in its text", () => {
    const text = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 128 });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 300, size: "max" }), (texts) => {
        const seen: number[][] = [];
        for (const { first, count, places, tokens } of packTexts(texts)) {
          expect(rowLengths).toContain(tokens.ids.length);
          expect(first).toBe(seen.length);
          expect(count).toBeLessThanOrEqual(places);
          const row: number[][] = Array.from({ length: count }, () => []);
          for (const [at, id] of tokens.ids.entries()) {
            const text = tokens.texts[at] ?? -1;
            if (text < 0) continue;
            expect(tokens.positions[at]).toBe(row[text]?.length);
            row[text]?.push(id);
          }
          seen.push(...row);
        }
        expect(seen).toEqual(texts);
      }),
      { numRuns: 30 },
    );
  });
});
