import { InvalidArgumentError, ShapeMismatchError } from "../errors.ts";
import { Emitter, inOrder } from "../graph/emitter.ts";
import { writableInPlace } from "../graph/in-place.ts";
import { placeholder, type Op, type Tensor } from "../graph/tensor.ts";
import { apply, sameShape } from "./shapes.ts";

/**
 * Values of one block: ten arrays of this length lie in a core's cache together. Measured on Adam over 29.8 million numbers,
 * 2 cores: 130 ms by blocks of 38 thousand, 250 to 300 ms as whole arrays, which travel through memory at every operation.
 */
const blockValues = 38_000;

/** Below this size whole arrays stay in the cache anyway. */
const smallest = 4 * blockValues;

/** A function traced on one block. */
interface Body extends Record<string, unknown> {
  /** Stand for a block of each input. */
  readonly blocks: readonly Tensor[];
  readonly results: readonly Tensor[];
  /** Scalars from outside that the function reads. */
  readonly captured: readonly Tensor[];
}

const blockwiseOp: Op<Body> = {
  name: "blockwise",
  emit: (emitter, names, node, { blocks, results, captured }) => {
    const inputs = names.slice(0, blocks.length);
    const outside = new Map(captured.map((tensor, i) => [tensor, names[blocks.length + i] ?? ""]));
    const length = emitter.blocks ? blockLength(node.size) : undefined;
    const inner = length === undefined ? emitter : new Emitter({ prefix: `${emitter.fresh("block")}.` });
    const own = blocks.map(
      (block, i) => [block, length === undefined ? (inputs[i] ?? "") : inner.fresh("in")] as const,
    );
    const made = inner.emitWith(results, new Map([...outside, ...own]));
    if (length === undefined) {
      emitter.keepOutputs(node, made);
      return made[0] ?? "";
    }
    const { dtype } = node;
    const body = inner.graph(
      "block",
      own.map(([, name]) => ({ name, dtype, shape: [length] })),
      made.map((from) => ({ name: inner.fresh("out"), from, dtype, shape: [length] })),
    );
    const folded = [node.size / length, length];
    const outputs = emitter.nodeWithOutputs(
      "Scan",
      inputs.map((name) => emitter.node("Reshape", [name, emitter.ints(folded)])),
      results.length,
      { body: { graph: body }, num_scan_inputs: inputs.length },
    );
    emitter.keepOutputs(node, outputs, folded);
    return outputs[0] ?? "";
  },
  // Each block is read and written at one place, so what has to hold for the whole has to hold inside of the function.
  writesOver: (node, next, leaf) => {
    const { blocks, results } = node.attributes as unknown as Body;
    const places = node.inputs.flatMap((input, i) => (input === leaf && i < blocks.length ? [i] : []));
    const block = blocks[places[0] ?? -1];
    const result = results[Number(next.attributes["index"])];
    if (places.length !== 1 || !block || !result) return false;
    const others = results.filter((other) => other !== result);
    return writableInPlace(block, result, inOrder(results), others);
  },
  flops: (node, { results, blocks }) => {
    return (inOrder(results).filter(({ size }) => size > 1).length - blocks.length) * node.size;
  },
};

const resultOp: Op<{ index: number }> = {
  name: "blockwise result",
  emit: (emitter, _inputs, node, { index }) => emitter.takeOutput(node, node.inputs[0] as Tensor, index),
  flops: () => 0,
};

/**
 * An elementwise function of several large tensors of one shape, computed block by block so that what lies between its
 * operations stays in the cache. It has no derivative: it is for updates.
 * @param f elementwise; may read scalars from outside, nothing else. Traced once.
 * @returns what `f` returns, in the inputs' shape.
 */
export function blockwise<T extends Readonly<Record<string, Tensor>>, R extends Readonly<Record<string, Tensor>>>(
  f: (inputs: T) => R,
  inputs: T,
): R {
  const [first, ...others] = Object.values(inputs);
  if (!first) throw new InvalidArgumentError("blockwise", "at least one tensor", "none");
  for (const other of others) {
    if (!sameShape(first.shape, other.shape))
      throw new ShapeMismatchError("blockwise", first.shape, other.shape, "all inputs have one shape");
  }
  if (first.size < smallest || Object.values(inputs).some(({ dtype }) => dtype !== first.dtype)) return f(inputs);
  const names = Object.keys(inputs);
  const blocks = names.map((name) => placeholder(`block ${name}`, { dtype: first.dtype, shape: first.shape }));
  const traced = f(Object.fromEntries(names.map((name, i) => [name, blocks[i]])) as T);
  const results = Object.values(traced);
  const inside = new Set<Tensor>(blocks);
  const captured = new Set<Tensor>();
  for (const tensor of inOrder(results)) {
    if (!tensor.inputs.some((input) => inside.has(input))) continue;
    if (!tensor.op.elementwise)
      throw new InvalidArgumentError("blockwise", "elementwise operations only", tensor.op.name);
    inside.add(tensor);
    for (const input of tensor.inputs) {
      if (inside.has(input)) continue;
      if (input.size !== 1) throw new InvalidArgumentError("blockwise", "scalars from outside only", input.toString());
      captured.add(input);
    }
  }
  const body: Body = { blocks, results, captured: [...captured] };
  const all = apply(blockwiseOp, [...Object.values(inputs), ...captured], first.dtype, first.shape, body);
  const parts = Object.keys(traced).map((name, index) => {
    return [name, apply(resultOp, [all], first.dtype, first.shape, { index })] as const;
  });
  return Object.fromEntries(parts) as R;
}

/** The divisor of `size` nearest below the block size that is worth a block, or nothing. */
function blockLength(size: number): number | undefined {
  for (let blocks = Math.ceil(size / blockValues); blocks <= size / 4096; blocks++) {
    if (size % blocks === 0) return size / blocks;
  }
  return undefined;
}
