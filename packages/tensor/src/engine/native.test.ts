import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeModel } from "../onnx/model.ts";
import type { DeviceTensor, Engine } from "./engine.ts";
import { EngineLibraryError, ProviderUnavailableError, RunCancelledError } from "./errors.ts";
import { createNativeEngine } from "./native.ts";
import { findOrtLibrary } from "./ort-library.ts";
import { affine, f32, floats, longRun, node } from "./test-models.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await createNativeEngine({ threads: 2 });
});
afterAll(() => engine.dispose());

/** A session and its tensors for a model that takes `x` and gives `y`, both of this shape. */
async function prepare(graph: ReturnType<typeof affine>, shape: number[]) {
  const session = await engine.createSession(encodeModel(graph));
  const x = await engine.allocate({ dtype: "float32", shape });
  const y = await engine.allocate({ dtype: "float32", shape });
  return { session, x, y, feeds: new Map([["x", x]]), fetches: new Map([["y", y]]) };
}

function disposeAll(...things: { dispose(): void }[]): void {
  for (const thing of things) thing.dispose();
}

describe("memory", () => {
  /** Resident memory in MiB, after what is garbage is gone. */
  async function residentMiB(): Promise<number> {
    setFlagsFromString("--expose-gc");
    const collect: () => void = runInNewContext("gc");
    for (let i = 0; i < 3; i++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return process.memoryUsage.rss() / 2 ** 20;
  }

  it("does not grow over 10,000 runs", async () => {
    const { session, x, y, feeds, fetches } = await prepare(affine(64), [64, 2]);
    const run = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i++) await session.run(feeds, fetches);
    };
    await run(5000);
    const before = await residentMiB();
    await run(10_000);
    // 1 KiB a run would be 10 MiB.
    expect((await residentMiB()) - before).toBeLessThan(8);
    disposeAll(session, x, y);
  });

  it("comes back from 300 sessions and tensors of 1 MiB", async () => {
    const cycle = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i++) {
        const { session, x, y, feeds, fetches } = await prepare(affine(2 ** 17), [2 ** 17, 2]);
        await session.run(feeds, fetches);
        disposeAll(session, x, y);
      }
    };
    await cycle(30);
    const before = await residentMiB();
    await cycle(300);
    // The tensors alone would be 600 MiB.
    expect((await residentMiB()) - before).toBeLessThan(40);
  });

  it("shares a tensor's memory with JavaScript", async () => {
    const { session, x, y, feeds, fetches } = await prepare(affine(1), [1, 2]);
    const [input, output] = [x.view(), y.view()];
    if (input instanceof Float32Array) input.set([1, 2]);
    await session.run(feeds, fetches);
    expect(output).toEqual(Float32Array.of(17, 30));
    disposeAll(session, x, y);
  });
});

describe("a tensor of another shape", () => {
  it("has the same memory, and keeps it when the first is disposed", async () => {
    const first = await engine.allocate({ dtype: "float32", shape: [4] });
    const second = first.withShape?.([2, 2]);
    await first.write(floats([4], [1, 2, 3, 4]));
    first.dispose();
    expect(await second?.read()).toEqual(floats([2, 2], [1, 2, 3, 4]));
    expect(() => first.withShape?.([4])).toThrow("disposed");
    second?.dispose();
  });

  it("has as many values", async () => {
    using tensor = await engine.allocate({ dtype: "float32", shape: [4] });
    expect(() => tensor.withShape?.([2, 3])).toThrow("another shape wants float32[4], float32[2, 3] came");
  });
});

describe("a run", () => {
  it("leaves the event loop free", async () => {
    const { session, x, y, feeds, fetches } = await prepare(longRun(20_000), [64, 64]);
    let ticks = 0;
    const ticking = setInterval(() => ticks++, 5);
    const start = performance.now();
    await session.run(feeds, fetches);
    const elapsed = performance.now() - start;
    clearInterval(ticking);
    expect(elapsed).toBeGreaterThan(50);
    expect(ticks).toBeGreaterThan(elapsed / 5 / 4);
    disposeAll(session, x, y);
  });

  it("stops soon after an abort, and the session goes on", async () => {
    // Half a minute or more if nobody stopped it.
    const { session, x, y, feeds, fetches } = await prepare(longRun(2_000_000), [64, 64]);
    const controller = new AbortController();
    let aborted = 0;
    setTimeout(() => {
      aborted = performance.now();
      controller.abort("enough");
    }, 100);
    const run = session.run(feeds, fetches, controller.signal);
    await expect(run).rejects.toThrow(RunCancelledError);
    await expect(run).rejects.toMatchObject({ cause: "enough" });
    expect(performance.now() - aborted).toBeLessThan(1000);
    const again = AbortSignal.timeout(50);
    await expect(session.run(feeds, fetches, again)).rejects.toThrow(RunCancelledError);
    disposeAll(session, x, y);
  });

  it("survives that its session and tensors are disposed meanwhile", async () => {
    const { session, x, y, feeds, fetches } = await prepare(longRun(2_000), [64, 64]);
    const run = session.run(feeds, fetches);
    disposeAll(session, x, y);
    await run;
    await expect(session.run(feeds, fetches)).rejects.toThrow("disposed");
  });

  it("waits for the one before it in the same session", async () => {
    const { session, x, y, feeds, fetches } = await prepare(affine(2), [2, 2]);
    await x.write(floats([2, 2], [1, 0, 0, 1]));
    // y = x w + b, then x = y w + b.
    const first = session.run(feeds, fetches);
    const second = session.run(new Map([["x", y]]), new Map([["y", x]]));
    await Promise.all([first, second]);
    expect(await y.read()).toEqual(floats([2, 2], [11, 22, 13, 24]));
    expect(await x.read()).toEqual(floats([2, 2], [87, 130, 95, 142]));
    disposeAll(session, x, y);
  });

  it("keeps denormal numbers, whichever thread computes them", async () => {
    const n = 2 ** 21;
    const scale = {
      ...affine(1),
      nodes: [node("Mul", ["x", "half"], "y")],
      inputs: [f32("x", n)],
      outputs: [f32("y", n)],
    };
    const graph = { ...scale, initializers: [{ name: "half", ...floats([], [0.5]) }] };
    const { session, x, y, feeds, fetches } = await prepare(graph, [n]);
    await x.write({ dtype: "float32", shape: [n], data: new Float32Array(n).fill(2 ** -140) });
    for (let i = 0; i < 5; i++) {
      await session.run(feeds, fetches);
      expect(y.view()).toSatisfy((values: Float32Array) => values.every((value) => value === 2 ** -141));
    }
    disposeAll(session, x, y);
  });

  it("gives the same bits beside others in other sessions as alone", async () => {
    const many = await Promise.all(Array.from({ length: 4 }, () => prepare(longRun(500), [64, 64])));
    const start = floats(
      [64, 64],
      Array.from({ length: 64 * 64 }, (_, i) => Math.cos(i)),
    );
    for (const { x } of many) await x.write(start);
    await many[0]?.session.run(many[0].feeds, many[0].fetches);
    const alone = await many[0]?.y.read();
    await Promise.all(many.map(({ session, feeds, fetches }) => session.run(feeds, fetches)));
    for (const { session, x, y } of many) {
      expect(await y.read()).toEqual(alone);
      disposeAll(session, x, y);
    }
  });
});

describe("an engine", () => {
  it("keeps sessions and tensors that outlive it", async () => {
    const brief = await createNativeEngine({ threads: 1 });
    expect(brief.threads).toBe(1);
    const session = await brief.createSession(encodeModel(affine(1)));
    const allocate = (): Promise<DeviceTensor> => brief.allocate({ dtype: "float32", shape: [1, 2] });
    const [x, y] = [await allocate(), await allocate()];
    brief.dispose();
    await expect(allocate()).rejects.toThrow("this engine has been disposed");
    await session.run(new Map([["x", x]]), new Map([["y", y]]));
    expect(y.view()).toEqual(Float32Array.of(10, 20));
    disposeAll(session, x, y);
  });

  it("for CUDA says how to get CUDA where it is missing", async () => {
    await createNativeEngine({ provider: "cuda" }).then(
      (cuda) => cuda.dispose(), // A machine that has it.
      (error: unknown) => {
        expect(error).toBeInstanceOf(ProviderUnavailableError);
        expect(error).toMatchObject({ code: "PROVIDER_UNAVAILABLE", provider: "cuda" });
        expect(String(error)).toContain("OFFPRINT_ONNXRUNTIME");
      },
    );
  });
});

describe("the library", () => {
  const folder = mkdtempSync(join(tmpdir(), "offprint-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("comes from npm unless OFFPRINT_ONNXRUNTIME names another, or the folder of another", () => {
    expect(findOrtLibrary({})).toContain("onnxruntime-node");
    const library = findOrtLibrary({});
    expect(findOrtLibrary({ OFFPRINT_ONNXRUNTIME: library })).toBe(library);
    expect(findOrtLibrary({ OFFPRINT_ONNXRUNTIME: join(library, "..") })).toBe(library);
  });

  it("is asked for where nothing is, or nothing fitting", () => {
    expect(() => findOrtLibrary({ OFFPRINT_ONNXRUNTIME: join(folder, "none") })).toThrow(EngineLibraryError);
    expect(() => findOrtLibrary({ OFFPRINT_ONNXRUNTIME: folder })).toThrow("this folder has no library for");
  });

  it("tells nobody of its use, and keeps no number for the machine", { timeout: 60_000 }, () => {
    const home = join(folder, "home");
    mkdirSync(home);
    const engine = JSON.stringify(new URL("native.ts", import.meta.url).href);
    const script = `import(${engine}).then(async ({ createNativeEngine }) => void (await createNativeEngine({})))`;
    execFileSync(
      process.execPath,
      ["--conditions=source", "--import", import.meta.resolve("tsx"), "--input-type=module", "-e", script],
      // Without what says that this is a test: the library is quiet in tests by itself.
      { cwd: home, env: { PATH: process.env["PATH"], HOME: home, TMPDIR: home, TSX_DISABLE_CACHE: "1" } },
    );
    expect(readdirSync(home)).toEqual([]);
  });

  it("is refused when it is something else", async () => {
    const text = join(folder, "libonnxruntime.so");
    writeFileSync(text, "not a library");
    await expect(createNativeEngine({ library: text })).rejects.toThrow(EngineLibraryError);
  });
});
