import {
  axisTitle,
  finishPicture,
  fontSize,
  letterWidth,
  loadDrawing,
  plainText,
  seriesColour,
  titleHeight,
} from "./chart.ts";
import type { Axis, ChartFrame } from "./chart.ts";
import type { DataTable } from "./data-table.ts";
import { formatColumn, truncate } from "./table.ts";

/** Values over two lists of conditions. */
export interface HeatMap extends ChartFrame {
  readonly x: Axis;
  readonly y: Axis;
  /** What the values are. */
  readonly value: Axis;
  /** Names from left to right. */
  readonly columns: readonly string[];
  /** Names from the top down. */
  readonly rows: readonly string[];
  /** One list a row, one value a column; undefined where none was measured. */
  readonly values: readonly (readonly (number | undefined)[])[];
  /** Values that get no ink and all ink; by default the least and the greatest. */
  readonly range?: readonly [low: number, high: number] | undefined;
}

/** Ink of the strongest cell: the text on it keeps its contrast (tested). */
export const strongestInk = 0.45;

interface Cell {
  readonly column: number;
  readonly row: number;
  readonly ink: number;
  readonly text: string;
}

/**
 * Draws a grid of cells, the stronger the higher their value, each with its number, so that nothing is told by colour alone.
 * @returns an `<svg class="chart" role="img">` element; all text in it is escaped.
 */
export async function heatMap(map: HeatMap): Promise<string> {
  const plot = await loadDrawing();
  const { width = 600, form } = map;
  const cells = cellsOf(map);
  const columns = map.columns.map((name) => truncate(plainText(name), 12));
  const rows = map.rows.map((name) => truncate(plainText(name), 20));
  const marginTop = titleHeight(form) + 32;
  const marginLeft = 16 + Math.ceil(Math.max(...rows.map((name) => name.length), 3) * letterWidth);
  const svg = plot.plot({
    document: plot.document,
    width,
    height: marginTop + 44 + Math.max(1, rows.length) * 32,
    marginTop,
    marginBottom: 44,
    marginRight: 16,
    marginLeft,
    x: { type: "band", domain: [...columns.keys()], padding: 0.04 },
    y: { type: "band", domain: [...rows.keys()], padding: 0.06 },
    opacity: { type: "identity" },
    marks: [
      plot.text([axisTitle(map.y)], { frameAnchor: "top-left", dx: 8 - marginLeft, dy: -24, fontSize }),
      plot.axisX({
        tickSize: 0,
        tickFormat: (index: number) => columns[index] ?? "",
        label: axisTitle(map.x),
        labelArrow: "none",
        labelOffset: 40,
        fontSize,
      }),
      plot.axisY({ tickSize: 0, tickFormat: (index: number) => rows[index] ?? "", label: null, fontSize }),
      plot.cell(cells, {
        x: "column",
        y: "row",
        fill: seriesColour(0, form),
        fillOpacity: "ink",
        stroke: "currentColor",
        strokeOpacity: 0.14,
      }),
      plot.text(cells, { x: "column", y: "row", text: "text", fontVariant: "tabular-nums", fontSize }),
      ...(cells.length === 0 ? [plot.text(["nothing yet"], { frameAnchor: "middle", fontSize })] : []),
    ],
  });
  return finishPicture(svg, map, describe(map, cells));
}

/** The numbers of a heat map. */
export function heatMapTable(map: HeatMap): DataTable {
  const texts = new Map(cellsOf(map).map(({ row, column, text }) => [`${row}:${column}`, text]));
  return {
    caption: plainText(`${map.title}: ${axisTitle(map.value)}`),
    columns: [`${axisTitle(map.y)} \\ ${axisTitle(map.x)}`, ...map.columns.map(plainText)],
    rows: map.rows.map((name, row) => [
      plainText(name),
      ...map.columns.map((_, column) => texts.get(`${row}:${column}`) ?? ""),
    ]),
  };
}

/** The cells that have a value. */
function cellsOf({ columns, rows, values, range }: HeatMap): Cell[] {
  const measured = rows.flatMap((_, row) =>
    columns.flatMap((_, column) => {
      const value = values[row]?.[column];
      return value === undefined || !Number.isFinite(value) ? [] : [{ row, column, value }];
    }),
  );
  const all = measured.map(({ value }) => value);
  const [low, high] = range ?? [Math.min(...all), Math.max(...all)];
  const texts = formatColumn(all);
  return measured.map(({ row, column, value }, index) => {
    const share = high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0;
    return { row, column, ink: strongestInk * share, text: texts[index] ?? "" };
  });
}

function describe(map: HeatMap, cells: readonly Cell[]): string {
  const what = `${axisTitle(map.value)} by ${axisTitle(map.y)} and ${axisTitle(map.x)}`;
  const lines = map.rows.slice(0, 12).map((name, row) => {
    const own = cells.filter((cell) => cell.row === row);
    return `${plainText(name)}: ${own.map(({ column, text }) => `${plainText(map.columns[column] ?? "")} ${text}`).join(", ") || "none"}`;
  });
  const rest = map.rows.length > lines.length ? `; ${map.rows.length - lines.length} rows more` : "";
  return `${what}. ${lines.join("; ")}${rest}.`;
}
