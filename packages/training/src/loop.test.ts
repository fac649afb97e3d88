import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { checkpointNames } from "./checkpoint.ts";
import { SelectionMetricError } from "./early-stopping.ts";
import { InvalidOptionError } from "./errors.ts";
import type { TrainingEvent } from "./events.ts";
import { train } from "./loop.ts";
import { collect, ofType, options, toyTraining, type Options } from "./testing.ts";
import { TrainingDivergedError } from "./training-run.ts";

let directory: string;
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), "loop-"))));
afterEach(() => rm(directory, { recursive: true, force: true }));

describe("train", () => {
  it("tells the first, every n-th and the last step, and has the loss computed for those alone", async () => {
    const toy = toyTraining();
    const events = await collect(train(options(toy, { logEvery: 6 })));
    expect(ofType(events, "step").map(({ step }) => step)).toEqual([1, 6, 12, 18, 20]);
    expect(ofType(events, "step").map(({ epoch }) => epoch)).toEqual([0, 0, 1, 2, 2]);
    expect(events.at(-1)).toEqual({ type: "finished", step: 20, reason: "completed" });
    expect(toy.outputs.flatMap((names, i) => (names.length > 0 ? [i + 1] : []))).toEqual([1, 6, 12, 18, 20]);
    expect(await readdir(directory)).toEqual([]);
  });

  it("feeds each update the learning rate of its step, counted from 0", async () => {
    const asked: number[] = [];
    const learningRate = (step: number): number => 1 / (asked.push(step) + 1);
    const events = await collect(train(options(toyTraining(), { learningRate, totalSteps: 3, logEvery: 1 })));
    expect(asked).toEqual([0, 1, 2]);
    expect(ofType(events, "step").map((event) => event.learningRate)).toEqual([1 / 2, 1 / 3, 1 / 4]);
  });

  it("evaluates every n steps and at the end", async () => {
    const run = vi.fn((step: number) => Promise.resolve({ score: step }));
    const events = await collect(train(options(toyTraining(), { evaluation: { every: 8, run } })));
    expect(run.mock.calls.map(([step]) => step)).toEqual([8, 16, 20]);
    expect(ofType(events, "evaluation").map(({ metrics }) => metrics)).toEqual([
      { score: 8 },
      { score: 16 },
      { score: 20 },
    ]);
    expect(ofType(events, "evaluation").every((event) => !("improved" in event))).toBe(true);
  });

  it("tells pace and time left from the clock, evaluations excluded from the pace", async () => {
    let time = 0;
    const toy = toyTraining();
    const slow = {
      run: (...given: Parameters<ReturnType<typeof toy.program>["run"]>) => (
        (time += 500),
        toy.program().run(...given)
      ),
    };
    const evaluation = { every: 4, run: () => Promise.resolve({ score: (time += 10_000) }) };
    const events = await collect(
      train(options(toy, { program: () => slow, logEvery: 4, totalSteps: 16, evaluation, now: () => time })),
    );
    const steps = ofType(events, "step");
    expect(steps.map(({ rate }) => rate)).toEqual([2, 2, 2, 2, 2]);
    expect(steps.map(({ secondsLeft }) => secondsLeft)).toEqual([7.5, 6, 14, (26 / 12) * 4, 0]);
  });

  it("keeps a checkpoint every n steps, and at the end", async () => {
    const checkpoints = { directory, everySteps: 6 };
    const events = await collect(train(options(toyTraining(), { checkpoints })));
    expect(ofType(events, "checkpoint").map(({ step, name }) => [step, name])).toEqual([
      [6, "checkpoint-00000001"],
      [12, "checkpoint-00000002"],
      [18, "checkpoint-00000003"],
      [20, "checkpoint-00000004"],
    ]);
    expect(await checkpointNames(directory)).toEqual(["checkpoint-00000004", "checkpoint-00000003"]);
  });

  it("keeps a checkpoint every n seconds", async () => {
    let time = 0;
    const checkpoints = { directory, everySeconds: 5 };
    const events = await collect(
      train(options(toyTraining(), { checkpoints, totalSteps: 9, now: () => (time += 1000) })),
    );
    const steps = ofType(events, "checkpoint").map(({ step }) => step);
    expect(steps.length).toBeGreaterThan(1);
    expect(steps.at(-1)).toBe(9);
  });
});

describe("selection", () => {
  const scores = [0.1, 0.5, 0.3, 0.5, 0.2, 0.9];
  const evaluation = (
    selectBy: { metric: string; mode?: "max" | "min"; patience?: number },
    weights: number[] = [],
    toy = toyTraining(),
  ) => ({
    toy,
    evaluation: {
      every: 2,
      selectBy,
      run: (step: number) => {
        weights.push(toy.weight());
        return Promise.resolve({ score: scores[step / 2 - 1] ?? 0, other: NaN });
      },
    },
  });

  it("stops when nothing improves for long enough, and puts the best state back", async () => {
    const weights: number[] = [];
    const { toy, evaluation: judged } = evaluation({ metric: "score", patience: 3 }, weights);
    const events = await collect(train(options(toy, { evaluation: judged, checkpoints: { directory } })));
    expect(ofType(events, "evaluation").map(({ improved }) => improved)).toEqual([true, true, false, false, false]);
    expect(events.at(-1)).toMatchObject({
      step: 10,
      reason: "stopped early",
      best: { step: 4, metrics: { score: 0.5 } },
    });
    expect(toy.weight()).toBe(weights[1]);
  });

  it("goes by the least where less is better", async () => {
    const { toy, evaluation: judged } = evaluation({ metric: "score", mode: "min" });
    const events = await collect(
      train(options(toy, { evaluation: judged, totalSteps: 12, checkpoints: { directory } })),
    );
    expect(events.at(-1)).toMatchObject({ reason: "completed", best: { step: 2, metrics: { score: 0.1 } } });
  });

  it("keeps the best on disk however many checkpoints follow", async () => {
    const { toy, evaluation: judged } = evaluation({ metric: "score" });
    const checkpoints = { directory, everySteps: 1, keep: 1 };
    await collect(train(options(toy, { evaluation: judged, totalSteps: 10, checkpoints })));
    const names = await checkpointNames(directory);
    expect(names).toHaveLength(2); // the last, and the best of step 4
    expect(names[1]).toBe("checkpoint-00000004");
  });

  it("refuses a metric that is missing or not finite", async () => {
    for (const metric of ["mrr", "other"]) {
      const { toy, evaluation: judged } = evaluation({ metric });
      const run = collect(
        train(options(toy, { evaluation: judged, checkpoints: { directory: join(directory, metric) } })),
      );
      await expect(run).rejects.toThrow(SelectionMetricError);
    }
  });

  it("needs a place for the best state", async () => {
    const { toy, evaluation: judged } = evaluation({ metric: "score" });
    await expect(collect(train(options(toy, { evaluation: judged })))).rejects.toThrow(InvalidOptionError);
  });
});

describe("trouble", () => {
  it("stops at the signal after the update in hand, with a checkpoint", async () => {
    const controller = new AbortController();
    const signalled = train(
      options(toyTraining(), { logEvery: 1, signal: controller.signal, checkpoints: { directory } }),
    );
    const events: TrainingEvent[] = [];
    for await (const event of signalled) {
      events.push(event);
      if (event.step === 3) controller.abort();
    }
    expect(events.slice(-3)).toMatchObject([
      { type: "step", step: 3 },
      { type: "checkpoint", step: 3 },
      { type: "finished", step: 3, reason: "cancelled" },
    ]);
  });

  it("does nothing under a signal given before the start", async () => {
    const events = await collect(
      train(options(toyTraining(), { signal: AbortSignal.abort(), checkpoints: { directory } })),
    );
    expect(events).toEqual([{ type: "finished", step: 0, reason: "cancelled" }]);
    expect(await readdir(directory)).toEqual([]);
  });

  it("names the step whose loss is not finite, and what to try", async () => {
    const toy = toyTraining();
    const run = collect(train(options(toy, { learningRate: () => 1e30, logEvery: 2 })));
    await expect(run).rejects.toThrow(TrainingDivergedError);
    await expect(collect(train(options(toyTraining(NaN))))).rejects.toMatchObject({
      code: "TRAINING_DIVERGED",
      step: 1,
    });
    await expect(collect(train(options(toyTraining(NaN))))).rejects.toThrow(
      /step 1: the loss is NaN.*lower learning rate/,
    );
  });

  it("never writes a checkpoint of a state that is not finite", async () => {
    const toy = toyTraining();
    const checkpoints = { directory, everySteps: 3, keep: 9 };
    const run = collect(train(options(toy, { learningRate: (step) => (step < 8 ? 0.1 : Infinity), checkpoints })));
    await expect(run).rejects.toThrow(/step 9: the state "w" holds values that are not finite/);
    expect(await readdir(directory)).toEqual(["checkpoint-00000001", "checkpoint-00000002"].toSorted());
  });

  it.each<Partial<Options>>([
    { totalSteps: 0 },
    { totalSteps: NaN },
    { logEvery: 0.5 },
    { evaluation: { every: 0, run: () => Promise.resolve({}) } },
    { checkpoints: { directory: "x", everySteps: 0 } },
    { checkpoints: { directory: "x", everySeconds: NaN } },
  ])("refuses the options %j", async (wrong) => {
    await expect(collect(train(options(toyTraining(), wrong)))).rejects.toThrow(InvalidOptionError);
  });
});
