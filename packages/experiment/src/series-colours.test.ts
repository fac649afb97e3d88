import { describe, expect, it } from "vitest";
import { seriesColours } from "./chart.ts";

// Severity 1.0 of Machado, Oliveira, Fernandes 2009, on linear RGB.
const visions = {
  usual: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};

const linear = (hex: string) =>
  [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
const product = (matrix: readonly number[], v: readonly number[]) =>
  [0, 3, 6].map((row) => matrix[row]! * v[0]! + matrix[row + 1]! * v[1]! + matrix[row + 2]! * v[2]!);
const luminance = (hex: string) => product([0.2126, 0.7152, 0.0722, 0, 0, 0, 0, 0, 0], linear(hex))[0]!;
const contrast = (a: string, b: string) => {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].toSorted((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
};
const oklab = (rgb: readonly number[]) => {
  const cone = [
    0.4122214708, 0.5363325363, 0.0514459929, 0.2119034982, 0.6806995451, 0.1073969566, 0.0883024619, 0.2817188376,
    0.6299787005,
  ];
  const lab = [
    0.2104542553, 0.793617785, -0.0040720468, 1.9779984951, -2.428592205, 0.4505937099, 0.0259040371, 0.7827717662,
    -0.808675766,
  ];
  return product(
    lab,
    product(
      cone,
      rgb.map((value) => Math.min(1, Math.max(0, value))),
    ).map(Math.cbrt),
  );
};

describe.each([
  ["light", "#fbfaf7"],
  ["dark", "#171513"],
] as const)("the %s colours of series", (theme, paper) => {
  it("can be read as text on their paper", () => {
    for (const colour of seriesColours[theme]) expect(contrast(colour, paper)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(Object.entries(visions))("are apart in %s vision", (_, matrix) => {
    const seen = seriesColours[theme].map((colour) => oklab(product(matrix, linear(colour))));
    for (const [i, a] of seen.entries())
      for (const b of seen.slice(0, i)) expect(Math.hypot(...a.map((value, k) => value - b[k]!))).toBeGreaterThan(0.1);
  });
});
