import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../autodiff.ts";
import { compile } from "../default-engine.ts";
import { constant, float32, type Tensor } from "../graph/tensor.ts";
import { evaluate, expectGradient, numbers, randomTensor } from "../testing.ts";
import { mul, sum } from "./arithmetic.ts";
import { sin } from "./elementwise.ts";
import { concat, slice, transpose } from "./movement.ts";

/** Three pieces, each used otherwise, of which the first is left out where `from` is 1. */
const pieces =
  (from: number) =>
  (x: Tensor): Tensor => {
    const cut = (start: number, end: number) => slice(x, { axis: 1, start, end });
    const last = cut(3, 6);
    return concat([mul(cut(from, 2), 2), sin(cut(2, 3)), mul(last, last)], 1);
  };

describe("gradients of neighbouring slices", () => {
  it.each([0, 1])("are those that differences give (from %i)", (from) =>
    expectGradient(pieces(from), [randomTensor([2, 6, 2], numbers(3))]),
  );

  it("are put side by side instead of filled up with zeros and added", async () => {
    const program = await compile({
      inputs: { x: float32([2, 6, 2]) },
      run: ({ inputs }) => ({
        outputs: { grad: valueAndGrad(({ x }: { x: Tensor }) => sum(pieces(0)(x)))(inputs).grads.x },
      }),
    });
    const { ops } = program.describe();
    expect(ops).not.toHaveProperty("pad");
    expect(ops["concat"]).toBe(1);
    await program.dispose();
  });
});

describe("transpose", () => {
  it("moves nothing where only axes of length 1 change places", async () => {
    const x = randomTensor([2, 1, 3, 1, 2], numbers(4));
    const turned = (x: Tensor) => transpose(x, [1, 0, 3, 2, 4]);
    expect(turned(constant(x)).op.name).toBe("reshape");
    expect(await evaluate(turned, x)).toEqual({ ...x, shape: [1, 2, 1, 3, 2] });
    expect(transpose(constant(x), [2, 1, 0, 3, 4]).op.name).toBe("transpose");
  });
});
