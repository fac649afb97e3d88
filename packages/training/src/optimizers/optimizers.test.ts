import { add, compile, float32, hostTensor, isHostTensor, mul, treeLeaves, type HostTensor } from "@offprint/tensor";
import { describe, expect, it } from "vitest";
import { InvalidOptionError } from "../errors.ts";
import { RandomStream } from "../random.ts";
import { adam } from "./adam.ts";
import { adamw } from "./adamw.ts";
import { OptimizerStructureError, type Optimizer } from "./optimizer.ts";
import { sgd } from "./sgd.ts";

type Numbers = readonly number[];
/** What an optimiser keeps; its branches are typed as leaves, for the type of a program's state must have an end. */
type Memory = { readonly [key: string]: HostTensor };

/** Optimisers number by number in float64, as PyTorch's documentation writes them; a new state at each call. */
const naive = {
  sgd: ({ momentum = 0, nesterov = false }) => {
    let buffer: Numbers | undefined;
    return (p: Numbers, g: Numbers, rate: number): Numbers => {
      const last = buffer;
      const next = g.map((x, i) => (last ? momentum * (last[i] ?? NaN) + x : x));
      buffer = next;
      return p.map((x, i) => x - rate * (nesterov ? (g[i] ?? NaN) + momentum * (next[i] ?? NaN) : (next[i] ?? NaN)));
    };
  },
  adam: ({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 }) => {
    let m: Numbers = [];
    let v: Numbers = [];
    let t = 0;
    return (p: Numbers, g: Numbers, rate: number): Numbers => {
      t++;
      m = g.map((x, i) => beta1 * (m[i] ?? 0) + (1 - beta1) * x);
      v = g.map((x, i) => beta2 * (v[i] ?? 0) + (1 - beta2) * x * x);
      return p.map((x, i) => {
        const mHat = (m[i] ?? NaN) / (1 - beta1 ** t);
        const vHat = (v[i] ?? NaN) / (1 - beta2 ** t);
        return x * (1 - rate * weightDecay) - (rate * mHat) / (Math.sqrt(vHat) + epsilon);
      });
    };
  },
};

const start = { a: Array.from(RandomStream.create(0, "a").fillNormal(new Float32Array(6))), b: [2] };

/** The parameters after each update with the gradients that `gradientsAt` gives for a step. */
async function follow(
  optimizer: Optimizer,
  steps: number,
  gradientsAt: (step: number) => { a: Numbers; b: Numbers },
  rateAt: (step: number) => number,
): Promise<{ a: Numbers; b: Numbers }[]> {
  const params = { a: hostTensor(Float32Array.from(start.a), [2, 3]), b: hostTensor(Float32Array.from(start.b), []) };
  const program = await compile({
    state: { params, optimizer: optimizer.init(params) as Memory },
    inputs: { a: float32([2, 3]), b: float32([]), rate: float32([]) },
    run: ({ state: now, inputs: { a, b, rate } }) => {
      const updated = optimizer.update({ a, b }, now.optimizer, now.params, { learningRate: rate });
      return { state: { params: updated.params, optimizer: updated.state } };
    },
  });
  try {
    const passed: { a: Numbers; b: Numbers }[] = [];
    for (let step = 0; step < steps; step++) {
      const { a, b } = gradientsAt(step);
      await program.run({ a: Float32Array.from(a), b: Float32Array.from(b), rate: Float32Array.of(rateAt(step)) });
      const now = await program.state.readAll();
      passed.push({ a: numbersOf(now.params.a), b: numbersOf(now.params.b) });
    }
    return passed;
  } finally {
    await program.dispose();
  }
}

const numbersOf = ({ data }: HostTensor): Numbers => Array.from(data, Number);

const noise = RandomStream.create(1, "gradients");
const noisy = Array.from({ length: 50 }, () => ({
  a: [...noise.fillNormal(new Float32Array(6))].map((x, i) => Math.fround(x * 10 ** (i - 5))),
  b: [Math.fround(noise.normal())],
}));

const rate = (step: number): number => Math.fround(0.1 * 0.95 ** step);

describe.each([
  { name: "sgd", optimizer: sgd(), oracle: () => naive.sgd({}) },
  { name: "sgd with momentum", optimizer: sgd({ momentum: 0.9 }), oracle: () => naive.sgd({ momentum: 0.9 }) },
  {
    name: "sgd with Nesterov's momentum",
    optimizer: sgd({ momentum: 0.8, nesterov: true }),
    oracle: () => naive.sgd({ momentum: 0.8, nesterov: true }),
  },
  { name: "adam", optimizer: adam(), oracle: () => naive.adam({}) },
  {
    name: "adam with unusual settings",
    optimizer: adam({ beta1: 0, beta2: 0.9, epsilon: 0.1 }),
    oracle: () => naive.adam({ beta1: 0, beta2: 0.9, epsilon: 0.1 }),
  },
  { name: "adamw", optimizer: adamw({ weightDecay: 0.3 }), oracle: () => naive.adam({ weightDecay: 0.3 }) },
])("$name", ({ optimizer, oracle }) => {
  it("follows the float64 rule over 50 updates with a changing learning rate", async () => {
    const passed = await follow(optimizer, noisy.length, (step) => noisy[step] ?? { a: [], b: [] }, rate);
    for (const key of ["a", "b"] as const) {
      const update = oracle();
      let expected: Numbers = start[key];
      for (const [step, gradients] of noisy.entries()) {
        expected = update(expected, gradients[key], rate(step));
        for (const [i, value] of passed[step]?.[key].entries() ?? []) {
          expect(Math.abs(value - (expected[i] ?? NaN))).toBeLessThan(2e-5);
        }
      }
    }
  });
});

describe("adam", () => {
  it("moves by the learning rate against the sign of the first gradient, whatever its size", async () => {
    const gradients = { a: [1e-3, -1e-2, 0.1, -1, 10, -100], b: [5] };
    const [first] = await follow(
      adam(),
      1,
      () => gradients,
      () => 0.25,
    );
    for (const [i, g] of gradients.a.entries()) {
      expect((first?.a[i] ?? NaN) - (start.a[i] ?? NaN)).toBeCloseTo(-0.25 * Math.sign(g), 4);
    }
  });

  it("stays put where the gradient is always 0", async () => {
    const still = await follow(
      adam(),
      3,
      () => ({ a: [0, 0, 0, 0, 0, 0], b: [0] }),
      () => 1,
    );
    expect(still[2]).toEqual(start);
  });

  it.each([1, 2, 10, 1000, 30_000, 100_000])("corrects the bias of update %s as in float64", async (count) => {
    // From empty sums at any count, one update is −rate·(1−β₁)g/(1−β₁ᵗ) / (√((1−β₂)g²/(1−β₂ᵗ)) + ε).
    const { param = NaN } = await followOnes(1, 1, count - 1);
    const exact = -(0.1 / (1 - 0.9 ** count)) / (Math.sqrt(0.001 / (1 - 0.999 ** count)) + 1e-8);
    expect(Math.abs(param / exact - 1)).toBeLessThan(1e-6);
  });

  it("agrees with the closed form after 10,000 updates in one direction", async () => {
    // With a constant gradient m̂ = g and v̂ = g², so every update moves by rate·g/(g + ε).
    const { param = NaN, updates, gradients = NaN, squares = NaN } = await followOnes(10_000, 2 ** -10);
    expect(Math.abs(param / (-10_000 / 1024) - 1)).toBeLessThan(1e-3);
    expect(updates).toBe(10_000);
    expect(gradients * 0.1).toBeCloseTo(1, 5);
    expect(squares * 0.001).toBeCloseTo(1, 4);
  });
});

/** Adam on one parameter that begins at 0 and whose gradient is always 1. */
async function followOnes(steps: number, learningRate: number, updates = 0): Promise<Record<string, number>> {
  const optimizer = adam();
  const param = hostTensor(Float32Array.of(0));
  const memory: Memory = { ...(optimizer.init(param) as Memory), updates: hostTensor(Int32Array.of(updates), []) };
  const program = await compile({
    state: { param, memory },
    run: ({ state: now }) => {
      const ones = add(mul(now.param, 0), 1);
      const updated = optimizer.update(ones, now.memory, now.param, { learningRate });
      return { state: { param: updated.params, memory: updated.state } };
    },
  });
  for (let step = 0; step < steps; step++) await program.run({});
  const leaves = treeLeaves<HostTensor>(await program.state.readAll(), isHostTensor);
  await program.dispose();
  return Object.fromEntries(leaves.map(([path, { data }]) => [path.replace("memory.", ""), Number(data[0])]));
}

describe("optimisers", () => {
  it("begin with zeros in the structure of the parameters", () => {
    const params = { layers: [{ w: hostTensor(Float32Array.of(1, 2)) }, { w: hostTensor(Float32Array.of(3, 4)) }] };
    const leaves = treeLeaves<HostTensor>(adamw().init(params), isHostTensor);
    expect(leaves.map(([path]) => path)).toEqual([
      "updates",
      "gradients.layers.0.w",
      "gradients.layers.1.w",
      "squares.layers.0.w",
      "squares.layers.1.w",
    ]);
    expect(leaves.every(([, { data }]) => data.every((value) => Number(value) === 0))).toBe(true);
  });

  it("refuse parameters that are not float32", () => {
    expect(() => adam().init({ ids: hostTensor(Int32Array.of(1)) })).toThrow(OptimizerStructureError);
  });

  it.each<[string, () => Optimizer]>([
    ["momentum 1", () => sgd({ momentum: 1 })],
    ["Nesterov without momentum", () => sgd({ nesterov: true })],
    ["beta1 1", () => adam({ beta1: 1 })],
    ["beta2 NaN", () => adam({ beta2: NaN })],
    ["epsilon 0", () => adam({ epsilon: 0 })],
    ["negative decay", () => adamw({ weightDecay: -1 })],
  ])("refuse %s", (_, make) => {
    expect(make).toThrow(InvalidOptionError);
  });
});
