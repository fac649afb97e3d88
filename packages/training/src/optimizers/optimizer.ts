import {
  blockwise,
  isHostTensor,
  isTensor,
  treeLeaves,
  treeMap,
  type HostTensor,
  type Tensor,
  type TensorLike,
  type TensorTree,
  type Tree,
} from "@offprint/tensor";
import { TrainingError } from "../errors.ts";

/** An optimiser as two pure functions: its state at the start, and an update in terms of symbolic tensors. */
export interface Optimizer {
  /** Initial state for parameters, to become part of a program's state. */
  init(params: Tree<HostTensor>): Tree<HostTensor>;
  /**
   * New parameters and state. Structures of `grads` and `params` are the same.
   * @param options.learningRate a number, or a scalar that each run is fed, so that a schedule needs no new program.
   */
  update<P extends TensorTree>(
    grads: TensorTree,
    state: TensorTree,
    params: P,
    options: { readonly learningRate: TensorLike },
  ): { readonly params: P; readonly state: TensorTree };
}

/** Gradients, parameters and optimiser state do not have the same structure, or a parameter cannot be trained. */
export class OptimizerStructureError extends TrainingError {
  override readonly name = "OptimizerStructureError";
  readonly code = "OPTIMIZER_STRUCTURE";
  readonly leaf: string;

  constructor(leaf: string, detail: string) {
    super(`"${leaf}" ${detail}`);
    this.leaf = leaf;
  }
}

/** Zeros of the shapes of `params`; leaves of one size share their memory, which is only ever copied from. */
export function zerosLike(params: Tree<HostTensor>): Tree<HostTensor> {
  const zeros = new Map<number, Float32Array>();
  return treeMap<HostTensor, HostTensor>(params, isHostTensor, ({ dtype, shape, data }, path) => {
    if (dtype !== "float32")
      throw new OptimizerStructureError(path, `is ${dtype}; parameters to train must be float32`);
    const shared = zeros.get(data.length) ?? new Float32Array(data.length);
    zeros.set(data.length, shared);
    return { dtype, shape, data: shared };
  });
}

/** One leaf's tensors by role: its parameter, its gradient and what the optimiser keeps for it; all of one shape. */
export type LeafRule<Slot extends string> = (
  leaf: { readonly param: Tensor; readonly grad: Tensor } & { readonly [S in Slot]: Tensor },
) => { readonly param: Tensor } & { readonly [S in Slot]: Tensor };

/**
 * Applies an elementwise rule to every leaf.
 * @param slots what the optimiser keeps, one tree like `params` for each role.
 */
export function updateLeaves<P extends TensorTree, Slot extends string>(
  grads: TensorTree,
  slots: { readonly [S in Slot]: TensorTree },
  params: P,
  rule: LeafRule<Slot>,
): { readonly params: P; readonly slots: { readonly [S in Slot]: TensorTree } } {
  const trees = { ...slots, grad: grads } as Record<string, TensorTree>;
  const leaves = Object.entries(trees).map(
    ([role, tree]) => [role, new Map(treeLeaves<Tensor>(tree, isTensor))] as const,
  );
  const updated = new Map<string, Record<string, Tensor>>();
  for (const [path, param] of treeLeaves<Tensor>(params, isTensor)) {
    const leaf: Record<string, Tensor> = { param };
    for (const [role, tensors] of leaves) {
      const tensor = tensors.get(path);
      if (!tensor) throw new OptimizerStructureError(path, `is a parameter without ${role}`);
      leaf[role] = tensor;
    }
    updated.set(path, blockwise(rule, leaf as Parameters<LeafRule<Slot>>[0]));
  }
  const collect = (role: string): TensorTree =>
    treeMap<Tensor, Tensor>(params, isTensor, (_, path) => updated.get(path)?.[role] as Tensor);
  return {
    params: collect("param") as P,
    slots: Object.fromEntries(Object.keys(slots).map((slot) => [slot, collect(slot)])) as { [S in Slot]: TensorTree },
  };
}

/** A branch of an optimiser's state. */
export function branchOf(state: TensorTree, key: string): TensorTree {
  const branch = isTensor(state) ? undefined : (state as Readonly<Record<string, TensorTree>>)[key];
  if (branch === undefined)
    throw new OptimizerStructureError(key, "is missing in the optimiser's state; use that of init");
  return branch;
}
