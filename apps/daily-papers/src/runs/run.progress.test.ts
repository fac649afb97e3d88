import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../testing/sites.ts";
import { readProgress, RunProgress } from "./run.progress.ts";

const data = temporaryFolder();
afterAll(data.remove);
const time = "2026-11-23T12:00:00.000Z";
const step = (at: number, loss = 1 / at) => ({ type: "step" as const, step: at, total: 10_000, loss, time });
const judged = (at: number, mrr: number) =>
  ({ type: "evaluation", step: at, split: "valid", metrics: { mrr }, time }) as const;

describe("a run's progress", () => {
  it("keeps a curve of bounded length whose points are means of what they stand for", () => {
    const progress = new RunProgress();
    for (let at = 1; at <= 10_000; at += 1) progress.add(step(at, at % 2));
    expect(progress.losses.length).toBeLessThanOrEqual(600);
    expect(progress.losses.length).toBeGreaterThan(300);
    expect(progress.losses.every(({ y }) => Math.abs(y - 0.5) < 1e-9)).toBe(true);
    expect(progress.losses.at(-1)?.x).toBeGreaterThan(9_900);
  });

  it("forgets what a resumed run repeats", () => {
    const progress = new RunProgress();
    for (const at of [1, 2, 3, 4, 5]) progress.add(step(at));
    progress.add(judged(2, 0.1));
    progress.add(judged(4, 0.2));
    progress.add(step(3, 9));
    expect(progress.losses.map(({ x }) => x)).toEqual([1, 2, 3]);
    expect(progress.losses.at(-1)?.y).toBe(9);
    expect(progress.curve("mrr", "valid")).toEqual([{ x: 2, y: 0.1 }]);
  });

  it("knows what goes on since the last step", () => {
    const progress = new RunProgress();
    const time = new Date().toISOString();
    progress.add(step(1));
    progress.add({ type: "message", level: "info", text: "judging", time });
    progress.add({ type: "message", level: "warning", text: "odd", time });
    expect(progress.doing).toBe("judging");
    progress.add(step(2));
    expect(progress.doing).toBeUndefined();
  });

  it("leaves losses that are no numbers out of the curve", () => {
    const progress = new RunProgress();
    progress.add(step(1));
    progress.add(step(2, Number.NaN));
    expect(progress.losses).toHaveLength(1);
    expect(progress.last?.step).toBe(2);
  });

  it("is read from a file with damaged lines and half a last line", async () => {
    const path = join(data.folder, "metrics.jsonl");
    writeFileSync(path, `${JSON.stringify(step(1))}\n{"type":"step"}\nnonsense\n\n${JSON.stringify(judged(1, 0.3))}\n`);
    appendFileSync(path, '{"type":"step","step":2,"tot');
    const progress = await readProgress(path);
    expect(progress.losses).toEqual([{ x: 1, y: 1 }]);
    expect(progress.curve("mrr", "valid")).toEqual([{ x: 1, y: 0.3 }]);
    expect((await readProgress(join(data.folder, "none"))).losses).toEqual([]);
  });
});
