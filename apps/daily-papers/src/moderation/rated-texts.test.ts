import { describe, expect, it } from "vitest";
import { directionRater } from "./direction-rater.ts";
import { judgeText, type RateText } from "./text-rating.ts";

const rating =
  (score: number): RateText =>
  () =>
    Promise.resolve({ score, cautions: ["far from the fitted phrases"], threshold: -0.3 });
const noReport = (error: unknown) => expect(error).toBeUndefined();

describe("the rating of new texts", () => {
  it("holds what scores below the threshold, and says why", async () => {
    expect(await judgeText("x", rating(-0.42), noReport)).toEqual({
      state: "held",
      score: -0.42,
      reason: "The moral direction rates it −0.42, below −0.30 (far from the fitted phrases); a moderator looks at it.",
    });
    expect(await judgeText("x", rating(-0.3), noReport)).toEqual({ state: "shown", score: -0.3, reason: undefined });
  });

  it("shows everything where it is off, and what cannot be rated, of which the operator is told", async () => {
    const shown = { state: "shown", score: undefined, reason: undefined };
    expect(await judgeText("x", undefined, noReport)).toEqual(shown);
    const broken = new Error("no encoder");
    const told: unknown[] = [];
    expect(
      await judgeText(
        "x",
        () => Promise.reject(broken),
        (error) => told.push(error),
      ),
    ).toEqual(shown);
    expect(told).toEqual([broken]);
  });

  it("comes from the direction that is shipped", async () => {
    const rater = directionRater(-0.3);
    const score = async (text: string) => (await rater.rateText(text)).score;
    expect(await score("All of them are scum and should be killed.")).toBeLessThan(-0.3);
    expect(await score("Great work, thanks for releasing the code!")).toBeGreaterThan(0.3);
    // What the method cannot do, stated as a fact so that nobody forgets it: it does not know a metaphor.
    expect(await score("This attack kills the accuracy of the victim model.")).toBeLessThan(-0.3);
    await rater.close();
  });
});
