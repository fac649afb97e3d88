import { type ChartFrame } from "@offprint/experiment";
import type { Study } from "../data/study.ts";
import { mean } from "../direction/vectors.ts";
import { agreement } from "../statistics/agreement.ts";
import { scatter } from "./scatter.ts";

/**
 * Scores against people's answers, with the line of least squares; the items farthest from it are named.
 * @param mayName whether an item's words may be shown: a study can hold offensive ones. Default: all.
 */
export async function correlationPlot({
  study,
  scores,
  mayName = () => true,
  ...frame
}: Omit<ChartFrame, "title"> & {
  readonly study: Study;
  readonly scores: readonly number[];
  readonly mayName?: (action: string) => boolean;
}): Promise<string> {
  const human = study.items.map((item) => item.human);
  const { r, interval, n } = agreement(scores, human);
  const line = leastSquares(scores, human);
  const away = human.map((value, index) => Math.abs(value - line.intercept - line.slope * scores[index]!));
  const named = [...away.keys()]
    .filter((index) => mayName(study.items[index]!.action))
    .toSorted((a, b) => away[b]! - away[a]!)
    .slice(0, 14);
  return scatter({
    ...frame,
    title: `${study.name}: r = ${r.toFixed(3)} (95 % ${interval.map((value) => value.toFixed(3)).join(" to ")}), ${n} items`,
    x: { label: "moral score" },
    y: { label: "people's answers", unit: "−1 all no, 1 all yes" },
    groups: ["items"],
    points: study.items.map(({ action, human: y }, index) => ({ name: action, x: scores[index]!, y, group: 0 })),
    named,
    line,
  });
}

function leastSquares(x: readonly number[], y: readonly number[]): { slope: number; intercept: number } {
  const [mx, my] = [mean(x), mean(y)];
  const slope = mean(x.map((value, i) => (value - mx) * (y[i]! - my))) / mean(x.map((value) => (value - mx) ** 2));
  return { slope, intercept: my - slope * mx };
}
