import { backpropagate } from "./autodiff.ts";
import { isPlaceholder, isTensor, type Op, type Tensor, type TensorTree } from "./graph/tensor.ts";
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
  derivative: ({ inputs, grad, wanted, attributes: { again } }) => {
    const given = inputs.slice(0, -1);
    const delayed = toDelay(given);
    const leaves = given.map((leaf) => (delayed.has(leaf) ? after(leaf, [grad]) : standIn(leaf)));
    const found = backpropagate(
      again(leaves),
      grad,
      leaves.filter((_, i) => wanted[i]),
    );
    // The engine would put off the gradients of parameters, which nothing waits for, and keep all that was recomputed for
    // them: so what leads further back waits for them.
    const all = found.filter((part) => part !== undefined);
    const parts = given.map((leaf, i) => {
      const part = wanted[i] ? found.shift() : undefined;
      return part && !isPlaceholder(leaf) ? after(part, all) : part;
    });
    return [...parts, undefined];
  },
  flops: () => 0,
};

const standInOp: Op<Record<string, never>> = {
  name: "standIn",
  view: true,
  emit: (_emitter, [x = ""]) => x,
  flops: () => 0,
};

/** The same value as another node, so that the gradient by it is that of the recomputed part alone. */
const standIn = (x: Tensor): Tensor => apply(standInOp, [x], x.dtype, x.shape, {});

/** What makes the recomputation another graph than the first one: its activations, or whatever there is where it has none. */
function toDelay(leaves: Leaves): ReadonlySet<Tensor> {
  const floats = leaves.filter(({ dtype }) => isFloat(dtype));
  const activations = floats.filter((leaf) => !isPlaceholder(leaf));
  return new Set(activations.length > 0 ? activations : floats);
}

/**
 * `x`, but not before `others` are known. Without this the engine would find that the recomputed graph equals the first one,
 * merge them, and keep every intermediate value. Nothing folds the products by zero away, since `others` are not constant.
 */
function after(x: Tensor, others: readonly Tensor[]): Tensor {
  const firsts = others.map((other) => slice(reshape(other, [-1]), { axis: 0, start: 0, end: 1 }));
  const nothing = firsts.map((first) => mul(first, 0)).reduce((total, zero) => add(total, zero));
  return add(x, reshape(nothing, []));
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
