import { formatCount, type HeatMap } from "@offprint/experiment";
import type { PasskeyCell, PasskeyGrid } from "./passkey.ts";

/** What a grid is drawn by. */
export type PasskeyView = "found" | "rankedFirst";

const titles: Readonly<Record<PasskeyView, string>> = {
  found: "Pass keys said",
  rankedFirst: "Pass keys ranked first among the candidates",
};

/** A grid as a picture: prompt lengths from left to right, depths from the top down, per cent of the tests. */
export function passkeyMap(
  grid: PasskeyGrid,
  view: PasskeyView,
  frame: Pick<HeatMap, "id" | "form" | "width">,
): HeatMap {
  const percent = (cell: PasskeyCell | undefined) => (cell ? Math.round((100 * cell[view]) / cell.tests) : undefined);
  const chance = view === "found" ? "" : `; chance ${formatCount(100 * grid.chance)} %`;
  return {
    ...frame,
    title: titles[view],
    x: { label: "prompt", unit: "tokens" },
    y: { label: "depth of the key" },
    value: { label: `share of the tests${chance}`, unit: "%" },
    columns: grid.lengths.map(formatCount),
    rows: grid.depths.map((depth) => `${formatCount(100 * depth)} %`),
    values: grid.depths.map((depth) =>
      grid.lengths.map((length) => percent(grid.cells.find((one) => one.length === length && one.depth === depth))),
    ),
    range: [0, 100],
  };
}
