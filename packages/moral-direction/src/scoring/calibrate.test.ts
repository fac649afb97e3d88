import { describe, expect, it } from "vitest";
import type { LabelledText } from "../data/labelled-texts.ts";
import { CalibrationDataError } from "../errors.ts";
import { calibrate } from "./calibrate.ts";
import type { PhraseScorer } from "./scorer.ts";

/** Scores are written in the texts; toxic ones are lower by 1 on average. */
const texts: LabelledText[] = Array.from({ length: 400 }, (_, index) => {
  const toxic = index % 4 === 0;
  return { text: `${(((index * 7919) % 400) / 200 - 1 - (toxic ? 1 : 0)).toFixed(4)} ${index}`, toxic };
});
const asked: string[][] = [];
const reader: PhraseScorer = {
  score(given) {
    asked.push([...given]);
    return Promise.resolve(given.map((text) => ({ text, score: Number(text.split(" ")[0]), cautions: [] })));
  },
};
const of = { encoder: "toy", form: "phrase" } as const;

describe("calibration", () => {
  it("chooses on one half and judges on the other, keeping to the rate within its interval", async () => {
    const { threshold, judged, chosenOn } = await calibrate(reader, texts, {
      objective: { falsePositiveRate: 0.2 },
      ...of,
    });
    const [chosen = [], used = []] = asked;
    expect(new Set([...chosen, ...used]).size).toBe(400);
    expect(chosen.length).toBe(200);
    expect(chosenOn.falsePositive).toBeLessThanOrEqual(0.2);
    expect(judged.falsePositive.interval[0]).toBeLessThan(0.2);
    expect(judged.falsePositive.interval[1]).toBeGreaterThan(0.2 * 0.6);
    expect(threshold).toBeGreaterThan(-0.8);
    expect(threshold).toBeLessThan(-0.4);
    expect(judged.auc.share).toBeCloseTo(0.875, 1); // of two uniforms of width 2, one apart
  });

  it("comes out the same with the same seed, and keeps equal texts in one half", async () => {
    const run = (seed: number) => calibrate(reader, [...texts, ...texts], { objective: "youden", seed, ...of });
    const [one, again, other] = [await run(1), await run(1), await run(2)];
    expect(again).toEqual(one);
    expect(other.judged).not.toEqual(one.judged);
    expect(one.judged.auc.n).toBe(200);
  });

  it("refuses texts of one kind only", async () => {
    const clean = texts.filter(({ toxic }) => !toxic);
    await expect(calibrate(reader, clean, { objective: "youden", ...of })).rejects.toThrow(CalibrationDataError);
    await expect(calibrate(reader, clean, { objective: "youden", ...of })).rejects.toThrow(
      /20 different toxic texts, 0 came/,
    );
  });
});
