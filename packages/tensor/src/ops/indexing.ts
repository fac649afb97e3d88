/** Reading and adding by index. Gathering's derivative is adding at the same places, and the other way round. */
import { ShapeMismatchError } from "../errors.ts";
import type { Emitter } from "../graph/emitter.ts";
import { constant, type Op, type Tensor } from "../graph/tensor.ts";
import { full } from "./arithmetic.ts";
import { apply, axisOf, lengthOf, sameShape, wantFloat, wantIndices } from "./shapes.ts";

type Empty = Record<string, never>;

const gatherOp: Op<Empty> = {
  name: "gather",
  emit: (emitter, inputs) => emitter.node("Gather", inputs, { axis: 0 }),
  derivative: ({ inputs: [x, indices], grad }) => [
    x && indices && scatterAdd(full(x.shape, 0, x.dtype), indices, grad),
    undefined,
  ],
  flops: () => 0,
};

/** Rows of `x` by index: `[n, …], [...i] → [...i, …]`. Indices outside [0, n) are an error when the program runs. */
export function gather(x: Tensor, indices: Tensor): Tensor {
  wantIndices("gather", indices);
  if (x.rank < 1) throw new ShapeMismatchError("gather", x.shape, indices.shape, "the first needs at least one axis");
  return apply(gatherOp, [x, indices], x.dtype, [...indices.shape, ...x.shape.slice(1)], {});
}

/** Updates beyond this many are added one by one: summing those of one row by a product costs their square. */
const productLimit = 2048;
/** Unless the rows are as few as this: adding a number takes as long as some thousand multiplications in a product. */
const fewRows = 1024;

/**
 * The engine's own ScatterND(reduction=add) adds on several threads without a lock and loses additions to repeated rows.
 * So repeated rows are summed first, by the product with the matrix of which updates share a row, and then every update
 * *overwrites* its row with old value + sum: repeated ones write the same bits, in whatever order.
 */
function emitScatterAdd(emitter: Emitter, names: readonly string[], node: Tensor): string {
  const [base = "", indices = "", updates = ""] = names;
  const count = node.inputs[1]?.size ?? 0;
  const width = (node.inputs[2]?.size ?? 0) / Math.max(count, 1);
  const [length = 0, ...row] = node.shape;
  const rows = emitter.cast(indices, "int64");
  const reshaped = (name: string, shape: readonly number[]) => emitter.node("Reshape", [name, emitter.ints(shape)]);
  const flat = reshaped(updates, [count, width]);
  const byProduct = length <= count && (count <= productLimit || length <= fewRows);
  if (count > productLimit && !byProduct) {
    const places = emitter.node("Expand", [reshaped(rows, [count, 1]), emitter.ints([count, width])]);
    const onto = reshaped(base, [length, width]);
    return reshaped(emitter.node("ScatterElements", [onto, places, flat], { axis: 0, reduction: "add" }), node.shape);
  }
  if (byProduct) {
    // Fewer rows than updates: [n, m] of which update goes to which row, times the updates.
    const all = emitter.constant({
      dtype: "int64",
      shape: [length, 1],
      data: BigInt64Array.from({ length }, (_, i) => BigInt(i)),
    });
    const member = emitter.cast(emitter.node("Equal", [all, reshaped(rows, [1, count])]), node.dtype);
    const sums = reshaped(emitter.node("MatMul", [member, flat]), node.shape);
    return isZeros(node.inputs[0]) ? sums : emitter.node("Add", [base, sums]);
  }
  const shared = emitter.node("Equal", [reshaped(rows, [count, 1]), reshaped(rows, [1, count])]); // [m, m]
  const sums = reshaped(emitter.node("MatMul", [emitter.cast(shared, node.dtype), flat]), [count, ...row]);
  const old = () => emitter.node("Gather", [base, reshaped(rows, [count])], { axis: 0 });
  const next = isZeros(node.inputs[0]) ? sums : emitter.node("Add", [old(), sums]);
  return emitter.node("ScatterND", [base, reshaped(rows, [count, 1]), next]);
}

const scatterAddOp: Op<Empty> = {
  name: "scatterAdd",
  emit: emitScatterAdd,
  derivative: ({ inputs: [, indices], grad, wanted }) => [
    grad,
    undefined,
    wanted[2] && indices ? gather(grad, indices) : undefined,
  ],
  flops: ({ inputs: [, , updates] }) => updates?.size ?? 0,
};

/** `base` with `updates` added to the rows that `indices` name; a row named twice takes both: `[n, …], [...i], [...i, …]`. */
export function scatterAdd(base: Tensor, indices: Tensor, updates: Tensor): Tensor {
  wantIndices("scatterAdd", indices);
  wantFloat("scatterAdd", base, updates);
  if (!sameShape(updates.shape, [...indices.shape, ...base.shape.slice(1)])) {
    throw new ShapeMismatchError("scatterAdd", base.shape, updates.shape, "updates are one row of the base per index");
  }
  return apply(scatterAddOp, [base, indices, updates], base.dtype, base.shape, {});
}

const setRowsOp: Op<Empty> = {
  name: "setRows",
  emit: (emitter, [base = "", indices = "", rows = ""], node) => {
    const { size = 0 } = node.inputs[1] ?? {};
    const places = emitter.node("Reshape", [emitter.cast(indices, "int64"), emitter.ints([size, 1])]);
    const flat = emitter.node("Reshape", [rows, emitter.ints([size, ...node.shape.slice(1)])]);
    return emitter.node("ScatterND", [base, places, flat]);
  },
  flops: () => 0,
  replaces: true,
};

/**
 * `base` with `rows` in the places that `indices` name, `[n, …], [...i], [...i, …]`; of a place named twice one row stays,
 * whichever. State is written in place: the cost is that of the rows. Has no derivative.
 */
export function setRows(base: Tensor, indices: Tensor, rows: Tensor): Tensor {
  wantIndices("setRows", indices);
  if (base.dtype !== rows.dtype || !sameShape(rows.shape, [...indices.shape, ...base.shape.slice(1)])) {
    throw new ShapeMismatchError("setRows", base.shape, rows.shape, "one row of the base, of its type, per index");
  }
  return apply(setRowsOp, [base, indices, rows], base.dtype, base.shape, {});
}

const takeAlongOp: Op<{ axis: number }> = {
  name: "takeAlong",
  emit: (emitter, inputs, _node, { axis }) => emitter.node("GatherElements", inputs, { axis }),
  derivative: ({ inputs: [x, indices], grad, attributes: { axis } }) => [
    x && indices && addAlong(full(x.shape, 0, x.dtype), indices, grad, axis),
    undefined,
  ],
  flops: () => 0,
};

/** One value per place of `indices`, picked along `axis`: numpy's take_along_axis. */
export function takeAlong(x: Tensor, indices: Tensor, axis: number = -1): Tensor {
  wantIndices("takeAlong", indices);
  const over = alongAxis("takeAlong", x, indices, axis);
  return apply(takeAlongOp, [x, indices], x.dtype, indices.shape, { axis: over });
}

const addAlongOp: Op<{ axis: number }> = {
  name: "addAlong",
  emit: (emitter, inputs, _node, { axis }) => emitter.node("ScatterElements", inputs, { axis, reduction: "add" }),
  derivative: ({ inputs: [, indices], grad, wanted, attributes: { axis } }) => [
    grad,
    undefined,
    wanted[2] && indices ? takeAlong(grad, indices, axis) : undefined,
  ],
  flops: ({ inputs: [, , updates] }) => updates?.size ?? 0,
};

/** `base` with `updates` added at the places `indices` name along `axis`; repeated places add up. */
export function addAlong(base: Tensor, indices: Tensor, updates: Tensor, axis: number = -1): Tensor {
  wantIndices("addAlong", indices);
  wantFloat("addAlong", base, updates);
  const over = alongAxis("addAlong", base, indices, axis);
  if (!sameShape(indices.shape, updates.shape)) {
    throw new ShapeMismatchError("addAlong", indices.shape, updates.shape, "one update per index");
  }
  return apply(addAlongOp, [base, indices, updates], base.dtype, base.shape, { axis: over });
}

function alongAxis(op: string, x: Tensor, indices: Tensor, axis: number): number {
  const over = axisOf(op, axis, x.rank);
  const fits = indices.rank === x.rank && indices.shape.every((n, i) => i === over || n <= lengthOf(x.shape, i));
  if (!fits) throw new ShapeMismatchError(op, x.shape, indices.shape, `only axis ${over} may be longer in the indices`);
  return over;
}

/** Whether a node adds onto nothing but zeros, so that it can add onto another tensor instead. */
export function addsOntoZeros(x: Tensor): boolean {
  return (x.op.name === "scatterAdd" || x.op.name === "addAlong") && isZeros(x.inputs[0]);
}

/** The same additions as `x`, onto `base`. */
export function addOnto(x: Tensor, base: Tensor): Tensor {
  return apply(x.op, [base, ...x.inputs.slice(1)], x.dtype, x.shape, x.attributes);
}

function isZeros(x: Tensor | undefined): boolean {
  if (x?.op.name === "broadcastTo") return isZeros(x.inputs[0]);
  const value = x?.attributes["value"];
  return (
    typeof value === "object" &&
    value !== null &&
    x?.size === 1 &&
    Number((value as { data: ArrayLike<number> }).data[0]) === 0
  );
}

/** The numbers 0 … n−1, int64. */
export const range = (n: number): Tensor =>
  constant({ dtype: "int64", shape: [n], data: BigInt64Array.from({ length: n }, (_, i) => BigInt(i)) });
