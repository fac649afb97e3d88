import { backpropagate } from "./autodiff.ts";
import { isTensor, type Op, type Tensor, type TensorTree } from "./graph/tensor.ts";
import { treeLeaves, treeMap } from "./graph/tree.ts";
import { add, mul, reshape } from "./ops/arithmetic.ts";
import { slice } from "./ops/movement.ts";
import { apply, isFloat } from "./ops/shapes.ts";

type Leaves = readonly Tensor[];

const checkpointOp: Op<{ again: (leaves: Leaves) => Tensor }> = {
  name: "checkpoint",
  view: true,
  // The last input is the value; the leaves before it are what the recomputation starts from.
  emit: (_emitter, inputs) => inputs.at(-1) ?? "",
  derivative: ({ inputs, grad, attributes: { again } }) => {
    const leaves = inputs.slice(0, -1).map((leaf) => (isFloat(leaf.dtype) ? after(leaf, grad) : leaf));
    return [...backpropagate(again(leaves), grad, leaves), undefined];
  },
  flops: () => 0,
};

/**
 * `leaf`, but not before `grad` is known. Without this the engine would find that the recomputed graph equals the first
 * one, merge them, and keep every intermediate value. Nothing folds the product by zero away, since `grad` is not constant.
 */
function after(leaf: Tensor, grad: Tensor): Tensor {
  const first = slice(reshape(grad, [-1]), { axis: 0, start: 0, end: 1 });
  return add(leaf, reshape(mul(first, 0), []));
}

/**
 * `f` with its intermediate values recomputed in the backward pass instead of kept: less memory, one more forward pass.
 * @param f takes nested tensors and gives one tensor. Everything it should be differentiated by must be an argument:
 * tensors that it reads from outside are constants to it.
 * @see Chen et al. 2016 (arXiv:1604.06174).
 */
export function checkpoint<A extends readonly TensorTree[]>(f: (...args: A) => Tensor): (...args: A) => Tensor {
  return (...args) => {
    const leaves = treeLeaves<Tensor>(args, isTensor).map(([, leaf]) => leaf);
    const again = (fresh: Leaves): Tensor => {
      let next = 0;
      return f(...(treeMap<Tensor, Tensor>(args, isTensor, () => fresh[next++] as Tensor) as unknown as A));
    };
    const value = f(...args);
    return apply(checkpointOp, [...leaves, value], value.dtype, value.shape, { again });
  };
}
