/** Reverse-mode differentiation of graphs: the derivative is itself a graph, so it can be compiled or differentiated again. */
import { NotDifferentiableError } from "./errors.ts";
import { inOrder } from "./graph/emitter.ts";
import { isTensor, type Tensor, type TensorTree } from "./graph/tensor.ts";
import { treeLeaves, treeMap } from "./graph/tree.ts";
import { add, full } from "./ops/arithmetic.ts";
import { addOnto, addsOntoZeros } from "./ops/indexing.ts";
import { sumOfNeighbours } from "./ops/movement.ts";
import { isFloat, sameShape } from "./ops/shapes.ts";

/** The sum of two gradients; additions at single places go straight onto the other one, neighbouring slices side by side. */
function accumulate(left: Tensor | undefined, right: Tensor): Tensor {
  if (!left) return right;
  if (addsOntoZeros(right)) return addOnto(right, left);
  if (addsOntoZeros(left)) return addOnto(left, right);
  return sumOfNeighbours(left, right) ?? add(left, right);
}

/**
 * Gradients of `output` by each of `by`, given the gradient `seed` by the output itself; `undefined` where `output` does
 * not depend on it.
 * @throws {NotDifferentiableError} when the way to one of `by` leads through an operation without derivative.
 */
export function backpropagate(output: Tensor, seed: Tensor, by: readonly Tensor[]): (Tensor | undefined)[] {
  const order = inOrder([output]);
  const leadsBack = new Set<Tensor>(by);
  for (const node of order) {
    if (isFloat(node.dtype) && node.inputs.some((input) => leadsBack.has(input))) leadsBack.add(node);
  }
  const grads = new Map<Tensor, Tensor>([[output, seed]]);
  for (const node of order.toReversed()) {
    const grad = grads.get(node);
    const wanted = node.inputs.map((input) => leadsBack.has(input));
    if (!grad || !wanted.includes(true)) continue;
    if (!node.op.derivative)
      throw new NotDifferentiableError(`${node.op.name} has no derivative; use stopGradient before it`);
    const parts = node.op.derivative({ inputs: node.inputs, output: node, grad, attributes: node.attributes, wanted });
    for (const [index, input] of node.inputs.entries()) {
      const part = parts[index];
      if (!part || !wanted[index]) continue;
      if (!sameShape(part.shape, input.shape)) {
        throw new Error(`internal: ${node.op.name} gave a gradient [${part.shape.join()}] for [${input.shape.join()}]`);
      }
      grads.set(input, accumulate(grads.get(input), part));
    }
  }
  return by.map((tensor) => grads.get(tensor));
}

/**
 * A function that gives the value of a scalar function and its gradients by every leaf of its first argument.
 * @param f takes nested parameters first and gives a float32 scalar; further arguments are not differentiated.
 * @returns gradients have the structure of the parameters; leaves that the value does not depend on get zeros.
 * @throws {NotDifferentiableError} for integer parameters, a value that is no scalar, or a way without derivative.
 */
export function valueAndGrad<P extends TensorTree, R extends readonly unknown[]>(
  f: (params: P, ...rest: R) => Tensor,
): (params: P, ...rest: R) => { value: Tensor; grads: P } {
  return (params, ...rest) => {
    const leaves = treeLeaves<Tensor>(params, isTensor);
    for (const [path, leaf] of leaves) {
      if (!isFloat(leaf.dtype))
        throw new NotDifferentiableError(`parameter "${path}" is ${leaf.dtype}; wanted float32`);
    }
    const value = f(params, ...rest);
    if (value.size !== 1) {
      throw new NotDifferentiableError(
        `valueAndGrad: wanted a scalar, got shape [${value.shape.join(", ")}]; sum or average it`,
      );
    }
    const tensors = leaves.map(([, leaf]) => leaf);
    const found = backpropagate(value, full(value.shape, 1, value.dtype), tensors);
    const byLeaf = new Map(tensors.map((leaf, index) => [leaf, found[index]]));
    const grads = treeMap<Tensor, Tensor>(
      params,
      isTensor,
      (leaf) => byLeaf.get(leaf) ?? full(leaf.shape, 0, leaf.dtype),
    );
    return { value, grads: grads as P };
  };
}

/** Gradients alone. */
export function grad<P extends TensorTree, R extends readonly unknown[]>(
  f: (params: P, ...rest: R) => Tensor,
): (params: P, ...rest: R) => P {
  return (params, ...rest) => valueAndGrad(f)(params, ...rest).grads;
}
