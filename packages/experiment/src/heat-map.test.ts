import { describe, expect, it } from "vitest";
import { seriesColours } from "./chart.ts";
import { heatMap, heatMapTable, strongestInk, type HeatMap } from "./heat-map.ts";
import { readXml } from "./read-xml.ts";

const map: HeatMap = {
  id: "passkey",
  title: "Keys found",
  x: { label: "prompt", unit: "tokens" },
  y: { label: "depth" },
  value: { label: "found", unit: "%" },
  columns: ["512", "1,024"],
  rows: ["0 %", "50 %", "100 %"],
  values: [
    [100, 75],
    [50, undefined],
    [0, 25],
  ],
  range: [0, 100],
};

describe("heatMap", () => {
  it("draws one cell a value, the stronger the higher, with its number in it", async () => {
    const elements = readXml(await heatMap(map));
    const cells = elements.filter(({ name, attributes }) => name === "rect" && attributes.has("fill-opacity"));
    const inks = cells.map(({ attributes }) => Number(attributes.get("fill-opacity")) / strongestInk);
    expect(inks).toHaveLength(5);
    for (const [i, ink] of [1, 0.75, 0.5, 0, 0.25].entries()) expect(inks[i]).toBeCloseTo(ink, 10);
    const place = ({ attributes }: (typeof cells)[number]) => [
      Number(attributes.get("x")),
      Number(attributes.get("y")),
    ];
    const [first, second, below] = cells.map(place);
    expect(second![0]).toBeGreaterThan(first![0]!);
    expect(second![1]).toBe(first![1]);
    expect(below![1]).toBeGreaterThan(first![1]!);
    const texts = elements.filter(({ name }) => name === "text").map(({ text }) => text);
    for (const text of ["100", "75", "50", "0", "25", "depth", "prompt (tokens)", "50 %", "1,024"])
      expect(texts).toContain(text);
  });

  it("says in words what it shows", async () => {
    const [root, title, desc] = readXml(await heatMap({ ...map, form: "file" }));
    expect(root?.attributes.get("role")).toBe("img");
    expect(title?.text).toBe("Keys found");
    expect(desc?.text).toBe(
      "found (%) by depth and prompt (tokens). 0 %: 512 100, 1,024 75; 50 %: 512 50; 100 %: 512 0, 1,024 25.",
    );
  });

  it("draws nothing, one value, and values that are not finite", async () => {
    const none = await heatMap({ ...map, rows: [], values: [] });
    expect(none).toContain("nothing yet");
    const one = await heatMap({ ...map, rows: ["a"], values: [[3, Number.NaN]], range: undefined });
    expect(one).not.toMatch(/NaN|Infinity|undefined/);
  });

  it("lets no text out of its place", async () => {
    const hostile = "</svg><script>\u0000&";
    const elements = readXml(await heatMap({ ...map, title: hostile, rows: [hostile, "b", "c"] }));
    expect(elements.some(({ name }) => name === "script")).toBe(false);
  });

  it("keeps the contrast of its text on the strongest cell", () => {
    const luminance = (rgb: readonly number[]) => {
      const [r = 0, g = 0, b = 0] = rgb.map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const rgb = (hex: string) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255);
    for (const [theme, paper, ink] of [
      ["light", "#fbfaf7", "#1c1a17"],
      ["dark", "#171513", "#e9e6df"],
    ] as const) {
      const cell = rgb(seriesColours[theme][0]).map((v, i) => strongestInk * v + (1 - strongestInk) * rgb(paper)[i]!);
      const [dark = 0, light = 0] = [luminance(cell), luminance(rgb(ink))].toSorted((a, b) => a - b);
      expect((light + 0.05) / (dark + 0.05)).toBeGreaterThan(4.5);
    }
  });
});

describe("heatMapTable", () => {
  it("has the same numbers as the picture", () => {
    expect(heatMapTable(map)).toEqual({
      caption: "Keys found: found (%)",
      columns: ["depth \\ prompt (tokens)", "512", "1,024"],
      rows: [
        ["0 %", "100", "75"],
        ["50 %", "50", ""],
        ["100 %", "0", "25"],
      ],
    });
  });
});
