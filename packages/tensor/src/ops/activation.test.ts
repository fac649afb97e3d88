import { describe, it } from "vitest";
import { valueAndGrad } from "../autodiff.ts";
import type { Tensor } from "../graph/tensor.ts";
import { evaluate, expectClose, expectGradient, numbers, randomTensor } from "../testing.ts";
import { silu, swiGlu } from "./activation.ts";
import { mul, reshape, sum } from "./arithmetic.ts";
import { sin } from "./elementwise.ts";
import { concat } from "./movement.ts";

describe("swiGlu", () => {
  it("has the gradient that differences give", async () => {
    await expectGradient(swiGlu, [randomTensor([2, 5], numbers(1)), randomTensor([2, 5], numbers(2))]);
  });

  it("gives block by block what silu and a product give", async () => {
    const shape = [400, 500];
    const [gate, up] = [randomTensor(shape, numbers(3, -4, 4)), randomTensor(shape, numbers(4))];
    const all = (f: (gate: Tensor, up: Tensor) => Tensor) => (gate: Tensor, up: Tensor) => {
      const { grads } = valueAndGrad(([a, b]: readonly [Tensor, Tensor]) => sum(mul(f(a, b), sin(up))))([gate, up]);
      return concat([f(gate, up), ...grads].map((x) => reshape(x, [-1])));
    };
    const [ours, wanted] = await Promise.all([
      evaluate(all(swiGlu), gate, up),
      evaluate(
        all((gate, up) => mul(silu(gate), up)),
        gate,
        up,
      ),
    ]);
    expectClose(ours.data as Float32Array, wanted.data as Float32Array);
  });
});
