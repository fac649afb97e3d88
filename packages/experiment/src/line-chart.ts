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
import type { Axis, ChartFrame, NumberAxis } from "./chart.ts";
import { formatCount, formatNumber } from "./format.ts";
import { subsample } from "./subsample.ts";
import { truncate } from "./table.ts";

/** A point of a curve; `low` and `high` bound its uncertainty. */
export interface CurvePoint {
  readonly x: number;
  readonly y: number;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

/** A curve with its name; points in the order of x. Points that are not finite are left out, and said to be. */
export interface Series {
  readonly name: string;
  readonly points: readonly CurvePoint[];
}

/** Curves over a common x. */
export interface LineChart extends ChartFrame {
  readonly x: NumberAxis;
  readonly y: Axis;
  readonly series: readonly Series[];
  /** CSS pixels; 320 by default. */
  readonly height?: number | undefined;
}

/** Most points drawn of one series; more than a picture has room for. */
const drawnPoints = 400;

interface Curve extends Series {
  readonly colour: string;
  readonly dash: string | undefined;
  readonly leftOut: number;
}

/**
 * Draws curves with their names at their ends, light guides, and uncertainty as a band. The vertical axis begins at zero
 * unless all values lie far from it, which its title then says.
 * @returns an `<svg class="chart" role="img">` element; all text in it is escaped.
 */
export async function lineChart(chart: LineChart): Promise<string> {
  const plot = await loadDrawing();
  const { width = 600, height = 320, form } = chart;
  const scale = chart.x.scale ?? "linear";
  const curves = chart.series.map((series, index) => curveOf(series, index, form, scale));
  const ends = curves.flatMap((curve) => curve.points.slice(-1).map((point) => ({ curve, point })));
  const names = ends.map(({ curve }) => truncate(curve.name, 24));
  const all = curves.flatMap(({ points }) => points);
  const x = domainOf(
    all.map((point) => point.x),
    false,
  );
  const y = domainOf(
    all.flatMap((point) => [point.y, lowOf(point), highOf(point)]),
    true,
  );

  const margins = {
    marginTop: titleHeight(form) + 32,
    marginRight: 16 + Math.ceil(Math.max(...names.map((name) => name.length), 3) * letterWidth),
    marginBottom: 44,
    marginLeft: 56,
  };
  const top = margins.marginTop;
  const yScale = plot.scale({
    y: { type: "linear", domain: y.domain, nice: 10, range: [height - margins.marginBottom, top] },
  });
  const heights = spread(
    ends.map(({ point }) => Number(yScale.apply(point.y))),
    fontSize + 3,
    top,
    height - margins.marginBottom,
  );
  const labels = ends.map(({ curve, point }, index) => ({
    x: point.x,
    y: Number(yScale.invert?.(heights[index])),
    text: names[index],
    colour: curve.colour,
  }));
  const [low = 0, high = 0] = [...(yScale.domain ?? y.domain)].map(Number);
  const broken = low > 0 || high < 0;
  const yTitle = axisTitle(chart.y) + (broken && all.length > 0 ? ", axis not from 0" : "");
  const axis = { tickSize: 0, tickPadding: 8, labelArrow: "none" } as const;

  const svg = plot.plot({
    document: plot.document,
    width,
    height,
    ...margins,
    x: { type: scale, domain: scale === "log" ? logDomain(x) : x.domain },
    y: { type: "linear", domain: [low, high] },
    marks: [
      plot.gridY({ ticks: 5, strokeOpacity: 0.14 }),
      plot.ruleY(broken ? [] : [0], { strokeOpacity: 0.4 }),
      plot.text([yTitle], { frameAnchor: "top-left", dx: 8 - margins.marginLeft, dy: -24, fontSize }),
      plot.axisY({ ...axis, ticks: 5, label: null, fontSize }),
      plot.axisX({
        ...axis,
        ticks: scale === "log" ? logTicks(all, width) : tickCount(x, width),
        ...(scale === "log" && { tickFormat: formatCount }),
        label: axisTitle(chart.x),
        labelOffset: 40,
        fontSize,
      }),
      ...curves.flatMap(({ points, colour, dash }) => [
        ...(points.some(hasBand)
          ? [plot.areaY(points, { x: "x", y1: lowOf, y2: highOf, fill: colour, fillOpacity: 0.16 })]
          : []),
        plot.lineY(points, {
          x: "x",
          y: "y",
          stroke: colour,
          strokeWidth: 1.75,
          ...(dash && { strokeDasharray: dash }),
        }),
        plot.dot(points.slice(-1), { x: "x", y: "y", r: 2.5, fill: colour }),
      ]),
      ...labels.map((label) =>
        plot.text([label], { x: "x", y: "y", text: "text", fill: label.colour, dx: 8, textAnchor: "start", fontSize }),
      ),
      ...(all.length === 0 ? [plot.text(["no points yet"], { frameAnchor: "middle", fontSize })] : []),
    ],
  });
  return finishPicture(svg, chart, describe(chart, curves));
}

const lowOf = (point: CurvePoint) => point.low ?? point.y;

const highOf = (point: CurvePoint) => point.high ?? point.y;

const hasBand = (point: CurvePoint) => point.low !== undefined || point.high !== undefined;

function curveOf({ name, points }: Series, index: number, form: ChartFrame["form"], scale: "linear" | "log"): Curve {
  const finite = points.filter(
    (point) =>
      [point.x, point.y, point.low ?? 0, point.high ?? 0].every(Number.isFinite) && (scale === "linear" || point.x > 0),
  );
  return {
    name: plainText(name),
    points: subsample(finite, drawnPoints),
    colour: seriesColour(index, form),
    dash: index < 6 ? undefined : "5 3", // colours begin again; the name at its end tells a curve anyway
    leftOut: points.length - finite.length,
  };
}

interface Domain {
  readonly domain: readonly [low: number, high: number];
  readonly whole: boolean;
}

/** From the least to the greatest value; with `zero` from zero when that wastes less than half of the room. */
function domainOf(values: readonly number[], zero: boolean): Domain {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  if (low > high) [low, high] = [0, 1];
  if (zero && low > 0 && low < high / 2) low = 0;
  if (zero && high < 0 && high > low / 2) high = 0;
  if (low === high) [low, high] = zero ? [Math.min(0, low), Math.max(0, high) || 1] : [low - 0.5, high + 0.5];
  return { domain: [low, high], whole: values.every(Number.isInteger) };
}

/** A single place has room to both sides. */
function logDomain({ domain: [low, high] }: Domain): readonly [number, number] {
  return low > 0 ? [low, high] : [Math.max(high, 1) / 2, Math.max(high, 1) * 2];
}

/** The places that have points, as far as their numbers find room: on a logarithmic axis they are few and chosen. */
function logTicks(points: readonly CurvePoint[], width: number): number[] {
  const places = [...new Set(points.map(({ x }) => x))].toSorted((a, b) => a - b);
  const every = Math.ceil(places.length / Math.max(2, Math.floor(width / 70)));
  return places.filter((_, index) => index % every === 0);
}

/** Whole numbers get whole ticks. */
function tickCount({ domain: [low, high], whole }: Domain, width: number): number {
  const fitting = Math.max(2, Math.floor(width / 110));
  return whole ? Math.max(1, Math.min(fitting, high - low)) : fitting;
}

/** The heights, moved apart as little as a plain pass needs, so that names do not cover one another. */
function spread(heights: readonly number[], gap: number, top: number, bottom: number): number[] {
  const order = heights.map((_, index) => index).toSorted((a, b) => heights[a]! - heights[b]!);
  const moved = [...heights];
  let least = top;
  for (const index of order) least = (moved[index] = Math.max(moved[index]!, least)) + gap;
  let most = bottom;
  for (const index of order.toReversed()) most = (moved[index] = Math.min(moved[index]!, most)) - gap;
  return moved;
}

function describe({ x, y }: LineChart, curves: readonly Curve[]): string {
  const lines = curves.map(({ name, points, leftOut }) => {
    const [first, last] = [points[0], points.at(-1)];
    const missing = leftOut > 0 ? ` ${formatCount(leftOut)} points that are not finite are left out.` : "";
    if (first === undefined || last === undefined) return `${name}: no points.${missing}`;
    const values = points.map((point) => point.y);
    const range = `between ${formatNumber(Math.min(...values))} and ${formatNumber(Math.max(...values))}`;
    const way = `from ${formatNumber(first.y)} at ${formatNumber(first.x)} to ${formatNumber(last.y)} at ${formatNumber(last.x)}`;
    return `${name}: ${way}, ${range}.${missing}`;
  });
  return [`${axisTitle(y)} against ${axisTitle(x)}.`, ...lines].join(" ");
}
