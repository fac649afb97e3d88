import { describe, expect, it } from "vitest";
import { compile } from "../default-engine.ts";
import type { HostTensor } from "../dtype.ts";
import { float32, type Tensor } from "../graph/tensor.ts";
import { hostTensor } from "../host-tensor.ts";
import { expectClose, numbers, randomTensor } from "../testing.ts";
import * as ops from "./index.ts";

/** Momentum and a step: both results read both inputs. */
const rule =
  (rate: Tensor) =>
  ({ x, m, g }: { x: Tensor; m: Tensor; g: Tensor }) => {
    const momentum = ops.add(ops.mul(m, 0.9), g);
    return { x: ops.sub(x, ops.mul(momentum, rate)), m: momentum };
  };

const program = (shape: readonly number[], wrap: boolean) => {
  const next = numbers(5);
  return compile({
    state: { x: randomTensor(shape, next), m: randomTensor(shape, next) },
    inputs: { rate: float32(), scale: float32() },
    run: ({ state: { x, m }, inputs: { rate, scale } }) => {
      const parts = { x, m, g: ops.mul(ops.sin(x), scale) };
      const updated = wrap ? ops.blockwise(rule(ops.mul(rate, 2)), parts) : rule(ops.mul(rate, 2))(parts);
      return { state: updated, outputs: { total: ops.sum(updated.m) } };
    },
  });
};

describe("blockwise", () => {
  it.each([
    ["a size that falls into blocks", [317, 1024]],
    ["a prime size, which does not", [200_003]],
    ["a small one", [40, 5]],
  ])("gives the same bits as the whole arrays for %s, and new state in place", async (_what, shape) => {
    const [blocks, whole] = [await program(shape, true), await program(shape, false)];
    for (let step = 0; step < 3; step++) {
      const inputs = { rate: Float32Array.of(0.05), scale: Float32Array.of(step) };
      // With the output, m is read inside of the program and leaves in its own shape; without, as it was made.
      const [a, b] = [await blocks.run(inputs), await whole.run(inputs)];
      expectClose([Number(a.total.data[0])], [Number(b.total.data[0])], 1e-3);
      await blocks.run(inputs, { outputs: [] });
      await whole.run(inputs, { outputs: [] });
    }
    for (const leaf of ["x", "m"]) {
      const [a, b] = [(await blocks.state.read(leaf)) as HostTensor, (await whole.state.read(leaf)) as HostTensor];
      expect(a.shape).toEqual(shape);
      expect(Buffer.compare(Buffer.from(a.data.buffer), Buffer.from(b.data.buffer))).toBe(0);
    }
    expect([...blocks.state.slots.values()].map(({ spare }) => spare)).toEqual([undefined, undefined]);
    await blocks.dispose();
    await whole.dispose();
  });

  it("does not write over an input that the function still reads", async () => {
    const shape = [317, 1024];
    const x = randomTensor(shape, numbers(8));
    const swap = await compile({
      state: { a: x, b: hostTensor(new Float32Array(317 * 1024).fill(3), shape) },
      run: ({ state }) => ({
        state: ops.blockwise(({ a, b }) => ({ a: ops.add(b, 0), b: ops.mul(a, 2) }), { a: state.a, b: state.b }),
      }),
    });
    await swap.run({});
    const twice = Float32Array.from(x.data as Float32Array, (value) => 2 * value);
    expectClose(((await swap.state.read("b")) as HostTensor).data as Float32Array, twice);
    expectClose(
      ((await swap.state.read("a")) as HostTensor).data as Float32Array,
      new Float32Array(317 * 1024).fill(3),
    );
    await swap.dispose();
  });

  it("refuses what is not elementwise", () => {
    const run = (f: (parts: { a: Tensor }) => { a: Tensor }) =>
      compile({
        state: { a: randomTensor([400, 1000], numbers(1)) },
        run: ({ state }) => ({ state: ops.blockwise(f, { a: state.a }) }),
      });
    return expect(run(({ a }) => ({ a: ops.softmax(a) }))).rejects.toThrow(/blockwise: wanted elementwise.*softmax/);
  });
});
