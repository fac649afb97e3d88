import { mul, sub, type HostTensor, type Tensor } from "@offprint/tensor";
import { RandomStream } from "@offprint/training";
import { describe, expect, it } from "vitest";
import { TokenBatches } from "../data/batches.ts";
import { supervisedRows, type SupervisedSample } from "../data/supervised.ts";
import { IGNORED, type TokenRows } from "../data/token-rows.ts";
import { goldenLora } from "../testing/longlora-golden.ts";
import { StepBatches, type StepBatch } from "./step-batches.ts";
import { compileStep, noiseSizes, type StepSettings } from "./step-program.ts";
import { createStepper } from "./stepper.ts";
import { goldenSettings, goldenState } from "./testing.ts";

/** Rows of random tokens, of which fewer and fewer are supervised. */
const rows: TokenRows = {
  count: 8,
  length: 24,
  padding: 0,
  lengthOf: () => 24,
  mixed: (row) => row % 2 === 1,
  write(row, ids, labels, documents) {
    const stream = RandomStream.create(row, "tokens");
    for (let i = 0; i < 24; i++) ids[i] = stream.integer(61);
    for (let i = 0; i < 23; i++) labels[i] = i % (row + 1) === 0 ? (ids[i + 1] ?? 0) : IGNORED;
    if (row % 2 === 1) documents?.fill(1, 9);
  },
};

const steps = (batchSize: number, accumulate: number, settings = goldenSettings): StepBatches =>
  new StepBatches(new TokenBatches(rows, { batchSize, seed: 3, shuffle: false }), {
    accumulate,
    seed: 3,
    noise: (tokens) => noiseSizes(settings, tokens),
  });

/** The learned tensors after an update for each batch, and its loss. */
async function after(
  batches: readonly StepBatch[],
  settings: StepSettings,
): Promise<{ losses: number[]; params: Record<string, HostTensor> }> {
  const state = await goldenState(settings);
  const stepper = createStepper(state, settings);
  const losses: number[] = [];
  for (const batch of batches) {
    const { loss } = await stepper.stepOf(batch).run({ learningRate: Float32Array.of(0.01) }, { outputs: ["loss"] });
    losses.push(Number(loss?.data[0]));
  }
  const params = (await state.read("params")) as Record<string, HostTensor>;
  await stepper.dispose();
  state.dispose();
  return { losses, params };
}

/** The largest difference of two sets of tensors. */
function distance(left: Readonly<Record<string, HostTensor>>, right: Readonly<Record<string, HostTensor>>): number {
  let largest = 0;
  for (const [name, { data }] of Object.entries(left)) {
    for (const [i, value] of (data as Float32Array).entries()) {
      largest = Math.max(largest, Math.abs(value - Number(right[name]?.data[i])));
    }
  }
  return largest;
}

const take = (batches: StepBatches, count: number): StepBatch[] => Array.from({ length: count }, () => batches.next());

describe("an update", () => {
  it("in eight parts with different numbers of supervised tokens equals the one at once, clipped or not", async () => {
    // A gradient is compared, not Adam's step: where it is nearly zero, its sign decides about the whole step.
    const settings: StepSettings = { ...goldenSettings, clip: 0.5, optimizer: plainDescent };
    const whole = await after(take(steps(8, 1), 2), settings);
    const parts = await after(take(steps(1, 8), 2), settings);
    expect(whole.losses[0]).toBeGreaterThan(3);
    for (const [i, loss] of whole.losses.entries())
      expect(Math.abs(loss - (parts.losses[i] ?? NaN))).toBeLessThan(2e-6);
    expect(distance(whole.params, parts.params)).toBeLessThan(2e-7);
    const otherwise = await after(take(steps(1, 8), 2).map(meanOfMeans), settings);
    expect(distance(whole.params, otherwise.params)).toBeGreaterThan(1e-4); // the usual mistake shows
  });

  it("learns from rows of rounded lengths what it learns from them as long as they are", async () => {
    const samples = [5, 9, 18, 23].map((count, i): SupervisedSample => {
      const stream = RandomStream.create(i, "tokens");
      const about = { prompt: "", file: "", line: i, fullLength: count, mergedBorders: 0, asksOtherwise: false };
      const tokens = Int32Array.from({ length: count }, () => stream.integer(61));
      return { ...about, tokens, spans: [[count - 3, count]], answer: { full: 3, kept: 3 } };
    });
    const settings: StepSettings = { ...goldenSettings, optimizer: plainDescent };
    const learnt = async (bucket?: number) => {
      const batches = new TokenBatches(supervisedRows(samples, { length: 40, padding: 7, bucket }), {
        batchSize: 1,
        seed: 3,
      });
      const chosen = take(new StepBatches(batches, { accumulate: 2, seed: 3 }), 2);
      const lengths = chosen.flatMap(({ parts }) => parts.map(({ shape }) => shape.length));
      return { ...(await after(chosen, settings)), lengths: lengths.toSorted((a, b) => a - b) };
    };
    const [rounded, exact] = [await learnt(), await learnt(1)];
    expect([rounded.lengths, exact.lengths]).toEqual([
      [5, 10, 20, 25],
      [4, 8, 17, 22],
    ]);
    expect(exact.losses[0]).toBeGreaterThan(3);
    for (const [i, loss] of exact.losses.entries())
      expect(Math.abs(loss - (rounded.losses[i] ?? NaN))).toBeLessThan(2e-6);
    expect(distance(exact.params, rounded.params)).toBeLessThan(2e-7);
  });

  it("is the same with layers recomputed", async () => {
    const kept = await after(take(steps(2, 1), 3), goldenSettings);
    const again = await after(take(steps(2, 1), 3), { ...goldenSettings, recompute: true });
    expect(again.losses.map((loss) => loss.toFixed(4))).toEqual(kept.losses.map((loss) => loss.toFixed(4)));
  });

  it("multiplies nothing with frozen weights' gradients: an adapter's update is the products of both directions", async () => {
    const state = await goldenState(goldenSettings, "lora");
    const shape = { rows: 1, length: 256, documents: false };
    for (const recompute of [false, true]) {
      const settings = { ...goldenSettings, recompute };
      const program = await compileStep(state, settings, shape);
      const { flops } = program.describe(["loss"]);
      const forward = 2 * 256 * 2 * (2 * 32 * 32 + 2 * 32 * 16 + 3 * 32 * 48);
      expect(flops / forward).toBeLessThan(recompute ? 8 : 7);
      await program.dispose();
    }
    state.dispose();
  });

  it("repeats its dropout after a resume, and draws another one in the next update", async () => {
    const settings: StepSettings = { ...goldenSettings, lora: { ...goldenLora, dropout: 0.3 } };
    const batches = steps(2, 2, settings);
    const [first] = take(batches, 1);
    const position = JSON.parse(JSON.stringify(batches.getState())) as ReturnType<StepBatches["getState"]>;
    const [second] = take(batches, 1);
    const resumed = steps(2, 2, settings);
    resumed.setState(position);
    expect(take(resumed, 1)).toEqual([second]);
    const straight = await after([first!, second!], settings);
    expect(await after([first!, second!], settings)).toEqual(straight);
    const { losses } = await after(
      [first!, first!].map((batch, i) => (i === 0 ? batch : withNoiseOf(batch, second!))),
      settings,
    );
    expect(losses[1]).not.toBe(straight.losses[0]);
  });
});

const plainDescent: StepSettings["optimizer"] = {
  init: (params) => ({ gradients: params }),
  update: (grads, state, params, { learningRate }) => {
    const next = Object.entries(params).map(([name, param]) => {
      return [name, sub(param as Tensor, mul((grads as Record<string, Tensor>)[name]!, learningRate))] as const;
    });
    return { params: Object.fromEntries(next) as typeof params, state };
  },
};

/** The same step with each part scaled by its own tokens. */
function meanOfMeans(step: StepBatch): StepBatch {
  const parts = step.parts.map((part) => {
    const supervised = (part.inputs["labels"] as Int32Array).filter((label) => label >= 0).length;
    return { ...part, inputs: { ...part.inputs, scale: Float32Array.of(1 / supervised / step.parts.length) } };
  });
  return { ...step, parts };
}

const withNoiseOf = (batch: StepBatch, other: StepBatch): StepBatch => ({
  ...batch,
  parts: batch.parts.map((part, i) => {
    const { noiseRows, noiseColumns } = other.parts[i]!.inputs;
    return { ...part, inputs: { ...part.inputs, noiseRows: noiseRows!, noiseColumns: noiseColumns! } };
  }),
});
