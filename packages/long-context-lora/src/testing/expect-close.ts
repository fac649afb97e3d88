import type { HostTensor } from "@offprint/tensor";
import { expect } from "vitest";

/** Compares shapes and values; the tolerance is that of float32 against float64. */
export function expectClose(actual: HostTensor, wanted: HostTensor, name = "", rtol = 1e-4, atol = 1e-5): void {
  expect(actual.shape, name).toEqual(wanted.shape);
  for (const [i, w] of Array.from(wanted.data as Float32Array).entries()) {
    const a = Number(actual.data[i]);
    if (!(Math.abs(a - w) <= atol + rtol * Math.abs(w))) expect.fail(`${name} at ${i}: got ${a}, wanted ${w}`);
  }
}
