import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toFloat32, toStored } from "./half-precision.ts";

const bits = fc
  .integer({ min: 0, max: 0xffff })
  .filter((one) => (one & 0x7c00) !== 0x7c00 && (one & 0x7f80) !== 0x7f80);

describe("toStored", () => {
  it.each([
    ["float16", [0, -0, 1, -2, 0.1, 65504, 65519, 65520, 1e-8, 6e-8, 6.1e-5, 2 ** -25, 1.5 * 2 ** -24, Infinity, NaN]],
    ["bfloat16", [0, -0, 1, -2, 0.1, 3.3895314e38, 1 + 2 ** -8, 1 + 3 * 2 ** -8, Infinity, NaN]],
  ] as const)("rounds to the nearest %s, ties to even", (dtype, values) => {
    const expected = {
      float16: [0, 0x8000, 0x3c00, 0xc000, 0x2e66, 0x7bff, 0x7bff, 0x7c00, 0, 1, 0x3ff, 0, 2, 0x7c00, 0x7e00],
      bfloat16: [0, 0x8000, 0x3f80, 0xc000, 0x3dcd, 0x7f7f, 0x3f80, 0x3f82, 0x7f80, 0x7fc0],
    };
    expect([...toStored(Float32Array.from(values), dtype)]).toEqual(expected[dtype]);
  });

  it("gives back what was stored", () => {
    fc.assert(
      fc.property(bits, (one) => {
        for (const [dtype, stored] of [
          ["float16", "F16"],
          ["bfloat16", "BF16"],
        ] as const) {
          const value = toFloat32({ dtype: stored, shape: [1], data: Uint16Array.of(one) });
          expect([...toStored(value ?? new Float32Array(), dtype)]).toEqual([one]);
        }
      }),
    );
  });

  it("is no further from a number than the neighbours are", () => {
    fc.assert(
      fc.property(fc.float({ min: -60000, max: 60000, noNaN: true }), (value) => {
        for (const [dtype, stored, step] of [
          ["float16", "F16", 2 ** -11],
          ["bfloat16", "BF16", 2 ** -8],
        ] as const) {
          const rounded = toFloat32({ dtype: stored, shape: [1], data: toStored(Float32Array.of(value), dtype) });
          expect(Math.abs((rounded?.[0] ?? NaN) - value)).toBeLessThanOrEqual(
            Math.max(Math.abs(value) * step, 2 ** -25),
          );
        }
      }),
    );
  });
});
