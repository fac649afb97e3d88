import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HostTensor } from "../dtype.ts";
import type { Engine } from "../engine/engine.ts";
import { createNativeEngine } from "../engine/native.ts";
import { runOnce } from "../engine/test-models.ts";
import { encodeModel, type AttributeValue, type GraphProto } from "./model.ts";

// ONNX Runtime is the independent reader: what it computes from a model is what the model said.
let engine: Engine;
beforeAll(async () => {
  engine = await createNativeEngine({ threads: 1 });
});
afterAll(() => engine.dispose());

/** The value of a `Constant` node with this attribute. */
async function constant(
  attribute: string,
  value: AttributeValue,
  expected: HostTensor,
): Promise<HostTensor | undefined> {
  const nodes = [{ opType: "Constant", inputs: [], outputs: ["y"], attributes: { [attribute]: value } }];
  const graph = { name: "constant", nodes, inputs: [], outputs: [{ ...expected, name: "y" }] };
  return (await runOnce(engine, graph, {})).y;
}

const float = fc.float({ noNaN: true });
const int = fc.maxSafeInteger();

describe("attributes arrive as they were given", () => {
  async function arrives(attribute: string, value: AttributeValue, expected: HostTensor): Promise<void> {
    expect(await constant(attribute, value, expected)).toEqual(expected);
  }

  it("float", async () => {
    const property = fc.asyncProperty(float, (x) =>
      arrives("value_float", { float: x }, { dtype: "float32", shape: [], data: Float32Array.of(x) }),
    );
    await fc.assert(property, { numRuns: 30 });
  });

  it("floats", async () => {
    const property = fc.asyncProperty(fc.array(float, { minLength: 1, maxLength: 20 }), (xs) =>
      arrives("value_floats", { floats: xs }, { dtype: "float32", shape: [xs.length], data: Float32Array.from(xs) }),
    );
    await fc.assert(property, { numRuns: 30 });
  });

  it("int", async () => {
    const property = fc.asyncProperty(int, (x) =>
      arrives("value_int", { int: x }, { dtype: "int64", shape: [], data: BigInt64Array.of(BigInt(x)) }),
    );
    await fc.assert(property, { numRuns: 30 });
  });

  it("ints", async () => {
    const property = fc.asyncProperty(fc.array(int, { minLength: 1, maxLength: 20 }), (xs) =>
      arrives("value_ints", { ints: xs }, { dtype: "int64", shape: [xs.length], data: BigInt64Array.from(xs, BigInt) }),
    );
    await fc.assert(property, { numRuns: 30 });
  });

  it("tensor", async () => {
    const tensors = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })).chain(([n, m]) =>
      fc.oneof(
        fc
          .array(float, { minLength: n * m, maxLength: n * m })
          .map((xs): HostTensor => ({ dtype: "float32", shape: [n, m], data: Float32Array.from(xs) })),
        fc
          .array(fc.boolean(), { minLength: n * m, maxLength: n * m })
          .map((xs): HostTensor => ({ dtype: "bool", shape: [n, m], data: Uint8Array.from(xs, Number) })),
        fc
          .array(fc.integer(), { minLength: n * m, maxLength: n * m })
          .map((xs): HostTensor => ({ dtype: "int32", shape: [n, m], data: Int32Array.from(xs) })),
      ),
    );
    await fc.assert(
      fc.asyncProperty(tensors, (tensor) => arrives("value", { tensor }, tensor)),
      { numRuns: 30 },
    );
  });

  it("string", async () => {
    // Only "add" lets two updates of one place sum up.
    const graph: GraphProto = {
      name: "scatter",
      nodes: [
        {
          opType: "ScatterND",
          inputs: ["zero", "places", "updates"],
          outputs: ["y"],
          attributes: { reduction: { string: "add" } },
        },
      ],
      inputs: [],
      outputs: [{ name: "y", dtype: "float32", shape: [2] }],
      initializers: [
        { name: "zero", dtype: "float32", shape: [2], data: new Float32Array(2) },
        { name: "places", dtype: "int64", shape: [2, 1], data: BigInt64Array.of(1n, 1n) },
        { name: "updates", dtype: "float32", shape: [2], data: Float32Array.of(3, 4) },
      ],
    };
    const { y } = await runOnce(engine, graph, {});
    expect(y?.data).toEqual(Float32Array.of(0, 7));
  });
});

describe("models", () => {
  it("take part of a larger array as a constant", async () => {
    const whole = Float32Array.of(1, 2, 3, 4);
    const part: HostTensor = { dtype: "float32", shape: [2], data: whole.subarray(1, 3) };
    expect(await constant("value", { tensor: part }, part)).toEqual(part);
  });

  it("name their values in any script", async () => {
    const names = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).filter((name) => !name.includes("\0"));
    const property = fc.asyncProperty(
      fc.uniqueArray(names, { minLength: 2, maxLength: 2 }),
      async ([x = "", y = ""]) => {
        const value: HostTensor = { dtype: "float32", shape: [1], data: Float32Array.of(3) };
        const graph: GraphProto = {
          name: "negation",
          nodes: [{ opType: "Neg", inputs: [x], outputs: [y], name: "one" }],
          inputs: [{ ...value, name: x }],
          outputs: [{ ...value, name: y }],
        };
        const results = await runOnce(engine, graph, { [x]: value });
        expect(results[y]?.data).toEqual(Float32Array.of(-3));
      },
    );
    await fc.assert(property, { numRuns: 30 });
  });

  it("reach ONNX Runtime's own operators, in subgraphs too", async () => {
    const scale: GraphProto = {
      name: "branch",
      nodes: [
        {
          opType: "FusedMatMul",
          inputs: ["x", "x"],
          outputs: ["out"],
          domain: "com.microsoft",
          attributes: { transB: { int: 1 }, alpha: { float: 0.5 } },
        },
      ],
      inputs: [],
      outputs: [{ name: "out", dtype: "float32", shape: [1, 1] }],
    };
    const graph: GraphProto = {
      name: "choice",
      nodes: [
        {
          opType: "If",
          inputs: ["yes"],
          outputs: ["y"],
          attributes: { then_branch: { graph: scale }, else_branch: { graph: scale } },
        },
      ],
      inputs: [{ name: "x", dtype: "float32", shape: [1, 2] }],
      outputs: [{ name: "y", dtype: "float32", shape: [1, 1] }],
      initializers: [{ name: "yes", dtype: "bool", shape: [], data: Uint8Array.of(1) }],
    };
    const { y } = await runOnce(engine, graph, { x: { dtype: "float32", shape: [1, 2], data: Float32Array.of(3, 4) } });
    expect(y?.data).toEqual(Float32Array.of(12.5));
  });

  it("leave lengths open where they are −1", async () => {
    const spec = { dtype: "float32", shape: [-1, 2] } as const;
    const model = encodeModel({
      name: "open",
      nodes: [{ opType: "Neg", inputs: ["x"], outputs: ["y"] }],
      inputs: [{ ...spec, name: "x" }],
      outputs: [{ ...spec, name: "y" }],
    });
    using session = await engine.createSession(model);
    for (const n of [1, 5]) {
      using x = await engine.allocate({ dtype: "float32", shape: [n, 2] });
      using y = await engine.allocate({ dtype: "float32", shape: [n, 2] });
      await session.run(new Map([["x", x]]), new Map([["y", y]]));
    }
    using wrong = await engine.allocate({ dtype: "float32", shape: [1, 3] });
    await expect(session.run(new Map([["x", wrong]]), new Map())).rejects.toThrow('feed "x" wants float32[-1, 2]');
  });
});
