import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ggufTypes, type GgufType } from "./dequantize.ts";

const golden = JSON.parse(readFileSync(new URL("../testing/gguf-golden.json", import.meta.url), "utf8")) as {
  readonly types: Readonly<Record<string, { number: number; bytes: string; values: number[] }>>;
};

describe.each(Object.entries(golden.types))("%s", (name, { number, bytes, values }) => {
  it("gives the values of the gguf package, bit for bit but for the sign of 0", () => {
    const type = ggufTypes[number] as GgufType;
    expect(type.name).toBe(name);
    const came = type.read(Uint8Array.from(Buffer.from(bytes, "hex")));
    expect(Array.from(came, (x) => x + 0)).toEqual(values.map((x) => x + 0));
  });
});

/** The value of half float bits, from their definition. */
function half(low: number, high: number): number {
  const [exponent, fraction] = [(high >> 2) & 31, ((high & 3) << 8) | low];
  const size = exponent === 0 ? fraction / 2 ** 24 : (1024 + fraction) * 2 ** (exponent - 25);
  return high >= 128 ? -size : size;
}

/** The definitions of the block types, value by value. */
const definitions: Readonly<Record<string, (block: Uint8Array, i: number) => number>> = {
  Q4_0: (block, i) => half(block[0]!, block[1]!) * (((block[2 + (i % 16)]! >> (i < 16 ? 0 : 4)) & 15) - 8),
  Q4_1: (block, i) =>
    Math.fround(half(block[0]!, block[1]!) * ((block[4 + (i % 16)]! >> (i < 16 ? 0 : 4)) & 15)) +
    half(block[2]!, block[3]!),
  Q8_0: (block, i) => half(block[0]!, block[1]!) * new Int8Array(block.buffer)[2 + i]!,
};

describe.each(Object.entries(definitions))("%s", (name, value) => {
  const type = Object.values(ggufTypes).find((each) => each.name === name) as GgufType;
  const block = fc.uint8Array({ minLength: type.bytes, maxLength: type.bytes }).map((bytes) => {
    // Scales are finite: the exponent's highest bit is cleared.
    for (const at of name === "Q4_1" ? [1, 3] : [1]) bytes[at]! &= 0xbf;
    return bytes;
  });

  it("follows its definition for any bytes", () => {
    fc.assert(
      fc.property(fc.array(block, { minLength: 1, maxLength: 3 }), (blocks) => {
        const stored = Uint8Array.from(blocks.flatMap((bytes) => [...bytes]));
        const wanted = blocks.flatMap((bytes) => Array.from({ length: 32 }, (_, i) => Math.fround(value(bytes, i))));
        expect([...type.read(stored)].map((x) => x + 0)).toEqual(wanted.map((x) => x + 0));
      }),
    );
  });
});
