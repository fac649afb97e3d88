import { describe, expect, it } from "vitest";
import { InvalidOptionError } from "./errors.ts";
import { portableLog } from "./normal.ts";
import { RandomStream, type RandomState } from "./random.ts";

const MASK = (1n << 64n) - 1n;
const word = (high: number, low: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
const rotate = (x: bigint, by: bigint): bigint => ((x << by) | (x >> (64n - by))) & MASK;

/** xoroshiro128+ from its definition by Blackman & Vigna, in big integers; gives the low 32 bits. */
function* reference([s01, s00, s11, s10]: RandomState): Generator<number> {
  let s0 = word(s01, s00);
  let s1 = word(s11, s10);
  for (;;) {
    yield Number((s0 + s1) & 0xffffffffn);
    s1 ^= s0;
    s0 = rotate(s0, 24n) ^ s1 ^ ((s1 << 16n) & MASK);
    s1 = rotate(s1, 37n);
  }
}

function mean(values: Float32Array | Float64Array, f: (x: number) => number): number {
  let sum = 0;
  for (const x of values) sum += f(x);
  return sum / values.length;
}

describe("RandomStream", () => {
  it("gives the same numbers on every machine", () => {
    const stream = RandomStream.create(0, "init");
    expect(stream.getState()).toEqual([139491301, -1560262002, 77946184, -684764935]);
    expect([stream.uniform(), stream.uniform()]).toEqual([0.4772889353032068, 0.14298880665462677]);
    expect([stream.normal(), stream.normal(), stream.normal()]).toEqual([
      -0.1150143382768735, -0.8395569335556845, 0.05430031816541086,
    ]);
    expect(Array.from({ length: 8 }, () => stream.integer(10))).toEqual([3, 6, 4, 4, 8, 3, 7, 2]);
    expect([...stream.shuffle(Int32Array.of(0, 1, 2, 3, 4, 5))]).toEqual([2, 0, 4, 1, 5, 3]);
  });

  it("draws the bits of xoroshiro128+", () => {
    const stream = RandomStream.create(7, "bits");
    const expected = reference(stream.getState());
    const drawn = stream.fillUniform(new Float64Array(1000), 0, 2 ** 32);
    expect([...drawn]).toEqual(Array.from(drawn, () => expected.next().value));
  });

  it("continues exactly from a state kept as JSON", () => {
    const stream = RandomStream.create(3, "dropout");
    stream.fillNormal(new Float32Array(101));
    const state = JSON.parse(JSON.stringify(stream.getState())) as RandomState;
    const expected = stream.fillNormal(new Float32Array(50));
    expect(RandomStream.fromState(state).fillNormal(new Float32Array(50))).toEqual(expected);
  });

  it("fills as single calls would", () => {
    const filled = RandomStream.create(1, "a").fillNormal(new Float64Array(99), 2, 3);
    const single = RandomStream.create(1, "a");
    expect([...filled]).toEqual(Array.from(filled, () => 2 + 3 * single.normal()));
  });

  it("keeps streams of other names and seeds apart", () => {
    const seeds = [0, 1, 2, 12, 123456789, Number.MAX_SAFE_INTEGER];
    const names = ["init", "shuffle", "dropout", "1/init", ""];
    const fills = seeds.flatMap((seed) =>
      names.map((name) => RandomStream.create(seed, name).fillUniform(new Float64Array(2000), -1, 1)),
    );
    for (const [i, a] of fills.entries()) {
      for (const b of fills.slice(i + 1)) {
        const correlation = 3 * a.reduce((sum, x, k) => sum + (x * (b[k] ?? NaN)) / a.length, 0);
        expect(Math.abs(correlation)).toBeLessThan(0.12); // five deviations
      }
    }
  });

  it("has the moments of the uniform distribution", () => {
    const values = RandomStream.create(5, "uniform").fillUniform(new Float32Array(1_000_000), -2, 2);
    expect(Math.min(...values.subarray(0, 50_000))).toBeGreaterThanOrEqual(-2);
    expect(Math.max(...values.subarray(0, 50_000))).toBeLessThanOrEqual(2);
    expect(mean(values, (x) => x)).toBeCloseTo(0, 2);
    expect(mean(values, (x) => x * x)).toBeCloseTo(4 / 3, 2);
  });

  it("has the moments and tails of the normal distribution", () => {
    const values = RandomStream.create(5, "normal").fillNormal(new Float64Array(2_000_000));
    expect(mean(values, (x) => x)).toBeCloseTo(0, 2);
    expect(mean(values, (x) => x * x)).toBeCloseTo(1, 2);
    expect(mean(values, (x) => x ** 3)).toBeCloseTo(0, 1);
    expect(mean(values, (x) => x ** 4)).toBeCloseTo(3, 1);
    // P(|z| > 1), > 2, > 3, > TAIL and > 4, from tables of the error function.
    for (const [bound, share] of [
      [1, 0.3173105079],
      [2, 0.0455002639],
      [3, 0.0026997961],
      [3.442619855899, 0.00057609],
      [4, 0.0000633425],
    ] as const) {
      const found = mean(values, (x) => (Math.abs(x) > bound ? 1 : 0));
      expect(Math.abs(found - share)).toBeLessThan(5 * Math.sqrt(share / values.length));
    }
  });

  it("draws whole numbers evenly, also where 2^32 is no multiple", () => {
    const stream = RandomStream.create(9, "integer");
    const count = 7;
    const seen = new Float64Array(count);
    for (let i = 0; i < 70_000; i++) seen[stream.integer(count)]! += 1;
    const chiSquare = seen.reduce((sum, observed) => sum + (observed - 10_000) ** 2 / 10_000, 0);
    expect(chiSquare).toBeLessThan(30); // 6 degrees of freedom: 1 in 25,000
    expect(stream.integer(1)).toBe(0);
    expect(stream.integer(2 ** 32)).toBeLessThan(2 ** 32);
  });

  it("shuffles into each order equally often", () => {
    const stream = RandomStream.create(11, "shuffle");
    const seen = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const order = stream.shuffle([0, 1, 2, 3]).join("");
      seen.set(order, (seen.get(order) ?? 0) + 1);
    }
    expect(seen.size).toBe(24);
    const chiSquare = [...seen.values()].reduce((sum, observed) => sum + (observed - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(60); // 23 degrees of freedom: 1 in 30,000
  });

  it.each([-1, 0.5, NaN, 2 ** 53])("refuses the seed %s", (seed) => {
    expect(() => RandomStream.create(seed, "init")).toThrow(InvalidOptionError);
  });

  it.each([[[0, 0, 0, 0]], [[1, 2, 3]], [[1, 2, 3, 0.5]], [null]])("refuses the state %j", (state) => {
    expect(() => RandomStream.fromState(state as unknown as RandomState)).toThrow(InvalidOptionError);
  });

  it.each([0, -3, NaN, 2 ** 32 + 1])("refuses to choose among %s numbers", (count) => {
    expect(() => RandomStream.create(0, "x").integer(count)).toThrow(InvalidOptionError);
  });
});

it("has a logarithm within a few units in the last place", () => {
  const stream = RandomStream.create(1, "log");
  const values = Array.from({ length: 100_000 }, () => stream.uniform() ** 3 || 0.5);
  const errors = values.map((x) => Math.abs(portableLog(x) / Math.log(x) - 1));
  expect(Math.max(...errors)).toBeLessThan(1e-14);
});
