import {
  dataTable,
  formatBytes,
  formatCount,
  formatDuration,
  formatNumber,
  heatMap,
  heatMapTable,
  lineChart,
  type DataTable,
  type LineChart,
} from "@offprint/experiment";
import { protocolTexts } from "../evaluation/results.ts";
import { protocols } from "../evaluation/windows.ts";
import type { Compared } from "../plan/compare-run.ts";
import { metricNames } from "../training/held-out.ts";
import { contextChart, judgedModels, lossChart, passkeyMaps, positionChart } from "./charts.ts";
import { escapeText, figure, folded, page, paragraph, section, table } from "./html.ts";
import type { ReportRun } from "./report-data.ts";

/** All that is known of some runs on one page that needs nothing else: no script, no font, no picture from elsewhere. */
export async function reportPage(runs: readonly ReportRun[]): Promise<string> {
  const sections = [
    ablations(runs),
    await losses(runs),
    ...(await perplexities(runs)),
    comparisons(runs),
    await passkeys(runs),
    plans(runs),
    settings(runs),
  ];
  const names = runs.map(({ name }) => name).join(", ");
  return page("LongLoRA report", `${paragraph(`Runs: ${names}.`)}${sections.join("")}`);
}

const number = (value: unknown): string => (typeof value === "number" ? formatNumber(value) : "");

const text = (value: unknown): string =>
  typeof value === "string" ? value : value === undefined ? "" : (JSON.stringify(value) ?? "");

/** One row a run: what it was and what came of it. */
function ablations(runs: readonly ReportRun[]): string {
  const rows = runs.flatMap(({ name, run }) => {
    if (!run) return [];
    const { config, record, log } = run;
    const end = log.events.findLast((event) => event.type === "finished");
    const metrics = end?.type === "finished" ? end.metrics : {};
    const [full, trained] = [metrics[metricNames.full], metrics[metricNames.training]];
    const gap = full !== undefined && trained !== undefined ? full - trained : undefined;
    return [
      [
        name,
        number(metrics["perplexity"]),
        number(gap),
        text(config["method"]),
        text(config["attention"]),
        text(config["group"]),
        number(config["context"]),
        number(config["rank"]),
        number(config["learningRate"]),
        number(config["steps"]),
        text(config["seed"]),
        end?.type === "finished" ? end.outcome : "not ended",
        record ? formatDuration(record.durationSeconds) : "",
        record ? formatBytes(record.peakMemoryBytes) : "",
      ],
    ];
  });
  const results = ["run", "perplexity", "full − training loss"];
  const settings = ["method", "attention", "group", "context", "rank", "learning rate", "updates", "seed"];
  const columns = [...results, ...settings, "outcome", "time", "peak memory"];
  if (rows.length === 0) return "";
  const caption =
    "Held-out perplexity under full attention; what the loss is higher there than as trained, nats a token";
  return section("Runs", table({ caption, columns, rows }));
}

const drawn = async (chart: LineChart): Promise<string> => figure(await lineChart(chart), dataTable(chart));

async function losses(runs: readonly ReportRun[]): Promise<string> {
  const charts = runs.flatMap((run, index) => lossChart(run, `losses-${index}`) ?? []);
  if (charts.length === 0) return "";
  const figures = await Promise.all(
    charts.map(async (chart) => `<h3>${escapeText(chart.title)}</h3>${await drawn(chart)}`),
  );
  const note =
    "A model is used with full attention. Where its held-out loss is well above that under the training's attention, what was " +
    "learned needs the training's attention and does not help.";
  return section("Training", paragraph(note), ...figures);
}

async function perplexities(runs: readonly ReportRun[]): Promise<string[]> {
  const sections = protocols.map(async (protocol) => {
    const judged = judgedModels(runs, protocol);
    if (judged.length === 0) return "";
    const byContext = await drawn(contextChart(judged, `context-${protocol}`));
    const byPosition = await drawn(positionChart(judged, `position-${protocol}`));
    const texts = new Set(
      runs.flatMap(({ perplexities }) =>
        perplexities.filter((one) => one.protocol === protocol).flatMap((one) => one.texts),
      ),
    );
    const note = `${paragraph(protocolTexts[protocol])}${paragraph(`Texts: ${[...texts].join(", ")}.`)}`;
    const heading = "<h3>By the number of tokens before, at the longest context</h3>";
    return section(`Perplexity, ${protocol}`, note, byContext, heading, byPosition);
  });
  return await Promise.all(sections);
}

async function passkeys(runs: readonly ReportRun[]): Promise<string> {
  const parts = runs.map(async ({ name, passkeys }, index) => {
    const maps = passkeyMaps(passkeys, `passkey-${index}`);
    const figures = await Promise.all(
      maps.map(
        async (map) =>
          `<h3>${escapeText(`${name}: ${map.title}`)}</h3>${figure(await heatMap(map), heatMapTable(map))}`,
      ),
    );
    return figures.join("");
  });
  const all = (await Promise.all(parts)).join("");
  return all === "" ? "" : section("Pass keys", all);
}

/** What the adapters cost within the base's own context, and what both models write. */
function comparisons(runs: readonly ReportRun[]): string {
  const compared = runs.flatMap(({ name, comparisons }) => comparisons.map((one) => ({ name, ...one })));
  if (compared.length === 0) return "";
  const rows = compared.flatMap(({ name, contexts }) =>
    contexts.map(({ context, base, adapted, difference, standardError }) => [
      name,
      formatCount(context),
      number(base.perplexity),
      number(adapted.perplexity),
      `${number(difference)}${standardError === null ? "" : ` ± ${number(standardError)}`}`,
    ]),
  );
  const columns = ["run", "context", "base's perplexity", "with the adapter", "loss, less the base's"];
  const caption = "Within the base's own context, on the same windows; above 0, something was lost";
  const texts = compared.flatMap(({ name, sideBySide }) =>
    sideBySide.map(({ prompt, base, adapted }) => {
      const both = [base, adapted].map((text) => `<td class="text">${escapeText(text)}</td>`).join("");
      const head = `<thead><tr><th>base</th><th>${escapeText(name)}</th></tr></thead>`;
      return `<h3>${escapeText(prompt)}</h3><table>${head}<tbody><tr>${both}</tr></tbody></table>`;
    }),
  );
  return section("Short contexts", table({ caption, columns, rows }), ...texts);
}

function plans(runs: readonly ReportRun[]): string {
  const row = (name: string, what: string, { planned, measured, off }: Compared, format: (value: number) => string) => [
    name,
    what,
    format(planned),
    format(measured),
    `${off >= 0 ? "+" : "−"}${formatCount(Math.abs(100 * off))} %`,
  ];
  const rows = runs.flatMap(({ name, plan }) => {
    if (!plan) return [];
    const { peakMemory, secondsPerStep } = plan;
    return [
      row(name, "peak memory", peakMemory, formatBytes),
      ...(secondsPerStep ? [row(name, "time of an update", secondsPerStep, formatDuration)] : []),
    ];
  });
  if (rows.length === 0) return "";
  return section(
    "Plan and measurement",
    table({ caption: "", columns: ["run", "", "planned", "measured", "off by"], rows }),
  );
}

/** Everything needed to repeat a run. */
function settings(runs: readonly ReportRun[]): string {
  const parts = runs.flatMap(({ name, run }) => {
    if (!run) return [];
    const { config, record } = run;
    const settings: DataTable = {
      caption: "Settings",
      columns: ["setting", "value"],
      rows: Object.entries(config).map(([key, value]) => [key, text(value)]),
    };
    if (!record) return [folded(name, table(settings))];
    const { machine, versions } = record;
    const facts = [
      `${machine.cpu}, ${machine.cores} cores, ${formatBytes(machine.memoryBytes)}, ${machine.platform}`,
      Object.entries(versions)
        .map(([what, version]) => `${what} ${version}`)
        .join(", "),
      `begun ${record.startedAt}${record.dataHash === undefined ? "" : `, data ${record.dataHash}`}`,
    ];
    const command = `<p><code>${escapeText(record.command)}</code></p>`;
    return [folded(name, `${command}<p class="facts">${facts.map(escapeText).join("<br />")}</p>${table(settings)}`)];
  });
  return parts.length === 0 ? "" : section("Settings and machine", ...parts);
}
