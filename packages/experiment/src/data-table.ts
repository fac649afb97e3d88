import { axisTitle, plainText } from "./chart.ts";
import { formatNumber } from "./format.ts";
import type { CurvePoint, LineChart } from "./line-chart.ts";

/** The numbers behind a picture, as text to be put in a table (and still to be escaped for its language). */
export interface DataTable {
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/**
 * The points of a line chart: one row for each x, one column a series, uncertainty in parentheses.
 * @param maximumRows of more rows every n-th is kept, and the last; the caption says so.
 */
export function dataTable({ title, x, y, series }: LineChart, maximumRows = 200): DataTable {
  const bySeries = series.map(({ points }) => new Map(points.map((point) => [point.x, point])));
  const places = [...new Set(bySeries.flatMap((points) => [...points.keys()]))].toSorted((a, b) => a - b);
  const every = Math.max(1, Math.ceil((places.length - 1) / Math.max(1, maximumRows - 1)));
  const kept = places.filter((_, index) => index % every === 0 || index === places.length - 1);
  const caption = `${title}: ${axisTitle(y)}${every > 1 ? ` (${kept.length} of ${places.length} points)` : ""}`;
  return {
    caption: plainText(caption),
    columns: [axisTitle(x), ...series.map(({ name }) => plainText(name))],
    rows: kept.map((place) => [formatNumber(place), ...bySeries.map((points) => cell(points.get(place)))]),
  };
}

function cell(point: CurvePoint | undefined): string {
  if (point === undefined) return "";
  if (point.low === undefined && point.high === undefined) return formatNumber(point.y);
  return `${formatNumber(point.y)} (${formatNumber(point.low ?? point.y)} to ${formatNumber(point.high ?? point.y)})`;
}
