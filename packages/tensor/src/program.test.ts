import { afterEach, describe, expect, it } from "vitest";
import { valueAndGrad } from "./autodiff.ts";
import { checkpoint } from "./checkpoint.ts";
import { compile, createResident } from "./default-engine.ts";
import type { HostTensor } from "./dtype.ts";
import { float32, int32, type Tensor } from "./graph/tensor.ts";
import { hostTensor } from "./host-tensor.ts";
import * as ops from "./ops/index.ts";
import { cachePrograms } from "./program-cache.ts";
import { expectClose, numbers, randomTensor } from "./testing.ts";

const open: { dispose(): unknown }[] = [];
const keep = <T extends { dispose(): unknown }>(thing: T): T => {
  open.push(thing);
  return thing;
};
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing.dispose();
});

const vector = (...values: number[]): HostTensor => hostTensor(Float32Array.from(values));
const list = (tensor: HostTensor): number[] => Array.from(tensor.data as Float32Array);

/** Gradient descent with momentum on the squared distance to a target: enough state to see updates. */
const descent = () =>
  compile({
    state: { params: { x: vector(0, 0, 0) }, momentum: { x: vector(0, 0, 0) } },
    inputs: { target: float32([3]) },
    run({ state, inputs }) {
      const { value, grads } = valueAndGrad((params: { x: Tensor }) => {
        return ops.sum(ops.square(ops.sub(params.x, inputs.target)));
      })(state.params as { x: Tensor });
      const momentum = ops.add(ops.mul(0.5, state.momentum.x), grads.x);
      const x = ops.sub(state.params.x, ops.mul(0.1, momentum));
      return { state: { params: { x }, momentum: { x: momentum } }, outputs: { loss: value, grad: grads.x } };
    },
  });

describe("a program", () => {
  it("keeps its state in the engine from run to run", async () => {
    const program = keep(await descent());
    let [x, momentum] = [
      [0, 0, 0],
      [0, 0, 0],
    ];
    const target = [1, -2, 3];
    for (let step = 0; step < 20; step++) {
      const { loss } = await program.run({ target: Float32Array.from(target) });
      expectClose([Number(loss.data[0])], [x.reduce((total, v, i) => total + (v - (target[i] ?? 0)) ** 2, 0)]);
      momentum = momentum.map((m, i) => 0.5 * m + 2 * ((x[i] ?? 0) - (target[i] ?? 0)));
      x = x.map((v, i) => v - 0.1 * (momentum[i] ?? 0));
    }
    expectClose(list((await program.state.read("params.x")) as HostTensor), x);
    expect(Object.keys(await program.state.readAll())).toEqual(["params", "momentum"]);
  });

  it("computes only the outputs asked for, with the same new state", async () => {
    const [all, none] = [keep(await descent()), keep(await descent())];
    const target = Float32Array.of(1, 2, 3);
    expect(Object.keys(await all.run({ target }))).toEqual(["loss", "grad"]);
    expect(await none.run({ target }, { outputs: [] })).toEqual({});
    expect(list((await none.state.read("params.x")) as HostTensor)).toEqual(
      list((await all.state.read("params.x")) as HostTensor),
    );
    await expect(all.run({ target }, { outputs: ["los" as "loss"] })).rejects.toThrow(
      /no output "los"; there is loss, grad/,
    );
  });

  it("shares state with other programs", async () => {
    const state = keep(await createResident({ x: vector(1, 2) }));
    const twice = keep(await compile({ state, run: ({ state: { x } }) => ({ state: { x: ops.mul(2, x) } }) }));
    const total = keep(await compile({ state, run: ({ state: { x } }) => ({ outputs: { total: ops.sum(x) } }) }));
    for (let i = 0; i < 3; i++) await twice.run({});
    expect((await total.run({})).total.data[0]).toBe(24);
    await state.write({ x: vector(5, 6) });
    expect((await total.run({})).total.data[0]).toBe(11);
  });

  it("adds state of its own to shared state, and gives back only its own", async () => {
    const weights = keep(await createResident({ w: vector(2, 3) }));
    for (const start of [1, 10]) {
      const state = await weights.extend({ sum: vector(start, start) });
      const program = await compile({ state, run: ({ state: { w, sum } }) => ({ state: { sum: ops.add(sum, w) } }) });
      await Promise.all([program.run({}), program.run({})]);
      expect(list((await state.read("sum")) as HostTensor)).toEqual([start + 4, start + 6]);
      await program.dispose();
      state.dispose();
    }
    expect(list((await weights.read("w")) as HostTensor)).toEqual([2, 3]);
    await expect(weights.extend({ w: vector(1) })).rejects.toThrow('the state has a "w" already');
  });

  it("writes rows into state where it lies, and elsewhere what reads the old rows", async () => {
    const state = keep(await createResident({ cache: hostTensor(new Float32Array(8), [4, 2]) }));
    const inputs = { rows: int32([2]), values: float32([2, 2]) };
    const write = keep(
      await compile({
        state,
        inputs,
        run({ state: { cache }, inputs: { rows, values } }) {
          const next = ops.setRows(cache, rows, values);
          return { state: { cache: next }, outputs: { total: ops.sum(ops.reshape(next, [8])) } };
        },
      }),
    );
    const memory = [...state.slots.values()][0]!;
    const before = memory.current;
    expect((await write.run({ rows: Int32Array.of(2, 0), values: Float32Array.of(1, 2, 3, 4) })).total.data[0]).toBe(
      10,
    );
    expect(list((await state.read("cache")) as HostTensor)).toEqual([3, 4, 0, 0, 1, 2, 0, 0]);
    expect([memory.current, memory.spare]).toEqual([before, undefined]);

    const old = keep(
      await compile({
        state,
        inputs,
        run({ state: { cache }, inputs: { rows, values } }) {
          return { state: { cache: ops.setRows(cache, rows, values) }, outputs: { total: ops.sum(cache) } };
        },
      }),
    );
    expect((await old.run({ rows: Int32Array.of(1, 3), values: Float32Array.of(5, 5, 5, 5) })).total.data[0]).toBe(10);
    expect(list((await state.read("cache")) as HostTensor)).toEqual([3, 4, 5, 5, 1, 2, 5, 5]);
    expect(memory.spare).toBeDefined();
  });

  it("reads leaves and branches whose names hold dots", async () => {
    const state = keep(await createResident({ params: { "layer.0.weight": vector(1), "layer.0": vector(2) } }));
    expect(list((await state.read("params.layer.0.weight")) as HostTensor)).toEqual([1]);
    expect(list((await state.read("params.layer.0")) as HostTensor)).toEqual([2]);
    expect(Object.keys(await state.read("params"))).toEqual(["layer.0.weight", "layer.0"]);
  });

  it("swaps two leaves, which cannot happen in place", async () => {
    const program = keep(
      await compile({
        state: { a: vector(1, 2), b: vector(3, 4) },
        run: ({ state: { a, b } }) => ({ state: { a: ops.add(b, 0), b: ops.add(a, 0) } }),
      }),
    );
    for (let i = 0; i < 3; i++) await program.run({});
    expect(list((await program.state.read("a")) as HostTensor)).toEqual([3, 4]);
    expect(list((await program.state.read("b")) as HostTensor)).toEqual([1, 2]);
  });

  it("passes an input or another leaf on as state and as output", async () => {
    const program = keep(
      await compile({
        state: { last: vector(0, 0) },
        inputs: { now: float32([2]) },
        run: ({ state, inputs }) => ({ state: { last: inputs.now }, outputs: { before: state.last, now: inputs.now } }),
      }),
    );
    await program.run({ now: Float32Array.of(1, 2) });
    const { before, now } = await program.run({ now: Float32Array.of(3, 4) });
    expect([list(before), list(now)]).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it("reads an old value before it is overwritten, whatever the order of computation", async () => {
    // y reads x after x's own update could already have happened; the result must be as if all happened at once.
    const program = keep(
      await compile({
        state: { x: vector(1, 2, 3), y: vector(0, 0, 0) },
        run: ({ state: { x, y } }) => ({
          state: { x: ops.mul(x, 10), y: ops.add(y, ops.exp(ops.reshape(ops.reshape(x, [3, 1]), [3]))) },
        }),
      }),
    );
    await program.run({});
    expectClose(list((await program.state.read("y")) as HostTensor), [1, 2, 3].map(Math.exp));
    await program.run({});
    expectClose(
      list((await program.state.read("y")) as HostTensor),
      [1, 2, 3].map((v) => Math.exp(v) + Math.exp(10 * v)),
    );
  });

  it("explains inputs that do not fit", async () => {
    const program = keep(
      await compile({ inputs: { i: int32([2]) }, run: ({ inputs }) => ({ outputs: { i: ops.add(inputs.i, 1) } }) }),
    );
    await expect(program.run({ i: Float32Array.of(1, 2) })).rejects.toThrow(
      /input "i": wanted int32\[2\].*got float32/,
    );
    await expect(program.run({ i: Int32Array.of(1) })).rejects.toThrow(
      /input "i": wanted int32\[2\] \(2 values\).*with 1/,
    );
    await expect(program.run({} as never)).rejects.toThrow(/input "i" is missing/);
    await expect(program.run({ i: Int32Array.of(1, 2), j: Int32Array.of(1) } as never)).rejects.toThrow(/no input "j"/);
    expect(Array.from((await program.run({ i: Int32Array.of(1, 2) })).i.data as Int32Array)).toEqual([2, 3]);
  });

  it("refuses new state of another shape while it is traced", async () => {
    const traced = compile({ state: { x: vector(1, 2) }, run: ({ state: { x } }) => ({ state: { x: ops.sum(x) } }) });
    await expect(traced).rejects.toThrow(/new state "x" is float32\[\], the state float32\[2\]/);
  });

  it("describes its operations, parameters and cost", async () => {
    const program = keep(await descent());
    const summary = program.describe();
    expect(summary.parameters).toBe(3);
    expect(summary.ops["mul"]).toBeGreaterThan(2);
    expect(summary.flops).toBeGreaterThan(10);
    expect(summary.stateBytes).toBe(2 * 3 * 4);
    expect(summary.toString()).toMatch(/^3 parameters[\s\S]*operations: .*mul \d[\s\S]*float32\[3\]/);
  });

  it("runs 10,000 times without growing", async () => {
    const program = keep(await descent());
    const target = Float32Array.of(1, 2, 3);
    const run = async (times: number) => {
      for (let i = 0; i < times; i++) await program.run({ target }, { outputs: ["loss"] });
    };
    await run(2_000);
    const before = process.memoryUsage.rss();
    await run(8_000);
    expect(process.memoryUsage.rss() - before).toBeLessThan(40e6);
  });

  it("loses state that a stopped run had begun to update, and says so until it is written anew", async () => {
    const big = randomTensor([700, 700], numbers(1, -0.01, 0.01));
    const program = keep(
      await compile({
        state: { x: big },
        run: ({ state: { x } }) => {
          let y: Tensor = x;
          for (let i = 0; i < 60; i++) y = ops.tanh(ops.matmul(y, x));
          return { state: { x: ops.add(x, y) } };
        },
      }),
    );
    await program.run({});
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 20);
    await expect(program.run({}, { signal: abort.signal })).rejects.toThrow();
    await expect(program.run({})).rejects.toThrow(/half updated; write all of it anew/);
    await program.state.write({ x: big });
    await program.run({});
  });
});

describe("checkpoint", () => {
  const layer = (x: Tensor, w: Tensor): Tensor =>
    ops.tanh(ops.matmul(ops.gelu(ops.matmul(x, w)), w, { transposeB: true }));
  const net = (depth: number, wrap: boolean) => (params: { w: Tensor }, x: Tensor) => {
    const block = wrap ? checkpoint(layer) : layer;
    let y = x;
    for (let i = 0; i < depth; i++) y = block(y, params.w);
    return ops.mean(ops.square(y));
  };

  it("gives the same value and gradients as keeping everything", async () => {
    const program = async (wrap: boolean) =>
      keep(
        await compile({
          state: { params: { w: randomTensor([6, 9], numbers(3)) } },
          inputs: { x: float32([4, 6]) },
          run: ({ state, inputs }) => {
            const { value, grads } = valueAndGrad(net(3, wrap))(state.params, inputs.x);
            return { outputs: { value, grad: grads.w } };
          },
        }),
      );
    const x = randomTensor([4, 6], numbers(4));
    const [plain, again] = [await (await program(false)).run({ x }), await (await program(true)).run({ x })];
    expectClose(list(again.value), list(plain.value), 1e-6);
    expectClose(list(again.grad), list(plain.grad), 1e-5, 1e-7);
  });
});

describe("a cache of programs", () => {
  it("compiles each shape once and lets go of the one unused for longest", async () => {
    const compiled: number[] = [];
    const cache = keep(
      cachePrograms(
        async (length: number) => {
          compiled.push(length);
          return compile({
            inputs: { x: float32([length]) },
            run: ({ inputs: { x } }) => ({ outputs: { total: ops.sum(x) } }),
          });
        },
        { limit: 2 },
      ),
    );
    for (const length of [1, 2, 1, 3, 1, 2]) {
      const program = await cache.get(length);
      expect((await program.run({ x: new Float32Array(length).fill(1) })).total.data[0]).toBe(length);
    }
    expect(compiled).toEqual([1, 2, 3, 2]);
  });
});
