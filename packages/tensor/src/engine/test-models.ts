import type { HostTensor, Shape } from "../dtype.ts";
import { encodeModel, type GraphProto, type NodeProto, type ValueInfo } from "../onnx/model.ts";
import type { DeviceTensor, Engine } from "./engine.ts";

/** A float32 value of a graph. */
export function f32(name: string, ...shape: number[]): ValueInfo {
  return { name, dtype: "float32", shape };
}

/** A node with one output. */
export function node(
  opType: string,
  inputs: string[],
  output: string,
  attributes?: NodeProto["attributes"],
): NodeProto {
  return { opType, inputs, outputs: [output], ...(attributes && { attributes }) };
}

export function floats(shape: Shape, values: Iterable<number>): HostTensor {
  return { dtype: "float32", shape, data: Float32Array.from(values) };
}

/** y = x · w + b, row by row: x [n, 2] → y [n, 2]. */
export function affine(n: number): GraphProto {
  return {
    name: "affine",
    nodes: [node("MatMul", ["x", "w"], "xw"), node("Add", ["xw", "b"], "y")],
    inputs: [f32("x", n, 2)],
    outputs: [f32("y", n, 2)],
    initializers: [
      { name: "w", ...floats([2, 2], [1, 2, 3, 4]) },
      { name: "b", ...floats([2], [10, 20]) },
    ],
  };
}

/** A run that takes seconds: x [64, 64] → y [64, 64] through so many products in turn, each a chance to stop. */
export function longRun(steps: number): GraphProto {
  const body: GraphProto = {
    name: "step",
    nodes: [
      node("MatMul", ["state", "w"], "product"),
      node("Tanh", ["product"], "next"),
      node("Identity", ["one"], "out"),
    ],
    inputs: [f32("state", 64, 64), f32("one")],
    outputs: [f32("next", 64, 64), f32("out")],
  };
  return {
    name: "long",
    nodes: [
      {
        opType: "Scan",
        inputs: ["x", "ones"],
        outputs: ["y", "count"],
        attributes: { body: { graph: body }, num_scan_inputs: { int: 1 } },
      },
    ],
    inputs: [f32("x", 64, 64)],
    outputs: [f32("y", 64, 64)],
    initializers: [
      {
        name: "w",
        ...floats(
          [64, 64],
          Array.from({ length: 64 * 64 }, (_, i) => Math.sin(i) / 8),
        ),
      },
      {
        name: "ones",
        ...floats(
          [steps],
          Array.from({ length: steps }, () => 1),
        ),
      },
    ],
  };
}

/** Runs a graph once on fresh tensors and gives all its outputs. */
export async function runOnce(
  engine: Engine,
  graph: GraphProto,
  feeds: Readonly<Record<string, HostTensor>>,
): Promise<Record<string, HostTensor>> {
  using session = await engine.createSession(encodeModel(graph));
  const fed = new Map<string, DeviceTensor>();
  const fetched = new Map<string, DeviceTensor>();
  try {
    for (const [name, value] of Object.entries(feeds)) fed.set(name, await engine.allocate(value, value));
    for (const output of graph.outputs) fetched.set(output.name, await engine.allocate(output));
    await session.run(fed, fetched);
    const results: Record<string, HostTensor> = {};
    for (const [name, tensor] of fetched) results[name] = await tensor.read();
    return results;
  } finally {
    for (const tensor of [...fed.values(), ...fetched.values()]) tensor.dispose();
  }
}
