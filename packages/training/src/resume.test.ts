import { mkdtemp, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  add,
  compile,
  createResident,
  float32,
  gather,
  hostTensor,
  int32,
  matmul,
  mul,
  sigmoid,
  sub,
  sum,
  valueAndGrad,
  type HostTensor,
} from "@offprint/tensor";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EpochBatches } from "./batches.ts";
import type { TrainingEvent } from "./events.ts";
import { train } from "./loop.ts";
import { adamw } from "./optimizers/adamw.ts";
import { RandomStream } from "./random.ts";
import { schedule } from "./schedules.ts";
import type { EvaluationOptions } from "./training-options.ts";
import { collect, ofType, options, toyTraining, type ToyTraining } from "./testing.ts";

let directory: string;
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), "resume-"))));
afterEach(() => rm(directory, { recursive: true, force: true }));

const long = { totalSteps: 60, logEvery: 1, learningRate: (step: number): number => 0.3 * 0.97 ** step };

/** Best where the weight is 3; gives up after four evaluations without a better one. */
const nearThree = ({ weight }: ToyTraining): EvaluationOptions => ({
  every: 7,
  run: () => Promise.resolve({ score: -Math.abs(weight() - 3) }),
  selectBy: { metric: "score", patience: 4 },
});

/** Events without what may differ: pace, and which checkpoint holds a state. */
const comparable = (events: readonly TrainingEvent[]): string =>
  JSON.stringify(events.filter(({ type }) => type !== "checkpoint" && type !== "resumed"))
    .replaceAll(/"(rate|secondsLeft)":[^,}]+/g, "")
    .replaceAll(/checkpoint-\d+/g, "");

describe("resuming", () => {
  it.each([6, 7, 17, 59])(
    "gives the events and bytes of a run that never broke off, after event %s",
    async (broken) => {
      const straight = toyTraining();
      const whole = { ...long, evaluation: nearThree(straight), checkpoints: { directory: join(directory, "a") } };
      const expected = await collect(train(options(straight, whole)));

      const checkpoints = { directory: join(directory, "b"), everySteps: 5, resume: true };
      const first = toyTraining();
      let seen = 0;
      const part = train(options(first, { ...long, evaluation: nearThree(first), checkpoints }));
      const before = await collect(part, () => ++seen >= broken);
      const second = toyTraining(123);
      const after = await collect(train(options(second, { ...long, evaluation: nearThree(second), checkpoints })));

      const resumedAt = ofType(after, "resumed")[0]?.step ?? 0;
      const kept = before.filter((event) => event.step <= resumedAt);
      const anew = after.filter((event) => !kept.some((old) => old.type === event.type && old.step === event.step));
      expect(comparable([...kept, ...anew])).toBe(comparable(expected));
      expect(second.values).toEqual(straight.values);
    },
  );

  it("does an evaluation again that a signal broke off", async () => {
    const controller = new AbortController();
    const checkpoints = { directory, resume: true };
    const broken = {
      every: 5,
      run: () => {
        controller.abort();
        return Promise.reject(new Error("aborted"));
      },
    };
    const events = await collect(
      train(options(toyTraining(), { checkpoints, evaluation: broken, signal: controller.signal })),
    );
    expect(events.slice(-2)).toMatchObject([
      { type: "checkpoint", step: 5 },
      { type: "finished", reason: "cancelled" },
    ]);
    const run = vi.fn((step: number) => Promise.resolve({ score: step }));
    const resumed = await collect(train(options(toyTraining(), { checkpoints, evaluation: { every: 5, run } })));
    expect(resumed[0]).toMatchObject({ type: "resumed", step: 5 });
    expect(run.mock.calls.map(([step]) => step)).toEqual([5, 10, 15, 20]);
  });

  it("starts anew where there is no checkpoint yet", async () => {
    const events = await collect(train(options(toyTraining(), { checkpoints: { directory, resume: true } })));
    expect(events[0]).toMatchObject({ type: "step", step: 1 });
  });

  it("has nothing left to do after the end", async () => {
    const checkpoints = { directory, resume: true };
    const first = toyTraining();
    await collect(train(options(first, { checkpoints })));
    const second = toyTraining(9);
    const events = await collect(train(options(second, { checkpoints })));
    expect(events.map(({ type }) => type)).toEqual(["resumed", "finished"]);
    expect(second.values).toEqual(first.values);
  });

  it("passes over a damaged checkpoint and says so", async () => {
    const checkpoints = { directory, resume: true, everySteps: 5 };
    await collect(train(options(toyTraining(), { checkpoints, totalSteps: 10 })));
    await truncate(join(directory, "checkpoint-00000002", "state.safetensors"), 20);
    const [resumed] = await collect(train(options(toyTraining(), { checkpoints })));
    expect(resumed).toMatchObject({ type: "resumed", step: 5, checkpoint: "checkpoint-00000001" });
    expect(resumed).toHaveProperty("damaged", [expect.stringContaining("state.safetensors differs from its checksum")]);
  });

  it("refuses the state of another model", async () => {
    const checkpoints = { directory, resume: true };
    await collect(train(options(toyTraining(), { checkpoints, totalSteps: 1 })));
    const other = toyTraining();
    other.state.slots.set("w", { spec: { dtype: "float32", shape: [2] } });
    await expect(collect(train(options(other, { checkpoints })))).rejects.toMatchObject({
      code: "STATE_MISMATCH",
      leaf: "w",
    });
    other.state.slots.delete("w");
    await expect(collect(train(options(other, { checkpoints })))).rejects.toThrow(/"w" is not in the program/);
  });

  it("is asked for when a directory holds an earlier run", async () => {
    await collect(train(options(toyTraining(), { checkpoints: { directory } })));
    await expect(collect(train(options(toyTraining(), { checkpoints: { directory } })))).rejects.toThrow(
      /holds an earlier run/,
    );
  });
});

const losses = (events: readonly TrainingEvent[]): number[][] =>
  ofType(events, "step").map(({ step, loss }) => [step, loss]);

describe("resuming in the engine", () => {
  const examples = 101;
  const width = 16;
  const inputs = RandomStream.create(0, "data").fillNormal(new Float32Array(examples * width));

  /** A layer with an embedding, trained by AdamW on batches of 8, the last of an epoch smaller. */
  async function realTraining(
    totalSteps: number,
    checkpoints: { directory: string; everySteps: number; resume: boolean },
  ) {
    const init = RandomStream.create(5, "init");
    const draw = (...shape: number[]): HostTensor =>
      hostTensor(init.fillUniform(new Float32Array(shape.reduce((a, b) => a * b)), -0.3, 0.3), shape);
    const params = { table: draw(examples, width), weight: draw(width, width) };
    const optimizer = adamw();
    const memory = optimizer.init(params) as { readonly [key: string]: HostTensor };
    const state = await createResident({ params, memory });
    const stepOf = (size: number) =>
      compile({
        state,
        inputs: { rows: int32([size]), x: float32([size, width]), learningRate: float32([]) },
        run: ({ state: now, inputs: { rows, x, learningRate } }) => {
          const { value: loss, grads } = valueAndGrad(({ table, weight }: typeof now.params) => {
            const error = sub(sigmoid(matmul(x, weight)), gather(table, rows));
            return mul(sum(add(mul(error, error), 1e-3)), 1 / size);
          })(now.params);
          const updated = optimizer.update(grads, now.memory, now.params, { learningRate });
          return { state: { params: updated.params, memory: updated.state }, outputs: { loss } };
        },
      });
    const programs = { 8: await stepOf(8), 5: await stepOf(examples % 8) };
    const order = new EpochBatches({ count: examples, batchSize: 8, seed: 5 });
    const events = train({
      state,
      program: ({ size }) => (size === 8 ? programs[8] : programs[5]),
      batches: {
        next: () => {
          const { epoch, indices } = order.next();
          const x = Float32Array.from(
            [...indices].flatMap((row) => [...inputs.subarray(row * width, (row + 1) * width)]),
          );
          return { epoch, size: indices.length, inputs: { rows: indices, x } };
        },
        getState: () => order.getState(),
        setState: (position) => order.setState(position),
      },
      learningRate: schedule({ kind: "cosine", learningRate: 0.05, totalSteps: 200, warmupSteps: 20 }),
      totalSteps,
      logEvery: 10,
      checkpoints,
    });
    const dispose = async (): Promise<void> => {
      await programs[8].dispose();
      await programs[5].dispose();
      state.dispose();
    };
    return { events, state, dispose };
  }

  it("gives the same bytes of weights and optimiser, and the same losses, as 200 steps in one go", async () => {
    const straight = await realTraining(200, { directory: join(directory, "a"), everySteps: 50, resume: false });
    const expected = await collect(straight.events);
    const broken = await realTraining(200, { directory: join(directory, "b"), everySteps: 50, resume: false });
    const before = await collect(broken.events, ({ step }) => step === 130); // as a kill after the checkpoint of step 100
    const resumed = await realTraining(200, { directory: join(directory, "b"), everySteps: 50, resume: true });
    const after = await collect(resumed.events);
    expect(after[0]).toMatchObject({ type: "resumed", step: 100 });
    expect([...losses(before).filter(([step = NaN]) => step <= 100), ...losses(after)].slice(-20)).toEqual(
      losses(expected).slice(-20),
    );
    expect(losses(expected).at(-1)?.[1]).toBeLessThan(0.5 * (losses(expected)[0]?.[1] ?? NaN));
    expect(await resumed.state.readAll()).toEqual(await straight.state.readAll());
    for (const training of [straight, broken, resumed]) await training.dispose();
  });
});
