/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { raw } from "hono/html";
import { z } from "zod";
import { writeScore } from "./axis.tsx";

const leftOut = z.object({ without: z.string(), degrees: z.number() });
const reportSchema = z.object({
  verbs: z.number(),
  templates: z.number(),
  ratios: z.array(z.number()),
  good: z.number(),
  bad: z.number(),
  auc: z.array(z.number()),
  normPhrase: z.string(),
  stability: z.object({ verbs: z.array(leftOut), templates: z.array(leftOut) }),
  warnings: z.array(z.string()),
});
type Report = z.infer<typeof reportSchema>;

/** What a run of `moral fit` leaves in its folder. */
export const fitFiles = { direction: "direction.json", report: "report.json" } as const;

export async function readFitReport(folder: string): Promise<Report> {
  return reportSchema.parse(JSON.parse(await readFile(join(folder, fitFiles.report), "utf8")));
}

/** How far the direction can be trusted, before anything is rated by it. */
export function FitNumbers({ report }: { report: Report }) {
  const { ratios, good, bad, auc, normPhrase, stability, warnings } = report;
  const farthest = [...stability.verbs, ...stability.templates].toSorted((a, b) => b.degrees - a.degrees)[0];
  const metrics = [
    ["first component", writeShare(ratios[0]), `of the variance; the second has ${writeShare(ratios[1])}`],
    ["good from bad", auc[0]?.toFixed(3) ?? "–", "the probability that a good verb scores above a bad one (AUC)"],
    ["good verbs", writeScore(good), "their mean score"],
    ["bad verbs", writeScore(bad), `theirs; “${normPhrase}” is ±1 by construction`],
    [
      "most turned",
      `${farthest?.degrees.toFixed(1) ?? "–"}°`,
      farthest === undefined ? "" : `without “${farthest.without}”, the verb or question that it hangs on most`,
    ],
  ] as const;
  return (
    <>
      <h2>The direction</h2>
      <dl class="metrics">
        {metrics.map(([name, value, meaning]) => (
          <div>
            <dt>{name}</dt>
            <dd class="metric-value">{value}</dd>
            <dd class="metric-meaning">{meaning}</dd>
          </div>
        ))}
      </dl>
      {warnings.map((warning) => (
        <p class="problems">{warning.charAt(0).toUpperCase() + warning.slice(1)}.</p>
      ))}
    </>
  );
}

/** The verbs on two components, and the phrases in their order. */
export async function FitPictures({ folder }: { folder: string }) {
  const { rankedPhrases, readDirection, scoreOfPlaced, verbScatter } = await import("@offprint/moral-direction");
  const direction = await readDirection(folder);
  const phrases = direction.contexts.map((placed) => ({ name: placed.text, score: scoreOfPlaced(direction, placed) }));
  const [verbs, ranked] = await Promise.all([
    verbScatter({ id: "verbs", direction, width: 460 }),
    rankedPhrases({ id: "phrases", phrases, width: 460 }),
  ]);
  return (
    <div class="pictures">
      <div>{raw(verbs)}</div>
      <div>{raw(ranked)}</div>
    </div>
  );
}

/** The verbs alone. */
export async function VerbPicture({ folder }: { folder: string }) {
  const { readDirection, verbScatter } = await import("@offprint/moral-direction");
  const direction = await readDirection(folder);
  return <>{raw(await verbScatter({ id: "portrait", direction, width: 460 }))}</>;
}

function writeShare(share: number | undefined): string {
  return share === undefined ? "–" : `${(100 * share).toFixed(1)}\u202F%`;
}
