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
import { formatColumn, truncate } from "./table.ts";

/** One bar; `low` and `high` bound its uncertainty. */
export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

/** A ranking: horizontal bars from the top down, in the order given. */
export interface BarChart extends ChartFrame {
  readonly x: Axis;
  readonly bars: readonly Bar[];
}

/**
 * Draws a ranking with the names at the left and the values at the ends; always from zero.
 * @returns an `<svg class="chart" role="img">` element; all text in it is escaped.
 */
export async function barChart(chart: BarChart): Promise<string> {
  const plot = await loadDrawing();
  const { width = 600, form } = chart;
  const bars = chart.bars.filter(({ value }) => Number.isFinite(value));
  const names = bars.map(({ name }) => truncate(plainText(name), 28));
  const values = formatColumn(bars.map(({ value }) => value));
  const colour = seriesColour(0, form);
  const marginTop = titleHeight(form) + 8;
  const ends = bars.flatMap((bar) => [bar.value, lowOf(bar), highOf(bar)]);

  const svg = plot.plot({
    document: plot.document,
    width,
    height: marginTop + 44 + Math.max(1, bars.length) * 26,
    marginTop,
    marginBottom: 44,
    marginRight: 64,
    marginLeft: 16 + Math.ceil(Math.max(...names.map((name) => name.length), 3) * letterWidth),
    x: { type: "linear", domain: [Math.min(0, ...ends), Math.max(0, ...ends) || 1] },
    y: { type: "band", domain: bars.map(place), padding: 0.3 },
    marks: [
      plot.gridX({ ticks: 4, strokeOpacity: 0.14 }),
      plot.axisX({ ticks: 4, tickSize: 0, label: axisTitle(chart.x), labelArrow: "none", labelOffset: 40, fontSize }),
      plot.axisY({ tickSize: 0, tickFormat: (index: number) => names[index] ?? "", label: null, fontSize }),
      plot.barX(bars, { x: "value", y: place, fill: colour, fillOpacity: 0.6 }),
      plot.ruleY(bars, { y: place, x1: lowOf, x2: highOf, stroke: "currentColor", strokeWidth: 1.5 }),
      plot.text(bars, {
        x: (bar: Bar) => Math.max(bar.value, highOf(bar), 0),
        y: place,
        text: (_: Bar, index: number) => values[index],
        dx: 6,
        textAnchor: "start",
        fontVariant: "tabular-nums",
        fontSize,
      }),
      ...(bars.length === 0 ? [plot.text(["nothing yet"], { frameAnchor: "middle", fontSize })] : []),
    ],
  });
  const list = bars.slice(0, 12).map(({ name }, index) => `${plainText(name)} ${values[index]}`);
  const rest = bars.length > list.length ? `; ${bars.length - list.length} more` : "";
  return finishPicture(svg, chart, `${axisTitle(chart.x)}: ${list.join("; ")}${rest}.`);
}

const place = (_: Bar, index: number) => index;

const lowOf = (bar: Bar) => bar.low ?? bar.value;

const highOf = (bar: Bar) => bar.high ?? bar.value;
