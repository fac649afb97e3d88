import {
  axisTitle,
  finishPicture,
  fontSize,
  letterWidth,
  loadDrawing,
  plainText,
  seriesColour,
  titleHeight,
  type Axis,
  type ChartFrame,
} from "@offprint/experiment";
import { placeLabels } from "./place-labels.ts";

/** A named point of one of the groups. */
interface ScatterPoint {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  /** Index among the groups. */
  readonly group: number;
}

/** Points on two axes of numbers, with as many names as find room. */
export interface Scatter extends ChartFrame {
  readonly x: Axis;
  readonly y: Axis;
  /** Names of the groups: each has its colour and its sign. One group needs no legend. */
  readonly groups: readonly string[];
  readonly points: readonly ScatterPoint[];
  /** Points whose names matter, those first; the others are not named. Default: all, as they come. */
  readonly named?: readonly number[] | undefined;
  /** A straight line y = intercept + slope x. */
  readonly line?: { readonly slope: number; readonly intercept: number } | undefined;
  readonly height?: number | undefined;
}

const signs = ["circle", "triangle", "square"] as const;
const radius = 3.5;
const labelSize = fontSize - 2;

/** Draws points with their names, no name over another. @returns an `<svg class="chart" role="img">` element. */
export async function scatter(chart: Scatter): Promise<string> {
  const plot = await loadDrawing();
  const { width = 600, height = 460, form } = chart;
  const points = chart.points.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
  const margins = {
    marginTop: titleHeight(form) + (chart.groups.length > 1 ? 52 : 30),
    marginRight: 16,
    marginBottom: 44,
    marginLeft: 56,
  };
  const range = { left: margins.marginLeft, right: width - 16, top: margins.marginTop, bottom: height - 44 };
  const x = plot.scale({
    x: { type: "linear", domain: domainOf(points.map((p) => p.x)), range: [range.left, range.right] },
  });
  const y = plot.scale({
    y: { type: "linear", domain: domainOf(points.map((p) => p.y)), range: [range.bottom, range.top] },
  });
  const dots = points.map((p) => ({ x: Number(x.apply(p.x)), y: Number(y.apply(p.y)), text: plainText(p.name) }));
  const labels = placeLabels(dots, chart.named ?? [...points.keys()], {
    letter: (letterWidth * labelSize) / fontSize,
    height: labelSize + 2,
    radius: radius + 1,
    frame: range,
  });
  const axis = { tickSize: 0, tickPadding: 8, labelArrow: "none", fontSize } as const;
  const groups = chart.groups.map((name, group) => ({ name, group, points: points.filter((p) => p.group === group) }));
  const legend = groups.length > 1 ? legendOf(groups.map(({ name }) => plainText(name))) : [];
  const [left, right] = domainOf(points.map((p) => p.x));
  const at = ({ slope, intercept }: NonNullable<Scatter["line"]>, place: number) => [place, intercept + slope * place];

  const svg = plot.plot({
    document: plot.document,
    width,
    height,
    ...margins,
    x: { type: "linear", domain: [left, right] },
    y: { type: "linear", domain: domainOf(points.map((p) => p.y)) },
    marks: [
      plot.gridX({ ticks: 5, strokeOpacity: 0.14 }),
      plot.gridY({ ticks: 5, strokeOpacity: 0.14 }),
      plot.ruleX([0], { strokeOpacity: 0.4 }),
      plot.ruleY([0], { strokeOpacity: 0.4 }),
      plot.axisX({ ...axis, ticks: 5, label: axisTitle(chart.x), labelOffset: 40 }),
      plot.axisY({ ...axis, ticks: 5, label: null }),
      plot.text([axisTitle(chart.y)], {
        frameAnchor: "top-left",
        dx: 8 - margins.marginLeft,
        dy: -22,
        fontSize,
      }),
      ...legend.map(({ name, group, offset }) =>
        plot.text([`${"●▲■"[group % 3]} ${name}`], {
          frameAnchor: "top-left",
          dx: 8 - margins.marginLeft + offset,
          dy: -44,
          fill: seriesColour(group, form),
          fontSize,
        }),
      ),
      ...(chart.line
        ? [
            plot.line([at(chart.line, left), at(chart.line, right)], {
              stroke: "currentColor",
              strokeOpacity: 0.5,
              clip: true,
            }),
          ]
        : []),
      ...groups.map(({ group, points: own }) =>
        plot.dot(own, { x: "x", y: "y", r: radius, symbol: signs[group % 3]!, fill: seriesColour(group, form) }),
      ),
      ...labels.map(({ dot, dx, dy, anchor }) =>
        plot.text([points[dot]!], {
          x: "x",
          y: "y",
          text: () => dots[dot]!.text,
          dx,
          dy,
          textAnchor: anchor,
          fill: "currentColor",
          fontSize: labelSize,
        }),
      ),
      ...(points.length === 0 ? [plot.text(["no points yet"], { frameAnchor: "middle", fontSize })] : []),
    ],
  });
  const counts = groups.map(({ name, points: own }) => `${own.length} ${plainText(name)}`).join(", ");
  return finishPicture(svg, chart, `${axisTitle(chart.y)} against ${axisTitle(chart.x)}: ${counts}.`);
}

/** A little wider than the values, and around zero. */
function domainOf(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const margin = 0.06 * (high - low || 1);
  return [low - margin, high + margin];
}

/** Names in a row, and how far from its beginning. */
function legendOf(names: readonly string[]): { name: string; group: number; offset: number }[] {
  let offset = 0;
  return names.map((name, group) => {
    const place = { name, group, offset };
    offset += Math.ceil((name.length + 5) * letterWidth);
    return place;
  });
}
