import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { barChart } from "./bar-chart.ts";
import { seriesColours } from "./chart.ts";
import { lineChart, type LineChart } from "./line-chart.ts";
import { readXml, type XmlElement } from "./read-xml.ts";

const chart: LineChart = {
  id: "run-7",
  title: "Loss of run 7",
  x: { label: "step" },
  y: { label: "loss", unit: "nats" },
  series: [
    { name: "train", points: [0, 1, 2, 3, 4].map((x) => ({ x, y: 2 - x / 4 })) },
    { name: "valid", points: [0, 2, 4].map((x) => ({ x, y: 1.9 - x / 4, low: 1.7 - x / 4, high: 2.1 - x / 4 })) },
  ],
};

const textsOf = (elements: readonly XmlElement[]) =>
  elements.filter(({ name }) => name === "text").map(({ text }) => text);

async function textsFor(values: number[]): Promise<string[]> {
  const points = values.map((y, x) => ({ x, y }));
  return textsOf(await draw(points));
}

async function draw(points: { x: number; y: number }[]): Promise<XmlElement[]> {
  return readXml(await lineChart({ ...chart, series: [{ name: "a", points }] }));
}

async function idsOf(id: string): Promise<(string | undefined)[]> {
  return [...(await lineChart({ ...chart, id })).matchAll(/ id="([^"]*)"/g)].map(([, found]) => found);
}

describe("lineChart", () => {
  it("is one svg element with a text alternative, labels at the ends, and units", async () => {
    const elements = readXml(await lineChart(chart));
    const [root, title, desc] = elements;
    expect(root?.name).toBe("svg");
    expect(Object.fromEntries(root!.attributes)).toMatchObject({
      id: "run-7",
      class: "chart",
      role: "img",
      "aria-labelledby": "run-7-title run-7-desc",
    });
    expect([title?.attributes.get("id"), title?.text]).toEqual(["run-7-title", "Loss of run 7"]);
    expect([desc?.attributes.get("id"), desc?.text]).toEqual([
      "run-7-desc",
      "loss (nats) against step. train: from 2 at 0 to 1 at 4, between 1 and 2. valid: from 1.9 at 0 to 0.9 at 4, between 0.9 and 1.9.",
    ]);
    expect(textsOf(elements)).toEqual(expect.arrayContaining(["train", "valid", "loss (nats)", "step", "0", "4"]));
    expect(elements.some(({ attributes }) => attributes.has("style") || attributes.has("aria-hidden"))).toBe(false);
  });

  it("draws each point where the ticks of the axes say", async () => {
    const points = [
      { x: 0, y: 0 },
      { x: 2, y: 1 },
      { x: 4, y: 0.5 },
    ];
    const elements = readXml(await lineChart({ ...chart, series: [{ name: "a", points }] }));
    const path = elements.find(({ name, attributes }) => name === "path" && attributes.get("d")?.startsWith("M"));
    const drawn = [...path!.attributes.get("d")!.matchAll(/[\d.]+/g)].map(Number);
    const tick = (text: string, axis: 0 | 1) => {
      const found = elements.filter(
        (one) => one.name === "text" && one.text === text && one.attributes.has("transform"),
      );
      const places = found.map(
        ({ attributes }) => [...attributes.get("transform")!.matchAll(/[\d.]+/g)].map(Number)[axis]!,
      );
      return places;
    };
    expect(tick("0", 0)).toContain(drawn[0]);
    expect(tick("2", 0)).toContain(drawn[2]);
    expect(tick("4", 0)).toContain(drawn[4]);
    expect(tick("0.0", 1)).toContain(drawn[1]);
    expect(tick("1.0", 1)).toContain(drawn[3]);
    expect(drawn[5]).toBeCloseTo((drawn[1]! + drawn[3]!) / 2, 1);
  });

  it("gives each doubling the same room on a logarithmic axis, with the places of the points as ticks", async () => {
    const points = [512, 1024, 2048, 8192].map((x) => ({ x, y: 1 }));
    const series = [{ name: "a", points: [{ x: 0, y: 1 }, ...points] }];
    const elements = readXml(await lineChart({ ...chart, x: { label: "context", scale: "log" }, series }));
    const place = (text: string) => {
      const tick = elements.find((one) => one.name === "text" && one.text === text);
      return Number(/[\d.]+/.exec(tick?.attributes.get("transform") ?? "")?.[0]);
    };
    expect(place("2,048") - place("1,024")).toBeCloseTo(place("1,024") - place("512"), 3);
    expect(place("8,192") - place("2,048")).toBeCloseTo(2 * (place("1,024") - place("512")), 3);
    expect(elements[2]?.text).toContain("1 points that are not finite");
    const one = await lineChart({
      ...chart,
      x: { label: "x", scale: "log" },
      series: [{ name: "a", points: [{ x: 512, y: 1 }] }],
    });
    expect(one).not.toMatch(/NaN|Infinity|undefined/);
  });

  it("begins at zero or says that it does not", async () => {
    expect(await textsFor([0.3, 0.9])).toContain("loss (nats)");
    expect(await textsFor([0.88, 0.9])).toContain("loss (nats), axis not from 0");
    expect(await textsFor([-0.88, -0.9])).toContain("loss (nats), axis not from 0");
    expect(await textsFor([-1, 1])).toContain("loss (nats)");
  });

  it("keeps labels apart where curves end together", async () => {
    const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    const series = names.map((name) => ({
      name,
      points: [
        { x: 0, y: 0 },
        { x: 1, y: 1 },
      ],
    }));
    const elements = readXml(await lineChart({ ...chart, series }));
    const heights = elements
      .filter(({ name, text }) => name === "text" && names.includes(text))
      .map(({ attributes }) => Number(/,([\d.]+)/.exec(attributes.get("transform")!)?.[1]))
      .toSorted((a, b) => a - b);
    expect(heights).toHaveLength(8);
    for (let i = 1; i < heights.length; i++) expect(heights[i]! - heights[i - 1]!).toBeGreaterThanOrEqual(15);
  });

  it("draws nothing, one point, equal points and points that are not finite", async () => {
    expect(textsOf(await draw([]))).toContain("no points yet");
    for (const points of [
      [{ x: 5, y: 0 }],
      [
        { x: 5, y: 3 },
        { x: 5, y: 3 },
      ],
      [
        { x: 0, y: -2 },
        { x: 1, y: -2 },
      ],
    ]) {
      const numbers = (await draw(points)).flatMap(({ attributes }) => [...attributes.values()]).join(" ");
      expect(numbers).not.toMatch(/NaN|Infinity|undefined/);
    }
    const [, , desc] = await draw([
      { x: 0, y: 1 },
      { x: 1, y: Number.NaN },
      { x: 2, y: Number.POSITIVE_INFINITY },
    ]);
    expect(desc?.text).toContain("2 points that are not finite are left out");
  });

  it("stays small and quick for a long run", async () => {
    const points = Array.from({ length: 200_000 }, (_, x) => ({ x, y: Math.sin(x / 9000) }));
    const long: LineChart = { ...chart, series: [{ name: "a", points }] };
    await lineChart(chart);
    const start = performance.now();
    expect((await lineChart(long)).length).toBeLessThan(20_000);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it("lets no text out of its place", async () => {
    const hostile = fc.oneof(
      fc.constantFrom(
        "</svg><script>alert(1)</script>",
        '"onload="x',
        "]]>",
        "<!--",
        "&lt;",
        "\0\u001B\uFFFE\uD800",
        "'",
      ),
      fc.string({ unit: "binary" }),
    );
    await fc.assert(
      fc.asyncProperty(hostile, hostile, hostile, hostile, fc.boolean(), async (title, label, unit, name, file) => {
        const form = file ? "file" : "inline";
        const points = [{ x: 1, y: 2 }];
        const svg = await lineChart({
          id: "x",
          title,
          form,
          x: { label, unit },
          y: { label },
          series: [{ name, points }],
        });
        const bars = await barChart({ id: "x", title, form, x: { label, unit }, bars: [{ name, value: 1 }] });
        const allowed = /^(svg|title|desc|style|g|line|path|text|tspan|circle|rect)$/;
        for (const elements of [readXml(svg), readXml(bars)]) {
          for (const { name: tag, attributes } of elements) {
            expect(tag).toMatch(allowed);
            for (const attribute of attributes.keys()) expect(attribute).not.toMatch(/^on|href/i);
          }
          const styles = elements.filter(({ name: tag }) => tag === "style");
          expect(styles).toHaveLength(file ? 1 : 0);
        }
      }),
      { numRuns: 40 },
    );
    await expect(lineChart({ ...chart, id: '"><script>' })).rejects.toThrow(RangeError);
  });

  it("gives each chart ids of its own", async () => {
    expect(await idsOf("a")).toEqual(["a", "a-title", "a-desc"]);
    expect(await idsOf("b")).toEqual(["b", "b-title", "b-desc"]);
  });

  it("takes its colours from the page, or brings both themes along as a file", async () => {
    const inline = await lineChart(chart);
    expect(inline).toContain('stroke="var(--series-2, currentColor)"');
    expect(inline).not.toMatch(/#[\da-f]{6}/);
    const file = await lineChart({ ...chart, form: "file" });
    expect(file).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(file).toContain("@media (prefers-color-scheme:dark)");
    expect(file).toContain(`stroke="${seriesColours.light[1]}"`);
    expect(textsOf(readXml(file))).toContain("Loss of run 7");
  });
});

describe("barChart", () => {
  it("ranks from the top down, lengths in proportion to values", async () => {
    const bars = [
      { name: "NFE-1", value: 0.9, low: 0.85, high: 0.95 },
      { name: "TransE", value: 0.45 },
      { name: "TransE", value: 0.3 },
    ];
    const elements = readXml(await barChart({ id: "b", title: "MRR", x: { label: "MRR" }, bars }));
    const rects = elements.filter(({ name }) => name === "rect").map(({ attributes }) => attributes);
    const widths = rects.map((one) => Number(one.get("width")));
    expect(widths[1]! / widths[0]!).toBeCloseTo(0.5, 3);
    expect(widths[2]! / widths[0]!).toBeCloseTo(1 / 3, 3);
    const tops = rects.map((one) => Number(one.get("y")));
    expect(tops).toEqual(tops.toSorted((a, b) => a - b));
    expect(textsOf(elements)).toEqual(expect.arrayContaining(["NFE-1", "TransE", "0.9000", "0.4500", "MRR"]));
    expect(elements[2]?.text).toBe("MRR: NFE-1 0.9000; TransE 0.4500; TransE 0.3000.");
  });

  it("says so when there is nothing", async () => {
    expect(textsOf(readXml(await barChart({ id: "b", title: "", x: { label: "" }, bars: [] })))).toContain(
      "nothing yet",
    );
  });
});
