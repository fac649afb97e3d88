/** The pictures of a report. */
import { resolve } from "node:path";
import { formatCount, type CurvePoint, type HeatMap, type LineChart, type Series } from "@offprint/experiment";
import type { RunEvent } from "@offprint/experiment";
import { passkeyMap } from "../evaluation/passkey-map.ts";
import type { PerplexityReport } from "../evaluation/perplexity.ts";
import { metricNames } from "../training/held-out.ts";
import type { ReportRun } from "./report-data.ts";

/** Losses of one run while it trains: of the batches, and of held-out text under both attentions. */
export function lossChart({ name, run }: ReportRun, id: string): LineChart | undefined {
  const events = run?.log.events ?? [];
  const trained = events.flatMap((event) =>
    event.type === "step" && event.loss !== undefined ? [{ x: event.step, y: event.loss }] : [],
  );
  const series = [
    { name: "training batches", points: trained },
    { name: "held out, full", points: heldOut(events, metricNames.full) },
    { name: "held out, as trained", points: heldOut(events, metricNames.training) },
  ].filter(({ points }) => points.length > 0);
  if (series.length === 0) return undefined;
  return { id, title: `Losses of ${name}`, x: { label: "update" }, y: { label: "loss", unit: "nats a token" }, series };
}

function heldOut(events: readonly RunEvent[], metric: string): CurvePoint[] {
  return events.flatMap((event) => {
    const value = event.type === "evaluation" ? event.metrics[metric] : undefined;
    return event.type === "evaluation" && value !== undefined ? [{ x: event.step, y: value }] : [];
  });
}

/** One judged model: what it is called and its results. */
interface Judged {
  readonly name: string;
  readonly reports: readonly PerplexityReport[];
}

/** Every model judged by one protocol, bases once where they were judged alike. */
export function judgedModels(runs: readonly ReportRun[], protocol: string): Judged[] {
  const judged = runs.flatMap(({ path, name, perplexities }) =>
    perplexities
      .filter((one) => one.protocol === protocol)
      .flatMap(({ model, adapter, rope, attention, contexts, base }) => {
        // A run that trained every weight left a model of its own.
        const own = adapter !== undefined || resolve(model).startsWith(resolve(path));
        const scaled = rope === undefined ? "" : `, ${rope} positions`;
        const named = (text: string) => `${text}${scaled}${through(attention)}`;
        return [
          { name: named(own ? name : shortName(model)), reports: contexts },
          ...(base ? [{ name: named(`${shortName(model)} (base)`), reports: base }] : []),
        ];
      }),
  );
  const seen = new Map(judged.map((one) => [JSON.stringify(one), one]));
  return [...seen.values()];
}

const through = ({ kind }: { readonly kind: string }): string => (kind === "full" ? "" : `, ${kind} attention`);

const shortName = (model: string): string => model.replace(/\/+$/, "").split("/").at(-1) ?? model;

/** Perplexity by context. */
export function contextChart(judged: readonly Judged[], id: string): LineChart {
  return {
    id,
    title: "Perplexity by context",
    x: { label: "context", unit: "tokens", scale: "log" },
    y: { label: "perplexity" },
    series: judged.map(({ name, reports }) => ({ name, points: reports.map(pointOf) })),
  };
}

const pointOf = ({ context, perplexity, interval }: PerplexityReport): CurvePoint => ({
  x: context,
  y: perplexity,
  ...(interval && { low: interval[0], high: interval[1] }),
});

/** Loss by the number of tokens before, at the longest context of each model. */
export function positionChart(judged: readonly Judged[], id: string): LineChart {
  const longest = judged.map(({ reports }) => reports.reduce((a, b) => (b.context > a.context ? b : a)));
  const alike = longest.every(({ context }) => context === longest[0]?.context);
  const series = judged.map(({ name }, index): Series => {
    const { context, byPosition } = longest[index]!;
    const points = byPosition.map(({ from, to, loss }) => ({ x: (from + to - 1) / 2, y: loss }));
    return { name: alike ? name : `${formatCount(context)}: ${name}`, points };
  });
  return {
    id,
    title: alike ? `Loss by position in ${formatCount(longest[0]?.context ?? 0)} tokens` : "Loss by position",
    x: { label: "tokens before" },
    y: { label: "loss", unit: "nats a token" },
    series,
  };
}

/** Both grids of a passkey test. */
export function passkeyMaps(passkeys: ReportRun["passkeys"], id: string): HeatMap[] {
  return passkeys.flatMap((grid, index) => [
    passkeyMap(grid, "found", { id: `${id}-${index}-said` }),
    passkeyMap(grid, "rankedFirst", { id: `${id}-${index}-ranked` }),
  ]);
}
