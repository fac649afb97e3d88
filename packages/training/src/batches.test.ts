import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EpochBatches, type BatchPosition } from "./batches.ts";
import { InvalidOptionError } from "./errors.ts";

const options = fc.record({
  count: fc.integer({ min: 1, max: 60 }),
  batchSize: fc.integer({ min: 1, max: 20 }),
  seed: fc.nat(),
  shuffle: fc.boolean(),
  lastBatch: fc.constantFrom("keep" as const, "drop" as const),
});
const usable = options.filter(({ count, batchSize, lastBatch }) => lastBatch === "keep" || batchSize <= count);

const take = (batches: EpochBatches, count: number): [number, number[]][] =>
  Array.from({ length: count }, () => {
    const { epoch, indices } = batches.next();
    return [epoch, [...indices]];
  });

describe("EpochBatches", () => {
  it("gives every example once an epoch, in full batches but the last", () => {
    fc.assert(
      fc.property(usable, (given) => {
        const { count, batchSize, lastBatch } = given;
        const batches = new EpochBatches(given);
        for (const epoch of [0, 1, 2]) {
          const taken = take(batches, batches.batchesPerEpoch);
          expect(taken.map(([of]) => of)).toEqual(taken.map(() => epoch));
          expect(taken.slice(0, -1).every(([, indices]) => indices.length === batchSize)).toBe(true);
          const indices = taken.flatMap(([, some]) => some);
          expect(new Set(indices).size).toBe(indices.length);
          expect(indices.every((index) => index >= 0 && index < count)).toBe(true);
          expect(indices.length).toBe(lastBatch === "keep" ? count : count - (count % batchSize));
        }
      }),
    );
  });

  it("takes up exactly where a saved position stands", () => {
    fc.assert(
      fc.property(usable, fc.integer({ min: 0, max: 30 }), (given, before) => {
        const batches = new EpochBatches(given);
        take(batches, before);
        const position = JSON.parse(JSON.stringify(batches.getState())) as BatchPosition;
        const resumed = new EpochBatches(given);
        resumed.setState(position);
        expect(resumed.getState()).toEqual(position);
        expect(take(resumed, 20)).toEqual(take(batches, 20));
      }),
    );
  });

  it("orders each epoch anew, or not at all", () => {
    const shuffled = new EpochBatches({ count: 50, batchSize: 50, seed: 0 });
    const [first, second] = take(shuffled, 2).map(([, indices]) => indices);
    expect(first).not.toEqual(second);
    const plain = new EpochBatches({ count: 5, batchSize: 2, seed: 0, shuffle: false });
    expect(take(plain, 3).map(([, indices]) => indices)).toEqual([[0, 1], [2, 3], [4]]);
  });

  it("refuses sizes that make no batch", () => {
    expect(() => new EpochBatches({ count: 0, batchSize: 1, seed: 0 })).toThrow(InvalidOptionError);
    expect(() => new EpochBatches({ count: 1, batchSize: 0, seed: 0 })).toThrow(InvalidOptionError);
    expect(() => new EpochBatches({ count: 3, batchSize: 4, seed: 0, lastBatch: "drop" })).toThrow(/3 examples/);
  });

  it("refuses a position beyond its data", () => {
    const position = new EpochBatches({ count: 30, batchSize: 30, seed: 0 });
    position.next();
    const fewer = new EpochBatches({ count: 20, batchSize: 5, seed: 0 });
    expect(() => fewer.setState(position.getState())).toThrow(/at most 20/);
  });
});
