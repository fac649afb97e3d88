/** Helpers of this package's tests: evaluate a function of tensors, and check its derivative by differences. */
import { expect } from "vitest";
import { valueAndGrad } from "./autodiff.ts";
import { compile } from "./default-engine.ts";
import type { HostTensor, Shape, TensorSpec } from "./dtype.ts";
import { elementCount } from "./dtype.ts";
import { float32, type Tensor } from "./graph/tensor.ts";
import { mul, sum } from "./ops/index.ts";
import { hostTensor } from "./host-tensor.ts";

/** A repeatable stream of numbers in [low, high). */
export function numbers(seed: number, low = -1, high = 1): () => number {
  let state = (seed * 2654435761 + 1) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return low + ((high - low) * state) / 2 ** 32;
  };
}

export function randomTensor(shape: Shape, next: () => number): HostTensor {
  return hostTensor(Float32Array.from({ length: elementCount(shape) }, next), shape);
}

/** The value of `f` at the given tensors. */
export async function evaluate(f: (...inputs: Tensor[]) => Tensor, ...inputs: HostTensor[]): Promise<HostTensor> {
  const program = await compile({
    inputs: Object.fromEntries(inputs.map(({ dtype, shape }, index) => [`x${index}`, { dtype, shape }])),
    run: ({ inputs: symbols }) => ({ outputs: { y: f(...Object.values(symbols)) } }),
  });
  try {
    return (await program.run(Object.fromEntries(inputs.map((value, index) => [`x${index}`, value])))).y;
  } finally {
    await program.dispose();
  }
}

export function expectClose(actual: ArrayLike<number>, wanted: ArrayLike<number>, rtol = 1e-4, atol = 1e-5): void {
  expect(actual.length).toBe(wanted.length);
  for (let i = 0; i < actual.length; i++) {
    const [a, w] = [actual[i] ?? NaN, wanted[i] ?? NaN];
    if (!(Math.abs(a - w) <= atol + rtol * Math.abs(w))) {
      expect.fail(`at ${i}: got ${a}, wanted ${w} (rtol ${rtol}, atol ${atol})`);
    }
  }
}

/**
 * Compares the gradient of Σ weights ∘ f(inputs) with central differences of the program itself, in float32: the step is
 * large and the tolerance accordingly loose, enough to find a wrong term.
 */
export async function expectGradient(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: readonly HostTensor[],
  {
    step = 1e-2,
    rtol = 2e-2,
    atol = 2e-3,
    seed = 7,
  }: { step?: number; rtol?: number; atol?: number; seed?: number } = {},
): Promise<void> {
  const value = await evaluate(f, ...inputs);
  const weights = randomTensor(value.shape, numbers(seed));
  const floats = inputs.flatMap(({ dtype }, index) => (dtype === "float32" ? [index] : []));
  const specs: Record<string, TensorSpec> = {
    weights: float32(value.shape),
    ...Object.fromEntries(inputs.map(({ dtype, shape }, index) => [`x${index}`, { dtype, shape }])),
  };
  const program = await compile({
    inputs: specs,
    run: ({ inputs: symbols }) => {
      const all = inputs.map((_, index) => symbols[`x${index}`] as Tensor);
      const differentiable = floats.map((index) => all[index] as Tensor);
      const { value: loss, grads } = valueAndGrad((params: readonly Tensor[]) => {
        const given = all.map((tensor, index) =>
          floats.includes(index) ? (params[floats.indexOf(index)] as Tensor) : tensor,
        );
        return sum(mul(f(...given), symbols["weights"] as Tensor));
      })(differentiable);
      return { outputs: { loss, ...Object.fromEntries(grads.map((grad, index) => [`g${floats[index]}`, grad])) } };
    },
  });
  try {
    const feed = (values: readonly HostTensor[]) => ({
      weights,
      ...Object.fromEntries(values.map((tensor, index) => [`x${index}`, tensor])),
    });
    const analytic = await program.run(feed(inputs));
    const lossAt = async (values: readonly HostTensor[]): Promise<number> =>
      Number((await program.run(feed(values), { outputs: ["loss"] })).loss.data[0]);
    for (const index of floats) {
      const base = inputs[index] as HostTensor;
      const numeric: number[] = [];
      for (let i = 0; i < base.data.length; i++) {
        const moved = (by: number) => {
          const data = Float32Array.from(base.data as Float32Array);
          data[i] = (data[i] ?? 0) + by;
          return inputs.with(index, { ...base, data });
        };
        numeric.push(((await lossAt(moved(step))) - (await lossAt(moved(-step)))) / (2 * step));
      }
      const outputs: Readonly<Record<string, HostTensor>> = analytic;
      expectClose(outputs[`g${index}`]?.data as Float32Array, numeric, rtol, atol);
    }
  } finally {
    await program.dispose();
  }
}
