import { InvalidArgumentError } from "../errors.ts";
import { Emitter, inOrder } from "../graph/emitter.ts";
import { placeholder, type Op, type Tensor } from "../graph/tensor.ts";
import { reshape } from "./arithmetic.ts";
import { apply, lengthOf } from "./shapes.ts";

type Named = Readonly<Record<string, Tensor>>;

/** A step, traced once. */
interface Body extends Record<string, unknown> {
  /** Stand for what is carried, then for one slice of each sequence. */
  readonly parameters: readonly Tensor[];
  /** What is carried on, then what is kept of each step. */
  readonly results: readonly Tensor[];
  /** Tensors from outside that the step reads. */
  readonly captured: readonly Tensor[];
  readonly carried: number;
  readonly steps: number;
}

const scanOp: Op<Body> = {
  name: "scan",
  emit: (emitter, names, node, { parameters, results, captured, carried }) => {
    const inputs = names.slice(0, parameters.length);
    const body = new Emitter({ prefix: `${emitter.fresh("step")}.`, blocks: false });
    const own = parameters.map((parameter) => [parameter, body.fresh("in")] as const);
    const outside = captured.map((tensor, i) => [tensor, names[parameters.length + i] ?? ""] as const);
    const made = body.emitWith(results, new Map([...outside, ...own]));
    const graph = body.graph(
      "step",
      own.map(([{ dtype, shape }, name]) => ({ name, dtype, shape })),
      results.map(({ dtype, shape }, i) => ({ name: body.fresh("out"), from: made[i] ?? "", dtype, shape })),
    );
    const sequences = parameters.length - carried;
    const outputs = emitter.nodeWithOutputs("Scan", inputs, results.length, {
      body: { graph },
      num_scan_inputs: sequences,
    });
    emitter.keepOutputs(node, outputs);
    return outputs[0] ?? "";
  },
  flops: (_node, { parameters, results, captured, steps }) => {
    const outside = new Map([...parameters, ...captured].map((tensor) => [tensor, true]));
    const inside = inOrder(results, outside).filter((tensor) => !outside.has(tensor));
    const each = inside.map((tensor) => (tensor.op.flops ? tensor.op.flops(tensor, tensor.attributes) : tensor.size));
    return steps * each.reduce((sum, flops) => sum + flops, 0);
  },
};

const resultOp: Op<{ index: number }> = {
  name: "scan result",
  emit: (emitter, _inputs, node, { index }) => emitter.takeOutput(node, node.inputs[0] as Tensor, index),
  flops: () => 0,
};

/** What a scan goes over. */
export interface ScanInputs<C extends Named, S extends Named> {
  /** Values of the first step; each step passes on new ones of the same shape. */
  readonly carry: C;
  /** Each step gets the next slice of the first axis, `[steps, ...] → [...]`, without a copy. */
  readonly over: S;
}

/**
 * The same step again and again, one after another, so that what lies between a step's operations takes memory once. It has no
 * derivative: it is for functions that bring their own.
 * @param step traced once; may read tensors from outside.
 * @returns what the last step carried on, and `[steps, ...]` of what each step kept.
 */
export function scan<C extends Named, S extends Named, K extends Named>(
  step: (at: C & S) => { readonly carry: C; readonly keep: K },
  { carry, over }: ScanInputs<C, S>,
): { readonly carry: C; readonly keep: K } {
  const lengths = new Set(Object.values(over).map(({ shape }) => lengthOf(shape, 0)));
  const [steps = 0] = lengths;
  if (lengths.size !== 1) throw new InvalidArgumentError("scan", "sequences of one length", [...lengths].join(", "));
  if (steps === 1) return once(step, { carry, over });
  const standIns = (tensors: Named, from: number): [string, Tensor][] =>
    Object.entries(tensors).map(([name, { dtype, shape }]) => [
      name,
      placeholder(`step ${name}`, { dtype, shape: shape.slice(from) }),
    ]);
  const parameters = [...standIns(carry, 0), ...standIns(over, 1)];
  const traced = step(Object.fromEntries(parameters) as C & S);
  const carriedOn = Object.keys(carry).map((name) => traced.carry[name] as Tensor);
  const results = [...carriedOn, ...Object.values(traced.keep)];
  const own = parameters.map(([, parameter]) => parameter);
  const captured = readFromOutside(results, new Set(own));
  const body: Body = { parameters: own, results, captured, carried: carriedOn.length, steps };
  const inputs = [...Object.values(carry), ...Object.values(over), ...captured];
  const first = results[0] as Tensor;
  const all = apply(scanOp, inputs, first.dtype, first.shape, body);
  const take = (name: string, index: number, lead: readonly number[]): [string, Tensor] => {
    const { dtype, shape } = results[index] as Tensor;
    return [name, apply(resultOp, [all], dtype, [...lead, ...shape], { index })];
  };
  const last = Object.keys(carry).map((name, i) => take(name, i, []));
  const kept = Object.keys(traced.keep).map((name, i) => take(name, carriedOn.length + i, [steps]));
  return { carry: Object.fromEntries(last) as C, keep: Object.fromEntries(kept) as K };
}

/** The only step, without a loop around it. */
function once<C extends Named, S extends Named, K extends Named>(
  step: (at: C & S) => { readonly carry: C; readonly keep: K },
  { carry, over }: ScanInputs<C, S>,
): { readonly carry: C; readonly keep: K } {
  const reshaped = (tensors: Named, shape: (x: Tensor) => readonly number[]): Named =>
    Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, reshape(x, shape(x))]));
  const slices = reshaped(over, ({ shape }) => shape.slice(1));
  const last = step({ ...carry, ...slices } as C & S);
  return { carry: last.carry, keep: reshaped(last.keep, ({ shape }) => [1, ...shape]) as K };
}

/** What the step reads that does not depend on its parameters: computed once, outside. */
function readFromOutside(results: readonly Tensor[], parameters: ReadonlySet<Tensor>): Tensor[] {
  const inside = new Set(parameters);
  const captured = new Set<Tensor>();
  const order = inOrder(results);
  for (const tensor of order) if (tensor.inputs.some((input) => inside.has(input))) inside.add(tensor);
  for (const tensor of order) {
    if (!inside.has(tensor) || parameters.has(tensor)) continue;
    for (const input of tensor.inputs) if (!inside.has(input)) captured.add(input);
  }
  for (const result of results) if (!inside.has(result)) captured.add(result);
  return [...captured];
}
