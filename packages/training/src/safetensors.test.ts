import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { storedArrays, type SafetensorsProblem, type StoredDType } from "./safetensors-header.ts";
import { SafetensorsFile, tensorSources, writeSafetensors, type StoredTensor } from "./safetensors.ts";

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), "safetensors-"))));
afterAll(() => rm(folder, { recursive: true, force: true }));

const bytesOf = ({ data }: Pick<StoredTensor, "data">): number[] => [
  ...new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
];

const tensor: fc.Arbitrary<StoredTensor> = fc
  .record({
    dtype: fc.constantFrom(...(Object.keys(storedArrays) as StoredDType[])),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
  })
  .chain(({ dtype, shape }) => {
    const length = shape.reduce((product, n) => product * n, storedArrays[dtype].BYTES_PER_ELEMENT);
    return fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => {
      return { dtype, shape, data: new storedArrays[dtype](Uint8Array.from(bytes).buffer) };
    });
  });
const name = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("params.entity", "0", "7", 'quo"te', "a\\", "__proto__"),
);
const tensors = fc
  .uniqueArray(fc.tuple(name, tensor), { selector: ([key]) => key, maxLength: 6 })
  .map((pairs) => pairs.filter(([key]) => key !== "__metadata__"));
const metadata = fc.dictionary(fc.string(), fc.string(), { maxKeys: 3, noNullPrototype: true });

async function roundTrip(pairs: [string, StoredTensor][], texts: Record<string, string> = {}): Promise<string> {
  const path = join(folder, "round-trip.safetensors");
  const sources = pairs.map(([key, { dtype, shape, data }]) => ({ name: key, dtype, shape, read: () => data }));
  await writeSafetensors(path, sources, texts);
  return path;
}

/** A file of a header text and data bytes. */
async function fileOf(header: string, data: number, { length }: { length?: number } = {}): Promise<string> {
  const path = join(folder, "made.safetensors");
  const text = Buffer.from(header);
  const field = Buffer.alloc(8);
  field.writeBigUInt64LE(BigInt(length ?? text.length));
  await writeFile(path, Buffer.concat([field, text, Buffer.alloc(data)]));
  return path;
}

const entry = (dtype: string, shape: number[], begin: number, end: number): string =>
  JSON.stringify({ dtype, shape, data_offsets: [begin, end] });

describe("safetensors files", () => {
  it("give back what was written", async () => {
    await fc.assert(
      fc.asyncProperty(tensors, metadata, async (pairs, texts) => {
        await using file = await SafetensorsFile.open(await roundTrip(pairs, texts));
        expect(file.metadata).toEqual(texts);
        expect(new Set(file.tensors.keys())).toEqual(new Set(pairs.map(([key]) => key)));
        for (const [key, expected] of pairs) {
          const found = await file.read(key);
          expect([found.dtype, found.shape, bytesOf(found)]).toEqual([
            expected.dtype,
            expected.shape,
            bytesOf(expected),
          ]);
        }
      }),
    );
  });

  it("align the data to 8 bytes and every tensor to its element", async () => {
    await fc.assert(
      fc.asyncProperty(tensors, async (pairs) => {
        const bytes = await readFile(await roundTrip(pairs));
        const length = Number(bytes.readBigUInt64LE(0));
        expect(length % 8).toBe(0);
        const header = JSON.parse(bytes.toString("utf8", 8, 8 + length)) as Record<string, { data_offsets: [number] }>;
        for (const [key, { dtype }] of pairs) {
          expect((header[key]?.data_offsets[0] ?? NaN) % storedArrays[dtype].BYTES_PER_ELEMENT).toBe(0);
        }
      }),
    );
  });

  it("read what the Python package wrote", async () => {
    const path = join(folder, "python.safetensors");
    await writeFile(path, Buffer.from(PYTHON_FILE, "hex"));
    await using file = await SafetensorsFile.open(path);
    expect(file.metadata).toEqual({ made: "by python" });
    expect(await file.readHost("b")).toEqual({ dtype: "float32", shape: [2, 2], data: Float32Array.of(1.5, -2, 0, 3) });
    expect(await file.readHost("a")).toEqual({ dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) });
    expect(await file.readHost("steps")).toEqual({ dtype: "int64", shape: [], data: BigInt64Array.of(7n) });
    expect(await file.readHost("h")).toEqual({ dtype: "float16", shape: [2], data: Uint16Array.of(0x3c00, 0x4000) });
    expect(await file.readHost("i")).toEqual({ dtype: "int32", shape: [1], data: Int32Array.of(-1) });
    expect((await file.readHost("e")).shape).toEqual([0, 3]);
  });

  it("are the same bytes as the Python package's", async () => {
    const path = join(folder, "same.safetensors");
    const sources = tensorSources({
      steps: { dtype: "int64", shape: [], data: BigInt64Array.of(7n) },
      b: { dtype: "float32", shape: [2, 2], data: Float32Array.of(1.5, -2, 0, 3) },
      e: { dtype: "float32", shape: [0, 3], data: new Float32Array() },
      i: { dtype: "int32", shape: [1], data: Int32Array.of(-1) },
      h: { dtype: "float16", shape: [2], data: Uint16Array.of(0x3c00, 0x4000) },
      a: { dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) },
    });
    await writeSafetensors(path, sources, { made: "by python" });
    expect((await readFile(path)).toString("hex")).toBe(PYTHON_FILE);
  });

  it("are recognised as cut off at every length", async () => {
    const whole = await readFile(await roundTrip([["x", { dtype: "F32", shape: [5], data: new Float32Array(5) }]]));
    const path = join(folder, "cut.safetensors");
    for (let length = 0; length < whole.length; length++) {
      await writeFile(path, whole.subarray(0, length));
      await expect(SafetensorsFile.open(path)).rejects.toMatchObject({
        code: "SAFETENSORS",
        problem: "TRUNCATED",
        path,
      });
    }
  });

  it("never crash a reader that is given damaged ones", async () => {
    const whole = await readFile(
      await roundTrip([
        ["x", { dtype: "I32", shape: [2], data: Int32Array.of(1, 2) }],
        ["y", { dtype: "U8", shape: [1, 3], data: Uint8Array.of(1, 2, 3) }],
      ]),
    );
    const path = join(folder, "damaged.safetensors");
    const damage = fc.array(fc.tuple(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
    });
    await fc.assert(
      fc.asyncProperty(damage, async (changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        await writeFile(path, bytes);
        const opened = await SafetensorsFile.open(path).catch((error: unknown) => error);
        if (opened instanceof SafetensorsFile) await opened.close();
        else expect(opened).toMatchObject({ code: "SAFETENSORS", path });
      }),
      { numRuns: 300 },
    );
  });

  it.each<[string, SafetensorsProblem, string | undefined, string, number]>([
    ["is empty text", "HEADER_NOT_JSON", undefined, "        ", 0],
    ["is a list", "HEADER_NOT_JSON", undefined, "[]", 0],
    ["is no UTF-8", "HEADER_NOT_JSON", undefined, "{}\ufffd", 0],
    [
      "names a tensor twice",
      "DUPLICATE_NAME",
      "a",
      `{"a":${entry("U8", [1], 0, 1)},"\\u0061":${entry("U8", [1], 0, 1)}}`,
      1,
    ],
    ["has an entry that is no object", "BAD_ENTRY", "a", '{"a":[1]}', 0],
    ["lacks a shape", "BAD_ENTRY", "a", '{"a":{"dtype":"U8","data_offsets":[0,1]}}', 1],
    ["has a negative length", "BAD_ENTRY", "a", `{"a":${entry("U8", [-1], 0, 1)}}`, 1],
    ["has three offsets", "BAD_ENTRY", "a", '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}', 2],
    ["has an unknown element type", "UNKNOWN_DTYPE", "a", `{"a":${entry("F99", [1], 0, 1)}}`, 1],
    ["has an inherited property as element type", "UNKNOWN_DTYPE", "a", `{"a":${entry("toString", [1], 0, 1)}}`, 1],
    ["has a shape that does not fit its bytes", "BAD_OFFSETS", "a", `{"a":${entry("F32", [2], 0, 4)}}`, 4],
    ["has offsets the wrong way round", "BAD_OFFSETS", "a", `{"a":${entry("U8", [0], 2, 1)}}`, 2],
    ["has an absurd shape", "BAD_OFFSETS", "a", `{"a":${entry("F32", [2 ** 52, 2 ** 52], 0, 4)}}`, 4],
    ["overlaps", "BAD_OFFSETS", "b", `{"a":${entry("U8", [2], 0, 2)},"b":${entry("U8", [2], 1, 3)}}`, 3],
    ["leaves a hole", "BAD_OFFSETS", "b", `{"a":${entry("U8", [1], 0, 1)},"b":${entry("U8", [1], 2, 3)}}`, 3],
    ["leaves a hole in front", "BAD_OFFSETS", "a", `{"a":${entry("U8", [1], 1, 2)}}`, 2],
    ["has bytes after the last tensor", "EXTRA_BYTES", undefined, `{"a":${entry("U8", [1], 0, 1)}}`, 2],
    ["has metadata that are no texts", "BAD_ENTRY", undefined, '{"__metadata__":{"a":1}}', 0],
  ])("are refused when the header %s", async (_, problem, tensorName, header, data) => {
    const path = await fileOf(header, data);
    if (problem === "HEADER_NOT_JSON" && header.endsWith("\ufffd")) {
      const bytes = await readFile(path);
      await writeFile(path, bytes.fill(0xff, bytes.length - 1));
    }
    await expect(SafetensorsFile.open(path)).rejects.toMatchObject({ problem, tensor: tensorName, path });
  });

  it("are refused when the header is longer than the limit", async () => {
    const path = await fileOf("{}", 0, { length: 100_000_001 });
    await expect(SafetensorsFile.open(path)).rejects.toMatchObject({ problem: "HEADER_TOO_LARGE" });
  });

  it("say which tensor is missing, and which has no counterpart", async () => {
    await using file = await SafetensorsFile.open(
      await roundTrip([["half", { dtype: "BF16", shape: [1], data: Uint16Array.of(0x3f80) }]]),
    );
    await expect(file.read("whole")).rejects.toMatchObject({ problem: "MISSING_TENSOR", tensor: "whole" });
    await expect(file.readHost("half")).rejects.toMatchObject({ problem: "UNKNOWN_DTYPE", tensor: "half" });
  });

  it("leave nothing behind when writing fails, and the older file as it was", async () => {
    const path = await roundTrip([["x", { dtype: "U8", shape: [1], data: Uint8Array.of(9) }]]);
    const before = await readFile(path);
    const failing = {
      name: "x",
      dtype: "U8",
      shape: [1],
      read: () => Promise.reject(new Error("engine lost")),
    } as const;
    await expect(writeSafetensors(path, [failing])).rejects.toThrow("engine lost");
    const short = { name: "x", dtype: "F32", shape: [2], read: () => new Float32Array(1) } as const;
    await expect(writeSafetensors(path, [short])).rejects.toThrow(/8 bytes of F32/);
    expect(await readFile(path)).toEqual(before);
    expect((await readdir(folder)).filter((entryName) => entryName.includes("partial"))).toEqual([]);
  });

  it("refuse a name given twice or reserved", async () => {
    const one = { dtype: "U8", shape: [1], data: Uint8Array.of(1) } as const;
    await expect(
      roundTrip([
        ["x", one],
        ["x", one],
      ]),
    ).rejects.toThrow(/"?x/);
    await expect(roundTrip([["__metadata__", one]])).rejects.toThrow(/__metadata__/);
  });
});

/** Written by safetensors for Python 0.8.0 from numpy arrays. */
const PYTHON_FILE =
  "78010000000000007b225f5f6d657461646174615f5f223a7b226d616465223a22627920707974686f6e227d2c227374657073223a7b226474797065223a22493634222c227368617065223a5b5d2c22646174615f6f666673657473223a5b302c385d7d2c2262223a7b226474797065223a22463332222c227368617065223a5b322c325d2c22646174615f6f666673657473223a5b382c32345d7d2c2265223a7b226474797065223a22463332222c227368617065223a5b302c335d2c22646174615f6f666673657473223a5b32342c32345d7d2c2269223a7b226474797065223a22493332222c227368617065223a5b315d2c22646174615f6f666673657473223a5b32342c32385d7d2c2268223a7b226474797065223a22463136222c227368617065223a5b325d2c22646174615f6f666673657473223a5b32382c33325d7d2c2261223a7b226474797065223a22424f4f4c222c227368617065223a5b335d2c22646174615f6f666673657473223a5b33322c33355d7d7d2020202007000000000000000000c03f000000c00000000000004040ffffffff003c0040010001";
