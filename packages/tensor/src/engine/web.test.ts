import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Engine } from "./engine.ts";
import { createNativeEngine } from "./native.ts";
import { f32, floats, node, runOnce } from "./test-models.ts";
import { createWebEngine } from "./web.ts";

describe("the web engine", () => {
  it("computes what the native engine computes from the same bytes", async () => {
    const graph = {
      name: "layer",
      nodes: [
        node("MatMul", ["x", "w"], "scores"),
        node("Sigmoid", ["scores"], "p"),
        node("ReduceSum", ["p"], "sum", { keepdims: { int: 0 } }),
      ],
      inputs: [f32("x", 17, 33), f32("w", 33, 65)],
      outputs: [f32("p", 17, 65), f32("sum")],
    };
    const wave = (...shape: number[]) =>
      floats(
        shape,
        Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i * i)),
      );
    const compute = async (engine: Engine) => {
      using own = engine;
      return await runOnce(own, graph, { x: wave(17, 33), w: wave(33, 65) });
    };
    const native = await compute(await createNativeEngine());
    const web = await compute(await createWebEngine());
    for (const name of ["p", "sum"]) {
      const expected = Array.from(native[name]?.data ?? [], Number);
      const got = Array.from(web[name]?.data ?? [], Number);
      expect(got).toHaveLength(name === "p" ? 17 * 65 : 1);
      for (const [i, value] of got.entries()) expect(value).toBeCloseTo(expected[i] ?? NaN, name === "p" ? 6 : 3);
    }
  });

  it("can be bundled for a browser: nothing that it imports is of Node", () => {
    const imported = new Set<string>();
    const walk = (file: URL): void => {
      if (imported.has(file.href)) return;
      imported.add(file.href);
      for (const [, name = ""] of readFileSync(fileURLToPath(file), "utf8").matchAll(
        /^(?:import|export|\}).* from "([^"]+)";$/gm,
      )) {
        if (name.startsWith(".")) walk(new URL(name, file));
        else imported.add(name);
      }
    };
    walk(new URL("web.ts", import.meta.url));
    const packages = [...imported].filter((name) => !name.startsWith("file:"));
    expect(packages).toEqual(["onnxruntime-web/wasm"]);
  });
});
