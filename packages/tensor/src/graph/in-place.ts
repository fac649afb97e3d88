import { sameShape } from "../ops/shapes.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Whether the new value of a state leaf may be written over the old one while the program runs: everything that reads the
 * old value must be finished by then, whatever order the engine chooses. That is so when each reader is an ancestor of
 * the new value, or makes it itself, element by element.
 * @param order every tensor of the program, inputs before readers.
 * @param roots everything that leaves the program: what is a view of the leaf is read after the last operation.
 */
export function writableInPlace(
  leaf: Tensor,
  next: Tensor,
  order: readonly Tensor[],
  roots: readonly Tensor[],
): boolean {
  if (leaf.dtype !== next.dtype || !sameShape(leaf.shape, next.shape) || next.op.view) return false;
  const before = ancestorsOf(next);
  const sharing = new Set([leaf]); // the leaf and views of its memory
  for (const tensor of order) {
    if (!tensor.inputs.some((input) => sharing.has(input))) continue;
    if (tensor.op.view) sharing.add(tensor);
    else if (tensor === next.inputs[0] && tensor.op.writesOver) {
      if (!tensor.inputs.includes(leaf) || !tensor.op.writesOver(tensor, next, leaf)) return false;
    } else if (tensor === next ? !overwritesItself(tensor, leaf, sharing) : !before.has(tensor)) return false;
  }
  return !roots.some((root) => sharing.has(root));
}

const overwritesItself = (next: Tensor, leaf: Tensor, sharing: ReadonlySet<Tensor>): boolean =>
  next.op.replaces
    ? next.inputs.every((input, i) => (i === 0 ? input === leaf : !sharing.has(input)))
    : next.op.elementwise === true &&
      next.inputs.every((input) => !sharing.has(input) || sameShape(input.shape, leaf.shape));

function ancestorsOf(tensor: Tensor): ReadonlySet<Tensor> {
  const seen = new Set<Tensor>();
  const stack = [...tensor.inputs];
  for (let next = stack.pop(); next; next = stack.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    stack.push(...next.inputs);
  }
  return seen;
}
