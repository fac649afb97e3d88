import { RandomStream } from "@offprint/training";
import type { LabelledText } from "../data/labelled-texts.ts";
import type { Form } from "../direction/direction.ts";
import { CalibrationDataError } from "../errors.ts";
import {
  areaOf,
  chooseThreshold,
  rateAtOrBelow,
  rocCurve,
  type Objective,
  type Rate,
  type RocPoint,
} from "../statistics/roc.ts";
import type { PhraseScorer } from "./scorer.ts";

/** A threshold for one encoder and one form of text, chosen on one half of the data and judged on the other. */
export interface Calibration {
  readonly encoder: string;
  readonly form: Form;
  /** Texts at or below it are the ones to remove; guidance keeps what lies above. */
  readonly threshold: number;
  readonly objective: Objective;
  /** On the half that the threshold was not chosen on. */
  readonly judged: {
    readonly falsePositive: Rate;
    readonly truePositive: Rate;
    readonly auc: Rate;
    readonly roc: readonly RocPoint[];
  };
  /** On the half that it was chosen on: better than it will be. */
  readonly chosenOn: { readonly falsePositive: number; readonly truePositive: number; readonly n: number };
}

/** Texts of a kind that make a half worth anything. */
const leastOfAKind = 10;

/**
 * Chooses a threshold from labelled texts. Equal texts stay in one half, so none is judged that was chosen on.
 * @param seed of the split. @throws {CalibrationDataError} with fewer than 20 different texts of a kind.
 */
export async function calibrate(
  scorer: PhraseScorer,
  texts: readonly LabelledText[],
  {
    objective,
    seed = 0,
    encoder,
    form,
  }: { readonly objective: Objective; readonly seed?: number; readonly encoder: string; readonly form: Form },
): Promise<Calibration> {
  const [choosing, judging] = halves(texts, seed);
  const scoresOf = async (half: readonly LabelledText[]) =>
    (await scorer.score(half.map(({ text }) => text))).map(({ score }) => score);
  const toxicOf = (half: readonly LabelledText[]) => half.map(({ toxic }) => toxic);
  const chosen = chooseThreshold(rocCurve(await scoresOf(choosing), toxicOf(choosing)), objective);
  const scores = await scoresOf(judging);
  const rateOf = (toxic: boolean) =>
    rateAtOrBelow(
      scores.filter((_, index) => judging[index]!.toxic === toxic),
      chosen.threshold,
    );
  if (!Number.isFinite(chosen.threshold))
    throw new CalibrationDataError("the rate asked for", "no threshold loses so few clean texts: allow a higher rate");
  return {
    encoder,
    form,
    threshold: chosen.threshold,
    objective,
    judged: {
      falsePositive: rateOf(false),
      truePositive: rateOf(true),
      auc: areaOf(scores, toxicOf(judging)),
      roc: rocCurve(scores, toxicOf(judging)).filter(({ threshold }) => Number.isFinite(threshold)),
    },
    chosenOn: { falsePositive: chosen.falsePositive, truePositive: chosen.truePositive, n: choosing.length },
  };
}

/** Two halves with as many toxic texts each, drawn by the seed; the first of equal texts counts. */
function halves(texts: readonly LabelledText[], seed: number): readonly [LabelledText[], LabelledText[]] {
  const distinct = [...new Map(texts.toReversed().map((one) => [one.text.trim(), one])).values()].toReversed();
  const random = RandomStream.create(seed, "halves");
  const [first, second]: [LabelledText[], LabelledText[]] = [[], []];
  for (const toxic of [true, false]) {
    const kind = distinct.filter((one) => one.toxic === toxic);
    if (kind.length < 2 * leastOfAKind)
      throw new CalibrationDataError(
        "the labelled texts",
        `wanted at least ${2 * leastOfAKind} different ${toxic ? "toxic" : "clean"} texts, ${kind.length} came: add some`,
      );
    const order = kind.map((one) => ({ one, key: random.uniform() })).toSorted((a, b) => a.key - b.key);
    for (const [index, { one }] of order.entries()) (index % 2 === 0 ? first : second).push(one);
  }
  return [first, second];
}
