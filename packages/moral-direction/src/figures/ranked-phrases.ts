import {
  finishPicture,
  fontSize,
  letterWidth,
  loadDrawing,
  plainText,
  seriesColour,
  titleHeight,
  truncate,
  type ChartFrame,
} from "@offprint/experiment";

/** A phrase and its place on the axis. */
export interface RankedPhrase {
  readonly name: string;
  readonly score: number;
  readonly interval?: readonly [low: number, high: number] | undefined;
}

/**
 * Phrases on the moral axis, the best at the top, a row each, with their intervals; after the paper's figure of phrases.
 * @returns an `<svg class="chart" role="img">` element; all text in it is escaped.
 */
export async function rankedPhrases({
  phrases,
  ...given
}: Omit<ChartFrame, "title"> & {
  readonly title?: string;
  readonly phrases: readonly RankedPhrase[];
}): Promise<string> {
  const plot = await loadDrawing();
  const frame = { title: "Phrases on the moral direction", ...given };
  const { width = 600, form } = frame;
  const ranked = phrases.filter(({ score }) => Number.isFinite(score)).toSorted((a, b) => b.score - a.score);
  const names = ranked.map(({ name }) => truncate(plainText(name), 32));
  const ends = ranked.flatMap((one) => [one.score, lowOf(one), highOf(one)]);
  const reach = Math.max(1, ...ends.map(Math.abs)) * 1.04;
  const marginTop = titleHeight(form) + 8;
  const colour = ({ score }: RankedPhrase) => seriesColour(score < 0 ? 1 : 0, form);

  const svg = plot.plot({
    document: plot.document,
    width,
    height: marginTop + 44 + Math.max(1, ranked.length) * 20,
    marginTop,
    marginBottom: 44,
    marginRight: 16,
    marginLeft: 16 + Math.ceil(Math.max(3, ...names.map((name) => name.length)) * letterWidth),
    x: { type: "linear", domain: [-reach, reach] },
    y: { type: "point", domain: [...ranked.keys()], padding: 0.5 },
    marks: [
      plot.gridX({ ticks: 5, strokeOpacity: 0.14 }),
      plot.ruleX([0], { strokeOpacity: 0.4 }),
      plot.axisX({ ticks: 5, tickSize: 0, label: "moral score", labelArrow: "none", labelOffset: 40, fontSize }),
      plot.axisY({ tickSize: 0, tickFormat: (index: number) => names[index] ?? "", label: null, fontSize }),
      plot.ruleY(ranked, { y: place, x1: lowOf, x2: highOf, stroke: "currentColor", strokeOpacity: 0.45 }),
      ...ranked.map((one, index) => plot.dot([one], { x: "score", y: () => index, r: 4, fill: colour(one) })),
      ...(ranked.length === 0 ? [plot.text(["nothing yet"], { frameAnchor: "middle", fontSize })] : []),
    ],
  });
  const list = ranked.slice(0, 20).map(({ score }, index) => `${names[index]} ${score.toFixed(2)}`);
  const rest = ranked.length > list.length ? `; ${ranked.length - list.length} more` : "";
  return finishPicture(svg, frame, `Moral scores from the best down: ${list.join("; ")}${rest}.`);
}

const place = (_: RankedPhrase, index: number) => index;
const lowOf = (phrase: RankedPhrase) => phrase.interval?.[0] ?? phrase.score;
const highOf = (phrase: RankedPhrase) => phrase.interval?.[1] ?? phrase.score;
