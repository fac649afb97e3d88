import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dataTable } from "./data-table.ts";
import type { LineChart } from "./line-chart.ts";

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

describe("dataTable", () => {
  it("joins the series on x, in order, with their uncertainty", () => {
    expect(dataTable(chart)).toEqual({
      caption: "Loss of run 7: loss (nats)",
      columns: ["step", "train", "valid"],
      rows: [
        ["0", "2", "1.9 (1.7 to 2.1)"],
        ["1", "1.75", ""],
        ["2", "1.5", "1.4 (1.2 to 1.6)"],
        ["3", "1.25", ""],
        ["4", "1", "0.9 (0.7 to 1.1)"],
      ],
    });
  });

  it("keeps few enough rows, the first and the last among them", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 2, max: 60 }), (count, most) => {
        const points = Array.from({ length: count }, (_, x) => ({ x, y: x }));
        const { rows } = dataTable({ ...chart, series: [{ name: "a", points }] }, most);
        expect(rows.length).toBeLessThanOrEqual(most);
        expect(rows[0]?.[0]).toBe("0");
        expect(rows.at(-1)?.[0]).toBe(String(count - 1));
      }),
    );
  });
});
