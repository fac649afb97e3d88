import type { CausalLanguageModel } from "@offprint/language-model";
import type { HostTensor } from "@offprint/tensor";
import type { Optimizer, TrainingState } from "@offprint/training";
import type { Resident } from "@offprint/tensor";
import { initialAdapter, type LoraConfig } from "../lora.ts";
import type { Trainable } from "../method.ts";
import type { TuningTree } from "./step-program.ts";

/** The state before the first update: adapters that change nothing yet, the other weights as they came. */
export function initialTree(
  model: CausalLanguageModel,
  weights: Readonly<Record<string, HostTensor>>,
  options: {
    readonly lora: LoraConfig | undefined;
    readonly trainable: Trainable;
    readonly optimizer: Optimizer;
    readonly seed: number;
    /** Whether a step has several parts, whose gradients are summed up. */
    readonly inParts: boolean;
  },
): TuningTree {
  const { lora, trainable, optimizer, seed, inParts } = options;
  const own = new Set(trainable.weights);
  const those = (wanted: boolean) =>
    Object.fromEntries(Object.entries(weights).filter(([name]) => name in model.shapes && own.has(name) === wanted));
  const params = { ...(lora && initialAdapter(model, lora, seed, weights)), ...those(true) };
  const moments = optimizer.init(params) as TuningTree["optimizer"] & { readonly gradients: TuningTree["params"] };
  // The zeros of the moments serve again: they are copied into the engine, never written to.
  return { frozen: those(false), params, optimizer: moments, ...(inParts && { gradients: moments.gradients }) };
}

/** The part of the state that a checkpoint keeps: the rest is the base model, or made anew in each step. */
export function keptState(state: Resident<TuningTree>): TrainingState {
  const kept = [...state.slots].filter(([path]) => path.startsWith("params.") || path.startsWith("optimizer."));
  return {
    slots: new Map(kept),
    read: (path) => state.read(path),
    write: (values, at) => state.write(values, at),
  };
}
