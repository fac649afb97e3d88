import type { Op, Tensor } from "../graph/tensor.ts";
import { apply } from "./shapes.ts";

interface PrimitiveRule {
  readonly name: string;
  /** The value, out of other operations. */
  readonly forward: (...inputs: Tensor[]) => Tensor;
  /** Gradients by each input, written by hand: cheaper or stabler than the chain rule through `forward`. */
  readonly backward: (at: {
    inputs: readonly Tensor[];
    output: Tensor;
    grad: Tensor;
  }) => readonly (Tensor | undefined)[];
}

/** A function whose derivative is given beside its value instead of being worked out from it. */
export function primitive({ name, forward, backward }: PrimitiveRule): (...inputs: Tensor[]) => Tensor {
  const op: Op<Record<string, never>> = {
    name,
    view: true,
    // The last input is the value itself; the others are listed so that gradients can reach them.
    emit: (_emitter, inputs) => inputs.at(-1) ?? "",
    derivative: ({ inputs, output, grad }) => [...backward({ inputs: inputs.slice(0, -1), output, grad }), undefined],
    flops: () => 0,
  };
  return (...inputs) => {
    const value = forward(...inputs);
    return apply(op, [...inputs, value], value.dtype, value.shape, {});
  };
}
