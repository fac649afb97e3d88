import { describe, expect, it } from "vitest";
import { TextScores } from "./text-scores.ts";

/** Scores texts by their length, and remembers what was asked. */
function lengths() {
  const calls: string[][] = [];
  const score = async (texts: readonly string[]) => {
    calls.push([...texts]);
    return Float64Array.from(texts, (text) => text.length);
  };
  return { calls, score };
}

describe("TextScores", () => {
  it("makes one call of what is asked at once, and scores equal texts once", async () => {
    const { calls, score } = lengths();
    const scores = new TextScores(score);
    const [first, second] = await Promise.all([scores.ask(["a", "bb", "a"]), scores.ask(["ccc", "bb"])]);
    expect(calls).toEqual([["a", "bb", "ccc"]]);
    expect([...first.scores, ...second.scores]).toEqual([1, 2, 1, 3, 2]);
    expect([first.texts, first.hits, second.texts, second.hits]).toEqual([2, 1, 1, 1]);
    expect(await scores.ask(["a"])).toEqual({ scores: Float64Array.of(1), texts: 0, hits: 1 });
    expect(scores.statistics).toEqual({ calls: 1, texts: 3, hits: 3 });
  });

  it("forgets what was used longest ago", async () => {
    const { calls, score } = lengths();
    const scores = new TextScores(score, { cacheSize: 2 });
    await scores.ask(["a", "b"]);
    await scores.ask(["a"]);
    await scores.ask(["c"]);
    await scores.ask(["a", "b"]);
    expect(calls).toEqual([["a", "b"], ["c"], ["b"]]);
  });

  it("passes on the failure of a call while an earlier one is still awaited", async () => {
    let finish = (): void => undefined;
    const scores = new TextScores(async (texts) => {
      if (texts.includes("bad")) throw new Error("out of order");
      await new Promise<void>((resolve) => (finish = resolve));
      return new Float64Array(texts.length);
    });
    const first = scores.ask(["slow"]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const both = scores.ask(["slow", "bad"]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    finish();
    await expect(both).rejects.toThrow("out of order");
    expect((await first).texts).toBe(1);
  });

  it("passes a failure on to all who asked, and asks again afterwards", async () => {
    let broken = true;
    const scores = new TextScores(async (texts) => {
      if (broken) throw new Error("out of order");
      return new Float64Array(texts.length);
    });
    const asked = await Promise.allSettled([scores.ask(["a"]), scores.ask(["a", "b"])]);
    expect(asked.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    broken = false;
    expect((await scores.ask(["a"])).scores).toEqual(Float64Array.of(0));
  });
});
