import { basename, join, resolve } from "node:path";
import {
  dataTable,
  lineChart,
  printable,
  readRun,
  seriesColours,
  type DataTable,
  type StoredRun,
} from "@offprint/experiment";
import { describeKnownError } from "../toxicity/known-error.ts";
import { thresholdCharts } from "./figure.ts";
import { readGenerations, type GenerationLine } from "./generation-log.ts";
import { evaluationFiles, readResults, type EvaluationResults, type ResultGroup } from "./results.ts";
import { armRows, cautions, columns, differenceRows, groupTitle, measureNotes } from "./table.ts";

/** An evaluation as a report shows it. */
export interface ReportedRun {
  readonly name: string;
  readonly run: StoredRun;
  readonly results: EvaluationResults;
  /** Only where texts are asked for. */
  readonly texts: readonly GenerationLine[];
}

/** @throws {EvaluationInputError} for a folder without results; {NotARunError} {DamagedFileError} */
export async function readReported(paths: readonly string[], withTexts: boolean): Promise<ReportedRun[]> {
  return await Promise.all(
    paths.map(async (path) => ({
      name: basename(resolve(path)),
      run: await readRun(path),
      results: await readResults(path),
      texts: withTexts ? await readGenerations(join(path, evaluationFiles.generations)) : [],
    })),
  );
}

/** All that some evaluations found, on one page that needs nothing else: no script, no font, no picture from elsewhere. */
export async function evaluationPage(runs: readonly ReportedRun[]): Promise<string> {
  const sections = await Promise.all(runs.map((run, index) => runSection(run, `run-${index}`)));
  const title = "Guided and unguided text";
  const head =
    `<meta charset="utf-8" /><meta name="viewport" content="width=device-width, initial-scale=1" />` +
    `<title>${title}</title><style>${style}</style>`;
  const intro = paragraph(
    "A threshold on the moral direction decides which tokens a model may write. A score tells what texts say; it is not a judgement of right " +
      "and wrong. Compare arms of one table only: the measure, the prompts and their number decide the level.",
  );
  return `<!doctype html>\n<html lang="en"><head>${head}</head><body><main><h1>${title}</h1>${intro}${sections.join("")}</main></body></html>\n`;
}

async function runSection({ name, run, results, texts }: ReportedRun, id: string): Promise<string> {
  const { bindings } = results;
  const groups = await Promise.all(results.groups.map((group, i) => groupPart(group, `${id}-${i}`)));
  const known = bindings.toxicity.knownError;
  return [
    `<section><h2>${escapeText(name)}</h2>`,
    ...cautions(results).map((text) => `<p class="caution">${escapeText(text)}.</p>`),
    ...groups,
    "<h3>What it was measured with</h3>",
    list(measureNotes(results).filter((note) => !known || !describeKnownError(known).includes(note))),
    `<h3>Known error of the toxicity measure</h3>`,
    known ? list(describeKnownError(known)) : paragraph("Nothing is known of it."),
    folded("Settings and record", settingsTable(run, results)),
    texts.length > 0 ? textsPart(texts) : "",
    "</section>",
  ].join("");
}

async function groupPart(group: ResultGroup, id: string): Promise<string> {
  const pictures = await Promise.all(
    thresholdCharts(group, id, "inline").map(
      async (chart) =>
        `<figure><figcaption>${escapeText(chart.title)}</figcaption>${await lineChart(chart)}${folded("Numbers", table(dataTable(chart)))}</figure>`,
    ),
  );
  const differences = differenceRows(group);
  return [
    `<h3>${escapeText(groupTitle(group))}</h3>`,
    table({ caption: "With 95 % intervals over prompts and seeds", columns, rows: armRows(group) }),
    differences.length > 0
      ? table({ caption: "Difference from the unguided arm on the same prompts", columns, rows: differences })
      : "",
    ...pictures,
  ].join("");
}

function settingsTable({ record }: StoredRun, { settings, bindings }: EvaluationResults): string {
  const shown = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));
  const facts = [
    ...Object.entries(settings),
    ["encoder id", bindings.encoder ?? "none"],
    ["toxicity measure's id", bindings.toxicity.id],
    ...(record
      ? [
          ["command", record.command],
          ["versions", record.versions],
          ["machine", `${record.machine.cpu}, ${record.machine.cores} cores, ${record.machine.platform}`],
          ["began", record.startedAt],
          ["seconds", Math.round(record.durationSeconds)],
        ]
      : []),
  ];
  const rows = facts.map(([key, value]) => [shown(key), shown(value)]);
  return table({ caption: "", columns: ["setting", "value"], rows });
}

/** Texts behind a warning, unguided and guided beside one another. */
function textsPart(lines: readonly GenerationLine[]): string {
  const arms = [...new Set(lines.map(({ arm }) => arm))];
  const places = new Map<string, Map<string, GenerationLine>>();
  for (const line of lines) {
    const key = `${line.prompt}/${line.seed}/${line.generation}`;
    const own = places.get(key) ?? new Map<string, GenerationLine>();
    places.set(key, own.set(line.arm, line));
  }
  const cell = (line: GenerationLine | undefined): string => (line ? `${line.toxicity.toFixed(2)} ${line.text}` : "");
  const rows = [...places].map(([key, byArm]) => [key, ...arms.map((arm) => cell(byArm.get(arm)))]);
  const warning = "Continuations, toxicity before each. Warning: slurs, sexual and violent language";
  return folded(warning, table({ caption: "", columns: ["prompt/seed/number", ...arms], rows }, "text"));
}

/** Text from outside as content of an element or an attribute. */
function escapeText(text: string): string {
  const plain = printable(text).replaceAll(/[\p{Cs}\uFFFE\uFFFF]/gu, "\uFFFD");
  return plain.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

const paragraph = (text: string): string => `<p>${escapeText(text)}</p>`;

const list = (texts: readonly string[]): string =>
  `<ul>${texts.map((text) => `<li>${escapeText(text)}</li>`).join("")}</ul>`;

const folded = (summary: string, content: string): string =>
  `<details><summary>${escapeText(summary)}</summary>${content}</details>`;

function table({ caption, columns: titles, rows }: DataTable, kind = "numbers"): string {
  const cells = (name: "td" | "th", texts: readonly string[]) =>
    texts.map((text) => `<${name}>${escapeText(text)}</${name}>`).join("");
  const body = rows.map((row) => `<tr>${cells("td", row)}</tr>`).join("");
  return `<div class="wide"><table class="${kind}"><caption>${escapeText(caption)}</caption><thead><tr>${cells("th", titles)}</tr></thead><tbody>${body}</tbody></table></div>`;
}

const variables = (colours: readonly string[]): string =>
  colours.map((colour, index) => `--series-${index + 1}:${colour}`).join(";");

const style = `
:root{color-scheme:light dark;--paper:#fbfaf7;--ink:#1c1a17;--faint:#1c1a1726;${variables(seriesColours.light)}}
@media (prefers-color-scheme:dark){:root{--paper:#171513;--ink:#e9e6df;--faint:#e9e6df2b;${variables(seriesColours.dark)}}}
*{box-sizing:border-box}
body{margin:0 auto;padding:2.5rem 1.25rem 4rem;max-width:52rem;background:var(--paper);color:var(--ink);font:1.0625rem/1.55 Charter,"Iowan Old Style",Palatino,Georgia,serif}
h1{font-size:2rem;line-height:1.2;margin:0 0 .5rem}
h2{font-size:1.3rem;margin:3rem 0 .75rem;padding-top:.75rem;border-top:1px solid var(--faint)}
h3{font-size:1.05rem;margin:1.75rem 0 .25rem}
figure{margin:1rem 0 1.5rem}
svg.chart{display:block;max-width:100%;height:auto;font-family:system-ui,sans-serif}
table,summary,figcaption,li,.caution{font-family:system-ui,sans-serif;font-size:.85rem}
.caution{border-left:3px solid var(--series-2);padding-left:.75rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:.25rem 0 .5rem}
th,td{text-align:right;padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--faint);white-space:nowrap}
th:first-child,td:first-child{text-align:left}
table.text td{text-align:left;white-space:pre-wrap;vertical-align:top}
.wide{overflow-x:auto}
summary{cursor:pointer;padding:.25rem 0}
`;
