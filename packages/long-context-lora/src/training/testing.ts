/** Helpers of this folder's tests: the golden two-layer model being trained. */
import { createResident, type Resident } from "@offprint/tensor";
import { adamw } from "@offprint/training";
import { trainableNames, type Method } from "../method.ts";
import { golden, goldenLora, goldenModel, goldenWeights } from "../testing/longlora-golden.ts";
import type { StepSettings, TuningTree } from "./step-program.ts";

/** LongLoRA's recipe on the golden model, leak-free. */
export const goldenSettings: StepSettings = {
  model: goldenModel,
  attention: { kind: "s2", group: golden.config.group_size },
  lora: goldenLora,
  headTrained: false,
  optimizer: adamw({ weightDecay: 0 }),
  clip: undefined,
  recompute: false,
};

/** The golden weights, adapters included, split into what a method trains and what it does not. */
export function goldenState(settings: StepSettings, method: Method = "lora+"): Promise<Resident<TuningTree>> {
  const { adapter, weights } = trainableNames(goldenModel, method, goldenLora);
  const trained = new Set([...Object.keys(adapter), ...weights]);
  const those = (wanted: boolean) =>
    Object.fromEntries(Object.entries(goldenWeights).filter(([name]) => trained.has(name) === wanted));
  const params = those(true);
  const optimizer = settings.optimizer.init(params) as TuningTree["optimizer"] & { gradients: TuningTree["params"] };
  return createResident<TuningTree>({ frozen: those(false), params, optimizer, gradients: optimizer.gradients });
}
