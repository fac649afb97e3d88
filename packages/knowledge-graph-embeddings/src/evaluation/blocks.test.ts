import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { scoreBlocks, type Scoring } from "./blocks.ts";
import { EvaluationInputError, ScoreBlockError } from "./errors.ts";
import type { Questions } from "./queries.ts";

const entityCount = 5;

function questionsOf(count: number): Questions {
  return { anchors: Int32Array.from({ length: count }, (_, i) => i), relations: new Int32Array(count) };
}

/** Scores each candidate by the anchor, so that rows can be recognised. */
const byAnchor = async ({ anchors }: Questions): Promise<Float32Array> =>
  Float32Array.from({ length: anchors.length * entityCount }, (_, i) => anchors[Math.floor(i / entityCount)]!);

const failsAtTwo = async (questions: Questions): Promise<Float32Array> => {
  if (questions.anchors[0] === 2) throw new Error("no engine");
  return byAnchor(questions);
};

async function collect(count: number, scoring: Scoring) {
  const blocks = [];
  for await (const block of scoreBlocks(questionsOf(count), entityCount, scoring)) blocks.push(block);
  return blocks;
}

describe("scoreBlocks", () => {
  it("covers all questions with blocks of one size within the bytes allowed", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 300 }),
        fc.boolean(),
        async (n, bytes, overlap) => {
          const seen = new Set<number>();
          const blocks = await collect(n, { scoreBlock: byAnchor, blockBytes: bytes, overlap });
          for (const { start, rows, scores } of blocks) {
            expect(rows).toBe(blocks[0]!.rows);
            expect(scores.length).toBe(rows * entityCount);
            expect(rows === 1 || scores.byteLength <= bytes).toBe(true);
            for (let row = 0; row < rows; row++) {
              expect(scores[row * entityCount]).toBe(start + row);
              seen.add(start + row);
            }
          }
          expect(seen.size).toBe(n);
        },
      ),
    );
  });

  it("asks nothing when there are no questions", async () => {
    expect(await collect(0, { scoreBlock: () => Promise.reject(new Error("asked")) })).toEqual([]);
  });

  it.each([
    { overlap: true, order: ["ask 0", "ask 1", "read 0", "ask 2", "read 1", "read 2"] },
    { overlap: false, order: ["ask 0", "read 0", "ask 1", "read 1", "ask 2", "read 2"] },
  ])("asks for the next block before this one is read only with overlap: $overlap", async ({ overlap, order }) => {
    const log: string[] = [];
    const scoreBlock = (questions: Questions) => {
      log.push(`ask ${questions.anchors[0]}`);
      return byAnchor(questions);
    };
    const blocks = scoreBlocks(questionsOf(3), entityCount, { scoreBlock, blockBytes: 1, overlap });
    for await (const { start } of blocks) log.push(`read ${start}`);
    expect(log).toEqual(order);
  });

  it("refuses memory that is returned twice under overlap, and takes it otherwise", async () => {
    const memory = new Float32Array(entityCount);
    const scoring = { scoreBlock: async () => memory, blockBytes: 1 };
    await expect(collect(3, { ...scoring, overlap: true })).rejects.toThrow(ScoreBlockError);
    expect(await collect(3, scoring)).toHaveLength(3);
  });

  it("refuses a block of the wrong size", async () => {
    await expect(collect(2, { scoreBlock: async () => new Float32Array(9) })).rejects.toThrow(
      /2 rows of 5 scores, got 9/,
    );
  });

  it.each([0, -1, Number.NaN])("refuses blocks of %d bytes", async (blockBytes) => {
    await expect(collect(2, { scoreBlock: byAnchor, blockBytes })).rejects.toThrow(EvaluationInputError);
  });

  it("throws the reason of an abort, asks no further block, and passes the signal on", async () => {
    const abort = new AbortController();
    let asked = 0;
    const scoreBlock = (questions: Questions, signal?: AbortSignal) => {
      expect(signal).toBe(abort.signal);
      asked += 1;
      if (asked === 2) abort.abort(new Error("enough"));
      return byAnchor(questions);
    };
    await expect(collect(9, { scoreBlock, blockBytes: 1, signal: abort.signal })).rejects.toThrow("enough");
    expect(asked).toBe(2);
  });

  it("passes a failure of the scorer on, also of a block asked for early", async () => {
    await expect(collect(9, { scoreBlock: failsAtTwo, blockBytes: 1, overlap: true })).rejects.toThrow("no engine");
  });

  it("has no computation running when its reader stops early", async () => {
    let running = 0;
    const scoreBlock = async (questions: Questions) => {
      running += 1;
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return byAnchor(questions);
    };
    for await (const block of scoreBlocks(questionsOf(9), entityCount, { scoreBlock, blockBytes: 1, overlap: true })) {
      expect(block.start).toBe(0);
      break;
    }
    expect(running).toBe(0);
  });
});
