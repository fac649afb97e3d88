import { heatMap } from "@offprint/experiment";
import { createModel } from "@offprint/language-model";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toyModel } from "../artefacts/testing.ts";
import { toyTokenizer } from "../data/toy-tokenizer.ts";
import { EvaluationInputError } from "./errors.ts";
import type { EvaluatedModel } from "./evaluated-model.ts";
import { passkeyMap } from "./passkey-map.ts";
import { passkeyPrompt } from "./passkey-prompt.ts";
import { passkeyGrid } from "./passkey.ts";

const tokenizer = toyTokenizer(); // a byte is a token

/** A model that reads the last `reach` bytes and goes on with the number hidden there, if it saw one. */
function reader(reach: number): EvaluatedModel {
  const nextByte = (ids: Int32Array, end: number): number => {
    const seen = Buffer.from(Uint8Array.from(ids.subarray(Math.max(0, end - reach), end))).toString("latin1");
    const key = /Remember it: (\d{5})/.exec(seen)?.[1];
    const answer = /\? The pass key is( ?\d*)$/.exec(seen)?.[1];
    if (key === undefined || answer === undefined) return 32;
    return ` ${key}.`.charCodeAt(answer.length);
  };
  return {
    model: createModel(toyModel().config),
    logits: async (ids, places) => {
      const logits = new Float32Array(tokenizer.size);
      logits[nextByte(ids, places[0]! + 1)] = 5;
      return logits;
    },
    losses: async ({ ids, length }) =>
      Float32Array.from({ length: length - 1 }, (_, i) => (nextByte(ids, i + 1) === ids[i + 1] ? 0.1 : 3)),
    dispose: async () => undefined,
  };
}

describe("passkeyPrompt", () => {
  it("fills the length with room for the answer, the key at its depth", () => {
    fc.assert(
      fc.property(fc.integer({ min: 340, max: 3000 }), fc.constantFrom(0, 0.25, 0.5, 1), (length, depth) => {
        const prompt = passkeyPrompt(tokenizer, { length, depth });
        const ids = prompt.ids("12345");
        expect(ids.length).toBeLessThanOrEqual(length - 13);
        expect(ids.length).toBeGreaterThan(length - 13 - 60);
        const text = prompt.text("12345");
        expect(text.match(/12345/g)).toHaveLength(2);
        expect(text.endsWith("The pass key is")).toBe(true);
        const body = text.indexOf("quay") < 0 ? depth : text.indexOf("The pass key is 12345") / text.length;
        expect(Math.abs(body - depth)).toBeLessThan(250 / Math.min(length, 500));
      }),
      { numRuns: 12 },
    );
  });

  it("says how long the question alone is", () => {
    expect(() => passkeyPrompt(tokenizer, { length: 100, depth: 0 })).toThrow(EvaluationInputError);
    expect(() => passkeyPrompt(tokenizer, { length: 100, depth: 0 })).toThrow(/100 tokens is too short.* takes \d+/);
  });
});

describe("passkeyGrid", () => {
  it("finds every key where the whole prompt is read, and only those near the end where it is not", async () => {
    const asked = { lengths: [400, 1200], depths: [0, 1], tests: 3, distractors: 4 };
    const all = await passkeyGrid(reader(5000), tokenizer, asked);
    expect(all.chance).toBe(0.2);
    for (const cell of all.cells) expect(cell).toMatchObject({ tests: 3, found: 3, rankedFirst: 3 });
    const near = await passkeyGrid(reader(150), tokenizer, asked);
    const found = near.cells.map(({ length, depth, found }) => [length, depth, found]);
    expect(found).toEqual([
      [400, 0, 0],
      [400, 1, 3],
      [1200, 0, 0],
      [1200, 1, 3],
    ]);
    expect(near.cells[2]?.share).toBeCloseTo(0.2, 5); // knows nothing
    expect(near.cells[2]?.rankedFirst).toBe(0); // a tie is no find
    expect(near.cells[3]?.promptTokens).toBeGreaterThan(1100);
  });

  it("asks for the same keys again with the same seed", async () => {
    const seen: number[][] = [];
    const watching = { ...reader(9), logits: async (ids: Int32Array) => (seen.push([...ids]), new Float32Array(300)) };
    for (const seed of [1, 1, 2])
      await passkeyGrid(watching, tokenizer, { lengths: [340], depths: [0], tests: 1, seed });
    const runs = [0, 1, 2].map((i) => seen[(i * seen.length) / 3]);
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).not.toEqual(runs[0]);
  });

  it("is drawn as a heat map", async () => {
    const grid = await passkeyGrid(reader(150), tokenizer, { lengths: [400], depths: [0, 1], tests: 1 });
    const map = passkeyMap(grid, "rankedFirst", { id: "p", form: "file" });
    expect(map.values).toEqual([[0], [100]]);
    expect(await heatMap(map)).toContain("chance 10 %");
  });
});
