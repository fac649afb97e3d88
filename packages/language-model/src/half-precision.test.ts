import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from "./half-precision.ts";

const all = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits);
const float32 = fc.float({ noNaN: true, noDefaultInfinity: true });

describe.each([
  { name: "binary16", from: fromFloat16, to: toFloat16, largest: 65504 },
  { name: "bfloat16", from: fromBfloat16, to: toBfloat16, largest: 3.3895313892515355e38 },
])("$name", ({ from, to, largest }) => {
  const values = from(all);

  it("comes back from float32 as the same bits", () => {
    const back = to(values);
    for (const [bits, value] of values.entries())
      if (!Number.isNaN(value) && back[bits] !== bits) expect.fail(`${bits}`);
    expect(Number.isNaN(from(to(Float32Array.of(NaN)))[0])).toBe(true);
  });

  it("is the nearest of all values it can hold, an even one in the middle", () => {
    const ordered = [...values].filter((value) => Math.abs(value) <= largest).toSorted((a, b) => a - b);
    fc.assert(
      fc.property(float32, (value) => {
        const [bits = 0] = to(Float32Array.of(value));
        const [rounded = NaN] = from(Uint16Array.of(bits));
        if (Math.abs(value) > largest) return Math.abs(rounded) >= largest;
        let low = 0;
        for (let high = ordered.length - 1; low < high;) {
          const middle = (low + high + 1) >> 1;
          if ((ordered[middle] ?? 0) <= value) low = middle;
          else high = middle - 1;
        }
        const [below = -Infinity, above = Infinity] = [ordered[low], ordered[low + 1]];
        const [down, up] = [value - below, above - value];
        return down === up ? bits % 2 === 0 : rounded === (down < up ? below : above);
      }),
    );
  });
});
