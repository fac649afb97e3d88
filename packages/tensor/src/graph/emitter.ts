import { elementCount, onnxElementType, type DType, type HostTensor, type Shape } from "../dtype.ts";
import type { AttributeValue, GraphProto, Initializer, NodeProto, ValueInfo } from "../onnx/model.ts";
import { constant, type Tensor } from "./tensor.ts";

/** A whole number becomes an ONNX `int`, a list of them `ints`, text a `string`; anything else is tagged. */
export type AttributeSugar = number | string | readonly number[] | AttributeValue;

/** How a node is written. */
export interface NodeOptions {
  /** `"com.microsoft"` for operators of ONNX Runtime. */
  readonly domain?: string;
}

const sugared = (value: AttributeSugar): AttributeValue => {
  if (typeof value === "number") return { int: value };
  if (typeof value === "string") return { string: value };
  return isList(value) ? { ints: value } : value;
};

const isList = (value: readonly number[] | AttributeValue): value is readonly number[] => Array.isArray(value);

/** Collects the nodes of one ONNX graph while tensors write themselves into it. */
export class Emitter {
  readonly #nodes: NodeProto[] = [];
  readonly #initializers = new Map<string, Initializer>();
  readonly #names = new Map<Tensor, string>();
  readonly #casts = new Map<string, string>();
  readonly #several = new Map<Tensor, { readonly names: readonly string[]; readonly layout: Shape | undefined }>();
  readonly #prefix: string;
  readonly #keepLayout: ReadonlySet<Tensor>;
  /** Whether large updates are to be computed block by block: pays where memory is slower than the cores, not on a GPU. */
  readonly blocks: boolean;
  #count = 0;

  constructor({ prefix = "", blocks = false, keepLayout = new Set<Tensor>() }: EmitterOptions = {}) {
    this.#prefix = prefix;
    this.#keepLayout = keepLayout;
    this.blocks = blocks;
  }

  /** A name that nothing else has. */
  fresh(hint: string): string {
    return `${this.#prefix}${hint}_${this.#count++}`;
  }

  /** Adds a node with one output and returns that output's name. */
  node(
    opType: string,
    inputs: readonly string[],
    attributes: Record<string, AttributeSugar> = {},
    options: NodeOptions = {},
  ): string {
    return this.nodeWithOutputs(opType, inputs, 1, attributes, options)[0] ?? "";
  }

  /** Adds a node with several outputs and returns their names. */
  nodeWithOutputs(
    opType: string,
    inputs: readonly string[],
    outputCount: number,
    attributes: Record<string, AttributeSugar> = {},
    options: NodeOptions = {},
  ): string[] {
    const outputs = Array.from({ length: outputCount }, () => this.fresh(opType));
    const entries = Object.entries(attributes).map(([key, value]) => [key, sugared(value)]);
    this.#nodes.push({
      opType,
      inputs,
      outputs,
      name: outputs[0] ?? "",
      attributes: Object.fromEntries(entries),
      ...options,
    });
    return outputs;
  }

  /** A value stored in the model; equal values are stored once when they are small. */
  constant(value: HostTensor): string {
    const small = elementCount(value.shape) <= 16;
    const key = small
      ? `${value.dtype}[${value.shape.join()}]${Array.from(value.data as ArrayLike<unknown>).join()}`
      : "";
    const known = small ? this.#initializers.get(key) : undefined;
    if (known) return known.name;
    const name = this.fresh("constant");
    this.#initializers.set(small ? key : name, { name, ...value });
    return name;
  }

  /** A scalar stored in the model. */
  scalar(value: number, dtype: DType): string {
    return this.constant(constant(value, dtype).attributes["value"] as HostTensor);
  }

  /** A list of int64, as shapes and axes are written. */
  ints(values: readonly number[]): string {
    return this.constant({ dtype: "int64", shape: [values.length], data: BigInt64Array.from(values, BigInt) });
  }

  /** The named value as another type; repeated requests share one node. */
  cast(name: string, to: DType): string {
    const key = `${name}→${to}`;
    const known = this.#casts.get(key) ?? this.node("Cast", [name], { to: onnxElementType(to) });
    this.#casts.set(key, known);
    return known;
  }

  /** Writes everything that `roots` need, each tensor once, with values of this or an outer graph standing for some tensors. */
  emitWith(roots: readonly Tensor[], bound: ReadonlyMap<Tensor, string>): string[] {
    for (const [tensor, name] of bound) this.#names.set(tensor, name);
    return this.emit(roots);
  }

  /** Keeps the names of a node with several outputs; `layout` is their shape where it is not the node's. */
  keepOutputs(node: Tensor, names: readonly string[], layout?: Shape): void {
    this.#several.set(node, { names, layout });
  }

  /** One of several outputs as the value of `part`, brought to its shape unless it leaves the graph as it is. */
  takeOutput(part: Tensor, node: Tensor, index: number): string {
    const { names = [], layout } = this.#several.get(node) ?? {};
    const name = names[index] ?? "";
    return layout && !this.#keepLayout.has(part) ? this.node("Reshape", [name, this.ints(part.shape)]) : name;
  }

  /** The shape under which the emitted value of a tensor lies in memory. */
  layoutOf(tensor: Tensor): Shape {
    const several = tensor.inputs[0] && this.#several.get(tensor.inputs[0]);
    return (this.#keepLayout.has(tensor) && several?.layout) || tensor.shape;
  }

  /** Writes everything that `roots` need, each tensor once. */
  emit(roots: readonly Tensor[]): string[] {
    for (const tensor of inOrder(roots, this.#names)) {
      if (this.#names.has(tensor)) continue;
      const inputs = tensor.inputs.map((input) => this.nameOf(input));
      this.#names.set(tensor, tensor.op.emit(this, inputs, tensor, tensor.attributes));
    }
    return roots.map((root) => this.nameOf(root));
  }

  /** The name under which a tensor that was emitted is known. */
  nameOf(tensor: Tensor): string {
    const name = this.#names.get(tensor);
    if (name === undefined) throw new Error(`internal: ${tensor.toString()} is used before it is emitted`);
    return name;
  }

  /** The graph as it stands; the value `from` leaves it under the public name `name`. */
  graph(name: string, inputs: readonly ValueInfo[], outputs: readonly GraphOutput[]): GraphProto {
    // The node that makes an output gets the public name, so that the engine writes into the caller's memory at once.
    // What no node makes (an input passed on), or what leaves twice, is copied.
    const made = new Set(this.#nodes.flatMap((node) => node.outputs));
    const renamed = new Map<string, string>();
    const copies: NodeProto[] = [];
    for (const { name: to, from } of outputs) {
      if (made.has(from) && !renamed.has(from)) renamed.set(from, to);
      else copies.push({ opType: "Identity", inputs: [from], outputs: [to] });
    }
    const current = (value: string): string => renamed.get(value) ?? value;
    return {
      name,
      nodes: [...this.#nodes, ...copies].map((node) => renameValues(node, current)),
      inputs,
      outputs: outputs.map(({ name: to, dtype, shape }) => ({ name: to, dtype, shape })),
      initializers: [...this.#initializers.values()],
    };
  }
}

/** A value that leaves a graph. */
export interface GraphOutput extends ValueInfo {
  /** The name it has inside. */
  readonly from: string;
}

/** How a graph is written. */
export interface EmitterOptions {
  /** Of all names, so that a body's names differ from those around it. */
  readonly prefix?: string;
  readonly blocks?: boolean;
  /** Outputs of the graph that may keep the layout of blocks, since nothing else reads them. */
  readonly keepLayout?: ReadonlySet<Tensor>;
}

/**
 * Every tensor that `roots` are computed from, inputs before the tensors that read them.
 * @param known what is not looked behind.
 */
export function inOrder(roots: readonly Tensor[], known?: ReadonlyMap<Tensor, unknown>): Tensor[] {
  const seen = new Set<Tensor>();
  const stack = [...roots];
  for (let tensor = stack.pop(); tensor; tensor = stack.pop()) {
    if (seen.has(tensor)) continue;
    seen.add(tensor);
    if (!known?.has(tensor)) stack.push(...tensor.inputs);
  }
  return [...seen].toSorted((a, b) => a.id - b.id);
}

/** A node, and the graphs inside of it, with other names of values. */
function renameValues(node: NodeProto, current: (name: string) => string): NodeProto {
  const attributes = Object.entries(node.attributes ?? {}).map(([key, value]) => {
    if (!("graph" in value)) return [key, value] as const;
    const nodes = value.graph.nodes.map((inner) => renameValues(inner, current));
    return [key, { graph: { ...value.graph, nodes } }] as const;
  });
  return {
    ...node,
    inputs: node.inputs.map(current),
    outputs: node.outputs.map(current),
    attributes: Object.fromEntries(attributes),
  };
}
