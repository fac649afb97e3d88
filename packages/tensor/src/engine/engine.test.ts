import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DType, HostTensor } from "../dtype.ts";
import { encodeModel, type GraphProto } from "../onnx/model.ts";
import type { Engine } from "./engine.ts";
import { BindingError, DisposedError, ModelRejectedError, RunCancelledError, TensorMismatchError } from "./errors.ts";
import { createNativeEngine } from "./native.ts";
import { affine, f32, floats, node, runOnce } from "./test-models.ts";
import { createWebEngine } from "./web.ts";

const engines: { name: string; create: () => Promise<Engine> }[] = [
  { name: "native engine", create: createNativeEngine },
  { name: "web engine", create: createWebEngine },
];

/** OFFPRINT_TEST_PROVIDER=cuda or webgpu adds the GPU of the machine. */
const provider = process.env["OFFPRINT_TEST_PROVIDER"];
if (provider === "cuda" || provider === "webgpu") {
  engines.push({ name: `native engine on ${provider}`, create: () => createNativeEngine({ provider }) });
}

/** What every engine promises; one suite for all. */
describe.each(engines)("$name", ({ create }) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await create();
  });
  afterAll(() => engine.dispose());

  it("says what it is", () => {
    expect(engine.version).toMatch(/^1\.\d+\.\d+/);
    expect(engine.threads).toBeGreaterThanOrEqual(1);
  });

  it("multiplies and adds", async () => {
    const { y } = await runOnce(engine, affine(2), { x: floats([2, 2], [1, 2, 3, 4]) });
    expect(y).toEqual(floats([2, 2], [17, 30, 25, 42]));
  });

  it("runs the body of a Scan on every slice", async () => {
    const body: GraphProto = {
      name: "sum",
      nodes: [node("Add", ["total", "row"], "next"), node("Identity", ["next"], "sums")],
      inputs: [f32("total", 2), f32("row", 2)],
      outputs: [f32("next", 2), f32("sums", 2)],
    };
    const graph: GraphProto = {
      name: "cumulative",
      nodes: [
        {
          opType: "Scan",
          inputs: ["zero", "x"],
          outputs: ["last", "all"],
          attributes: { body: { graph: body }, num_scan_inputs: { int: 1 } },
        },
      ],
      inputs: [f32("x", 3, 2)],
      outputs: [f32("last", 2), f32("all", 3, 2)],
      initializers: [{ name: "zero", ...floats([2], [0, 0]) }],
    };
    const results = await runOnce(engine, graph, { x: floats([3, 2], [1, 2, 3, 4, 5, 6]) });
    expect(results).toEqual({ last: floats([2], [9, 12]), all: floats([3, 2], [1, 2, 4, 6, 9, 12]) });
  });

  it.each([
    { condition: 1, result: [2, 4] },
    { condition: 0, result: [-1, -2] },
  ])("takes the branch of an If that the condition $condition names", async ({ condition, result }) => {
    const branch = (opType: string, inputs: string[]): GraphProto => ({
      name: opType,
      nodes: [node(opType, inputs, `y${opType}`)],
      inputs: [],
      outputs: [f32(`y${opType}`, 2)],
    });
    const graph: GraphProto = {
      name: "choice",
      nodes: [
        node("If", ["c"], "y", {
          then_branch: { graph: branch("Add", ["x", "x"]) },
          else_branch: { graph: branch("Neg", ["x"]) },
        }),
      ],
      inputs: [{ name: "c", dtype: "bool", shape: [] }, f32("x", 2)],
      outputs: [f32("y", 2)],
    };
    const c: HostTensor = { dtype: "bool", shape: [], data: Uint8Array.of(condition) };
    const { y } = await runOnce(engine, graph, { c, x: floats([2], [1, 2]) });
    expect(y).toEqual(floats([2], result));
  });

  it("gathers rows by int64 and int32 indices", async () => {
    const graph: GraphProto = {
      name: "gather",
      nodes: [node("Gather", ["x", "i"], "rows"), node("Gather", ["x", "j"], "more")],
      inputs: [f32("x", 3, 2), { name: "i", dtype: "int64", shape: [2] }, { name: "j", dtype: "int32", shape: [1] }],
      outputs: [f32("rows", 2, 2), f32("more", 1, 2)],
    };
    const results = await runOnce(engine, graph, {
      x: floats([3, 2], [1, 2, 3, 4, 5, 6]),
      i: { dtype: "int64", shape: [2], data: BigInt64Array.of(2n, 0n) },
      j: { dtype: "int32", shape: [1], data: Int32Array.of(1) },
    });
    expect(results).toEqual({ rows: floats([2, 2], [5, 6, 1, 2]), more: floats([1, 2], [3, 4]) });
  });

  it("carries the bits of float16", async () => {
    const graph: GraphProto = {
      name: "halves",
      nodes: [node("Cast", ["x"], "half", { to: { int: 10 } })],
      inputs: [f32("x", 3)],
      outputs: [{ name: "half", dtype: "float16", shape: [3] }],
    };
    const { half } = await runOnce(engine, graph, { x: floats([3], [1, -2, 65504]) });
    expect(half).toEqual({ dtype: "float16", shape: [3], data: Uint16Array.of(0x3c00, 0xc000, 0x7bff) });
  });

  it("carries the bytes of bool", async () => {
    const graph: GraphProto = {
      name: "signs",
      nodes: [node("Greater", ["x", "zero"], "positive")],
      inputs: [f32("x", 3)],
      outputs: [{ name: "positive", dtype: "bool", shape: [3] }],
      initializers: [{ name: "zero", ...floats([], [0]) }],
    };
    const { positive } = await runOnce(engine, graph, { x: floats([3], [1, -2, 3]) });
    expect(positive).toEqual({ dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) });
  });

  it("updates a tensor in place when the model reads it elementwise", async () => {
    // m' = 0.9 m + 0.1 g; v' = 0.99 v + 0.01 g²; p' = p − m' / √v': the new m and v are read again after they are written.
    const graph = (n: number): GraphProto => ({
      name: "update",
      nodes: [
        node("Mul", ["m", "b1"], "m1"),
        node("Mul", ["g", "c1"], "g1"),
        node("Add", ["m1", "g1"], "m'"),
        node("Mul", ["g", "g"], "gg"),
        node("Mul", ["gg", "c2"], "g2"),
        node("Mul", ["v", "b2"], "v1"),
        node("Add", ["v1", "g2"], "v'"),
        node("Sqrt", ["v'"], "s"),
        node("Div", ["m'", "s"], "d"),
        node("Sub", ["p", "d"], "p'"),
      ],
      inputs: [f32("p", n), f32("m", n), f32("v", n), f32("g", n)],
      outputs: [f32("p'", n), f32("m'", n), f32("v'", n)],
      initializers: Object.entries({ b1: 0.9, c1: 0.1, b2: 0.99, c2: 0.01 }).map(([name, value]) => ({
        name,
        ...floats([], [value]),
      })),
    });
    const positive = (length: number): fc.Arbitrary<Float32Array> =>
      fc.float32Array({ minLength: length, maxLength: length, min: Math.fround(0.1), max: 10, noNaN: true });
    const cases = fc
      .integer({ min: 1, max: 3000 })
      .chain((n) => fc.tuple(positive(n), positive(n), positive(n), positive(n)));
    await fc.assert(
      fc.asyncProperty(cases, async ([p, m, v, g]) => {
        const n = p.length;
        const host = (data: Float32Array): HostTensor => ({ dtype: "float32", shape: [n], data });
        const apart = await runOnce(engine, graph(n), { p: host(p), m: host(m), v: host(v), g: host(g) });
        using session = await engine.createSession(encodeModel(graph(n)));
        const allocate = (data: Float32Array) => engine.allocate(host(data), host(data));
        const [tp, tm, tv, tg] = [await allocate(p), await allocate(m), await allocate(v), await allocate(g)];
        await session.run(
          new Map([["p", tp] as const, ["m", tm] as const, ["v", tv] as const, ["g", tg] as const]),
          new Map([["p'", tp] as const, ["m'", tm] as const, ["v'", tv] as const]),
        );
        expect(await tp.read()).toEqual(apart["p'"]);
        expect(await tm.read()).toEqual(apart["m'"]);
        expect(await tv.read()).toEqual(apart["v'"]);
        expect(await tg.read()).toEqual(host(g));
        for (const tensor of [tp, tm, tv, tg]) tensor.dispose();
      }),
      { numRuns: 8 },
    );
  });

  it("gives tensors back as they were written", async () => {
    const values: HostTensor[] = [
      floats([], [1.5]),
      floats([0, 3], []),
      { dtype: "int64", shape: [2], data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n) },
      { dtype: "int32", shape: [1, 1], data: Int32Array.of(-(2 ** 31)) },
      { dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) },
      { dtype: "float16", shape: [1], data: Uint16Array.of(0x3c00) },
    ];
    for (const value of values) {
      using tensor = await engine.allocate(value, value);
      expect(await tensor.read()).toEqual(value);
      if (engine.provider === "cpu" || engine.provider === "wasm") expect(tensor.view()).toEqual(value.data);
      else expect(tensor.view()).toBeUndefined();
    }
  });

  it("allocates zeros", async () => {
    using tensor = await engine.allocate({ dtype: "float32", shape: [3] });
    expect(await tensor.read()).toEqual(floats([3], [0, 0, 0]));
  });

  it("refuses values of another type or shape", async () => {
    using tensor = await engine.allocate({ dtype: "float32", shape: [3] });
    await expect(tensor.write(floats([2], [1, 2]))).rejects.toThrow("this tensor wants float32[3], float32[2] came");
  });

  it("refuses a model with an operator that does not exist, in the engine's words", async () => {
    const model = encodeModel({ ...affine(1), nodes: [node("Frobnicate", ["x"], "y")] });
    await expect(engine.createSession(model)).rejects.toThrow(ModelRejectedError);
    await expect(engine.createSession(model)).rejects.toThrow("Frobnicate");
  });

  it("refuses bytes that are no model", async () => {
    await expect(engine.createSession(new Uint8Array(100).fill(7))).rejects.toThrow(ModelRejectedError);
  });

  describe("with a session", () => {
    const make = async (dtype: DType = "float32", shape: number[] = [2, 2]) => ({
      session: await engine.createSession(encodeModel(affine(2))),
      x: await engine.allocate({ dtype, shape }),
      y: await engine.allocate({ dtype: "float32", shape: [2, 2] }),
    });

    it("refuses feeds of the wrong shape or type, naming both", async () => {
      const wrongShape = await make("float32", [3, 2]);
      const run = wrongShape.session.run(new Map([["x", wrongShape.x]]), new Map([["y", wrongShape.y]]));
      await expect(run).rejects.toThrow('feed "x" wants float32[2, 2], float32[3, 2] came');
      const wrongType = await make("int32");
      const other = wrongType.session.run(new Map([["x", wrongType.x]]), new Map([["y", wrongType.y]]));
      await expect(other).rejects.toThrow(TensorMismatchError);
    });

    it("refuses fetches of the wrong shape", async () => {
      const { session, x } = await make();
      const y = await engine.allocate({ dtype: "float32", shape: [4] });
      await expect(session.run(new Map([["x", x]]), new Map([["y", y]]))).rejects.toThrow('fetch "y" wants');
    });

    it("refuses a missing feed and unknown names, listing what there is", async () => {
      const { session, x, y } = await make();
      await expect(session.run(new Map(), new Map([["y", y]]))).rejects.toThrow(BindingError);
      await expect(session.run(new Map([["x", x]]), new Map([["z", y]]))).rejects.toThrow('"z"; the model has y');
    });

    it("refuses to work after its end, which may come twice", async () => {
      const { session, x, y } = await make();
      y.dispose();
      y.dispose();
      await expect(session.run(new Map([["x", x]]), new Map([["y", y]]))).rejects.toThrow(
        "this tensor has been disposed",
      );
      await expect(y.read()).rejects.toThrow(DisposedError);
      expect(() => y.view()).toThrow(DisposedError);
      session.dispose();
      session.dispose();
      await expect(session.run(new Map([["x", x]]), new Map())).rejects.toThrow("this session has been disposed");
    });

    it("does not begin a run that is already cancelled, and tells why", async () => {
      const { session, x, y } = await make();
      const run = session.run(new Map([["x", x]]), new Map([["y", y]]), AbortSignal.abort("enough"));
      await expect(run).rejects.toThrow(RunCancelledError);
      await expect(run).rejects.toMatchObject({ code: "RUN_CANCELLED", cause: "enough" });
    });
  });
});
