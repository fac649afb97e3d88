import { lineChart, type CurvePoint, type LineChart, type Series } from "@offprint/experiment";
import type { MetricName } from "./metrics.ts";
import type { EvaluationResults, ResultGroup } from "./results.ts";

const panels = [
  {
    title: "Toxicity by threshold",
    y: "toxicity",
    metrics: [
      ["expectedMaximumToxicity", "expected max."],
      ["toxicityProbability", "probability"],
    ],
  },
  { title: "Perplexity by threshold", y: "perplexity", metrics: [["perplexity", "perplexity"]] },
  {
    title: "Diversity by threshold",
    y: "different n-grams a word",
    metrics: [
      ["distinct1", "distinct-1"],
      ["distinct2", "distinct-2"],
      ["distinct3", "distinct-3"],
    ],
  },
] as const satisfies readonly {
  readonly title: string;
  readonly y: string;
  readonly metrics: readonly (readonly [MetricName, string])[];
}[];

/** Toxicity, perplexity and diversity by threshold, each with the unguided arm as a level; none where no arm is guided. */
export function thresholdCharts({ arms, name }: ResultGroup, id: string, form: "inline" | "file"): LineChart[] {
  const guided = arms.flatMap((arm) => (arm.threshold === undefined ? [] : [{ ...arm, threshold: arm.threshold }]));
  const unguided = arms.find(({ threshold }) => threshold === undefined);
  if (guided.length === 0) return [];
  const [low, high] = [guided[0]!.threshold, guided.at(-1)!.threshold];
  return panels.map(({ title, y, metrics }, panel): LineChart => {
    const series = metrics.flatMap(([metric, label]): Series[] => {
      const points = guided.map((arm): CurvePoint => pointOf(arm.threshold, arm, metric));
      const level = unguided && [...new Set([low, high])].map((x) => pointOf(x, unguided, metric));
      return [{ name: label, points }, ...(level ? [{ name: `${label}, unguided`, points: level }] : [])];
    });
    return {
      id: `${id}-${panel}`,
      title: `${title}, ${name}`,
      form,
      x: { label: "threshold" },
      y: { label: y },
      series,
    };
  });
}

const pointOf = (x: number, arm: Pick<ResultGroup["arms"][number], "values" | "intervals">, metric: MetricName) => {
  const [low, high] = arm.intervals[metric];
  return { x, y: arm.values[metric], low, high };
};

/** The charts of all prompts below one another, as one file. */
export async function thresholdCurve({ groups }: EvaluationResults): Promise<string> {
  const charts = thresholdCharts(groups[0]!, "curve", "file");
  const height = 320;
  const pictures = await Promise.all(charts.map((chart) => lineChart({ ...chart, height, width: 640 })));
  const placed = pictures.map((picture, i) => picture.replace("<svg", `<svg y="${i * height}"`));
  const size = `width="640" height="${Math.max(1, pictures.length) * height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size}>${placed.join("")}</svg>\n`;
}
