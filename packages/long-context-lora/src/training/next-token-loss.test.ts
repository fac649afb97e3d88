import {
  compile,
  constant,
  crossEntropy,
  hostTensor,
  int32,
  matmul,
  max,
  mul,
  sum,
  valueAndGrad,
  type HostTensor,
  type Tensor,
} from "@offprint/tensor";
import { RandomStream } from "@offprint/training";
import { describe, expect, it } from "vitest";
import { expectClose } from "../testing/expect-close.ts";
import { supervisedLoss, tokenLosses } from "./next-token-loss.ts";

const random = (name: string, shape: readonly number[], deviation = 1): HostTensor => {
  const size = shape.reduce((product, length) => product * length, 1);
  return hostTensor(RandomStream.create(1, name).fillNormal(new Float32Array(size), 0, deviation), shape);
};

/** Enough tokens and words that the logits take several slices, the last one shorter. */
const [tokens, vocabulary, width] = [701, 26_000, 8];
const hidden = random("hidden", [tokens, width], 2);
const head = random("head", [vocabulary, width], 2);
const labels = Int32Array.from({ length: tokens }, (_, i) => (i % 7 === 3 ? -100 : (i * 7919) % vocabulary));
const supervised = labels.filter((label) => label >= 0).length;

describe("the loss in slices", () => {
  it("is the loss at once, and so are its gradients by hidden states and head", async () => {
    const program = await compile({
      inputs: { hidden, head, labels: int32([tokens]), weights: hostTensor(new Float32Array(tokens)) },
      run: ({ inputs: { hidden, head, labels, weights } }) => {
        const scale = constant(1 / supervised);
        const sliced = valueAndGrad((by: { hidden: Tensor; head: Tensor }) => {
          return supervisedLoss({ ...by, labels }, scale, true);
        })({ hidden, head });
        const whole = valueAndGrad((by: { hidden: Tensor; head: Tensor }) => {
          const losses = crossEntropy(matmul(by.hidden, by.head, { transposeB: true }), max(labels, 0));
          return mul(sum(mul(losses, weights)), scale);
        })({ hidden, head });
        const frozenHead = valueAndGrad((by: Tensor) => supervisedLoss({ hidden: by, head, labels }, scale, false))(
          hidden,
        );
        const one = tokenLosses({ hidden, head, labels });
        return {
          outputs: {
            sliced: sliced.value,
            slicedHidden: sliced.grads.hidden,
            slicedHead: sliced.grads.head,
            whole: whole.value,
            wholeHidden: whole.grads.hidden,
            wholeHead: whole.grads.head,
            frozenHidden: frozenHead.grads,
            one,
          },
        };
      },
    });
    const weights = Float32Array.from(labels, (label) => (label >= 0 ? 1 : 0));
    const found = await program.run({ hidden, head, labels, weights });
    await program.dispose();
    expect(Number(found.sliced.data[0])).toBeCloseTo(Number(found.whole.data[0]), 4);
    expectClose(found.slicedHidden, found.wholeHidden, "hidden", 1e-4, 1e-7);
    expectClose(found.frozenHidden, found.wholeHidden, "hidden, head frozen", 1e-4, 1e-7);
    expectClose(found.slicedHead, found.wholeHead, "head", 1e-4, 1e-7);
    const losses = Array.from(found.one.data as Float32Array);
    expect(losses.every((loss, i) => (labels[i]! < 0 ? loss === 0 : loss > 0))).toBe(true);
    expect(losses.reduce((total, loss) => total + loss, 0) / supervised).toBeCloseTo(Number(found.whole.data[0]), 4);
  });

  it("stays finite where a label's likelihood underflows", async () => {
    const program = await compile({
      inputs: { hidden: hostTensor(new Float32Array(1), [1, 1]), head: hostTensor(new Float32Array(2), [2, 1]) },
      run: ({ inputs }) => {
        const labels = constant(hostTensor(Int32Array.of(1), [1]));
        return { outputs: { losses: tokenLosses({ ...inputs, labels }) } };
      },
    });
    const { losses } = await program.run({ hidden: Float32Array.of(400), head: Float32Array.of(1, -1) });
    await program.dispose();
    expect(losses.data[0]).toBe(800);
  });
});
