import type { HostTensor } from "@offprint/tensor";
import { adamw } from "@offprint/training";
import { describe, expect, it } from "vitest";
import { expectClose } from "../testing/expect-close.ts";
import { golden, goldenTensor, shiftedLabels } from "../testing/longlora-golden.ts";
import { fineTuneConfig } from "./config.ts";
import { scheduleOf } from "./settings.ts";
import { compileStep, type StepSettings } from "./step-program.ts";
import { goldenSettings, goldenState } from "./testing.ts";

const kinds = { full: "full", paper: "paper-wrap", noleak: "s2" } as const;
const ids = Int32Array.from(golden.input_ids.flat());
const labels = shiftedLabels(golden.input_ids);

describe("five updates of the golden model", () => {
  it.each(
    golden.adamw.map((run) => [`${run.mode}, decay ${run.weight_decay}, clip ${run.clip_grad_norm}`, run] as const),
  )("go as AdamW's go: %s", async (_name, run) => {
    const [beta1, beta2] = run.betas;
    const settings: StepSettings = {
      ...goldenSettings,
      attention: { kind: kinds[run.mode], group: golden.config.group_size },
      optimizer: adamw({ beta1, beta2, epsilon: run.eps, weightDecay: run.weight_decay }),
      clip: run.clip_grad_norm ?? undefined,
    };
    const state = await goldenState(settings);
    const program = await compileStep(state, settings, { rows: 2, length: 16, documents: false });
    const scale = Float32Array.of(1 / 30);
    const learningRate = Float32Array.of(run.lr);
    for (const [step, wanted] of run.losses_before_each_step.entries()) {
      const { loss, gradientNorm } = await program.run({ ids, labels, scale, learningRate });
      expect(Math.abs(Number(loss.data[0]) - wanted)).toBeLessThan(2e-4);
      expect(Number(gradientNorm.data[0])).toBeCloseTo(run.grad_norm_before_clip[step] ?? NaN, 3);
      if (step > 0) continue;
      const params = (await state.read("params")) as Record<string, HostTensor>;
      for (const [name, after] of Object.entries(run.params_after_step_1)) {
        const [tensor = "", rows] = name.split(/\[0:(\d+)\]/); // "….weight[0:3]": its first three rows
        expectClose(firstRows(params[tensor]!, rows), goldenTensor(after), name, 1e-4, 3e-5);
      }
    }
    await program.dispose();
    state.dispose();
  });
});

function firstRows(tensor: HostTensor, rows: string | undefined): HostTensor {
  if (rows === undefined) return tensor;
  const shape = tensor.shape.with(0, Number(rows));
  return {
    ...tensor,
    shape,
    data: (tensor.data as Float32Array).slice(
      0,
      shape.reduce((size, n) => size * n, 1),
    ),
  };
}

describe("the learning rate", () => {
  const { base_lr: learningRate, warmup_steps: warmup, total_steps: steps } = golden.lr_schedules;
  const config = fineTuneConfig.parse({ model: "m", context: 8, learningRate, warmup, steps });

  it.each([
    ["constant", golden.lr_schedules.constant_with_warmup],
    ["linear", golden.lr_schedules.linear],
    ["cosine", golden.lr_schedules.cosine],
  ] as const)("is Hugging Face's %s one, whose warm-up begins one update earlier, at 0", (schedule, wanted) => {
    const rate = scheduleOf({ ...config, schedule });
    for (const [i, step] of golden.lr_schedules.steps.entries()) {
      if (step === 0) continue;
      expect(rate(step <= warmup ? step - 1 : step) / learningRate).toBeCloseTo((wanted[i] ?? NaN) / learningRate, 8);
    }
  });

  it("leaves a falling schedule time to fall", () => {
    expect(() => scheduleOf({ ...config, schedule: "linear", warmup: 1000 })).toThrow(/warm-up of 1000.*none of 1000/);
  });
});
