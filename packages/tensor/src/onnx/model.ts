import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { onnxElementType, type TensorSpec, type TypedArray } from "../dtype.ts";

/** A named value of a graph with its element type and shape; a length of −1 is only known at run time. */
export interface ValueInfo extends TensorSpec {
  readonly name: string;
}

/** A constant stored in the model. */
interface TensorConstant extends TensorSpec {
  readonly data: TypedArray;
}

/** A constant that nodes read by its name. */
export interface Initializer extends TensorConstant {
  readonly name: string;
}

/** One attribute of a node; the key names its ONNX type. */
export type AttributeValue =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly string: string }
  | { readonly tensor: TensorConstant }
  /** The body of `If`, `Loop`, `Scan`; it may read the values of the graphs around it. */
  | { readonly graph: GraphProto };

/** One operator of a graph. */
export interface NodeProto {
  readonly opType: string;
  /** Names of values; `""` leaves out an optional input. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Shown in profiles and in messages of the engine. */
  readonly name?: string;
  /** `"com.microsoft"` for ONNX Runtime's own operators; absent for standard ones. */
  readonly domain?: string;
}

/** A graph whose nodes are in an order in which they can run. */
export interface GraphProto {
  readonly name: string;
  readonly nodes: readonly NodeProto[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly initializers?: readonly Initializer[];
}

/**
 * Operator set of the models, tried on the CPU, in WebAssembly and on WebGPU's software adapter. A later one would bring
 * operators that are not used here.
 */
const defaultOpset = 21;

/** Version of the file format that belongs to operator set 21. */
const irVersion = 10;

/**
 * The bytes of a `ModelProto` with this graph. Only what an engine needs is written: no doc strings, no metadata.
 * A protobuf message must stay below 2 GiB, so large values belong into inputs rather than into initializers.
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto for the field numbers.
 */
export function encodeModel(graph: GraphProto, { opset = defaultOpset }: { opset?: number } = {}): Uint8Array {
  const writer = new BinaryWriter();
  int(writer, 1, irVersion);
  text(writer, 2, "offprint");
  message(writer, 7, () => writeGraph(writer, graph));
  writeOpset(writer, "", opset);
  for (const domain of extraDomains(graph)) writeOpset(writer, domain, 1);
  return writer.finish();
}

function writeOpset(writer: BinaryWriter, domain: string, version: number): void {
  message(writer, 8, () => {
    text(writer, 1, domain);
    int(writer, 2, version);
  });
}

function writeGraph(writer: BinaryWriter, graph: GraphProto): void {
  for (const node of graph.nodes) message(writer, 1, () => writeNode(writer, node));
  text(writer, 2, graph.name);
  for (const initializer of graph.initializers ?? []) {
    message(writer, 5, () => writeTensor(writer, initializer, initializer.name));
  }
  for (const input of graph.inputs) message(writer, 11, () => writeValueInfo(writer, input));
  for (const output of graph.outputs) message(writer, 12, () => writeValueInfo(writer, output));
}

function writeNode(writer: BinaryWriter, node: NodeProto): void {
  for (const input of node.inputs) text(writer, 1, input);
  for (const output of node.outputs) text(writer, 2, output);
  if (node.name !== undefined) text(writer, 3, node.name);
  text(writer, 4, node.opType);
  for (const [name, value] of Object.entries(node.attributes ?? {})) {
    message(writer, 5, () => writeAttribute(writer, name, value));
  }
  if (node.domain !== undefined) text(writer, 7, node.domain);
}

function writeAttribute(writer: BinaryWriter, name: string, value: AttributeValue): void {
  text(writer, 1, name);
  if ("int" in value) {
    int(writer, 3, value.int);
    int(writer, 20, 2);
  } else if ("ints" in value) {
    for (const each of value.ints) int(writer, 8, each);
    int(writer, 20, 7);
  } else if ("float" in value) {
    writer.tag(2, WireType.Bit32).float(value.float);
    int(writer, 20, 1);
  } else if ("floats" in value) {
    for (const each of value.floats) writer.tag(7, WireType.Bit32).float(each);
    int(writer, 20, 6);
  } else if ("string" in value) {
    text(writer, 4, value.string);
    int(writer, 20, 3);
  } else if ("tensor" in value) {
    message(writer, 5, () => writeTensor(writer, value.tensor));
    int(writer, 20, 4);
  } else {
    message(writer, 6, () => writeGraph(writer, value.graph));
    int(writer, 20, 5);
  }
}

function writeTensor(writer: BinaryWriter, { dtype, shape, data }: TensorConstant, name?: string): void {
  for (const length of shape) int(writer, 1, length);
  int(writer, 2, onnxElementType(dtype));
  if (name !== undefined) text(writer, 8, name);
  // Raw data is little-endian, as are all machines that ONNX Runtime is built for.
  writer.tag(9, WireType.LengthDelimited).bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function writeValueInfo(writer: BinaryWriter, { name, dtype, shape }: ValueInfo): void {
  text(writer, 1, name);
  message(writer, 2, () => {
    // TypeProto.tensor_type { elem_type, shape { dim { dim_value } } }
    message(writer, 1, () => {
      int(writer, 1, onnxElementType(dtype));
      message(writer, 2, () => {
        for (const length of shape) message(writer, 1, () => length >= 0 && int(writer, 1, length));
      });
    });
  });
}

/** Domains of operators outside the standard one, subgraphs included. */
function extraDomains(graph: GraphProto, found = new Set<string>()): Set<string> {
  for (const node of graph.nodes) {
    if (node.domain) found.add(node.domain);
    for (const value of Object.values(node.attributes ?? {})) {
      if ("graph" in value) extraDomains(value.graph, found);
    }
  }
  return found;
}

function int(writer: BinaryWriter, field: number, value: number): void {
  writer.tag(field, WireType.Varint).int64(value);
}

function text(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value);
}

function message(writer: BinaryWriter, field: number, write: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write();
  writer.join();
}
