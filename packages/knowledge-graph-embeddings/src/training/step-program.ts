import {
  compile,
  float32,
  int32,
  valueAndGrad,
  type HostTensor,
  type Program,
  type Resident,
  type Tensor,
  type TensorSpec,
} from "@offprint/tensor";
import type { Optimizer } from "@offprint/training";
import { losses, type LossName } from "../losses.ts";
import type { Model } from "../models/model.ts";
import { candidateMatrix, queryMatrix, type Embeddings } from "../scoring.ts";

/** State of training: what is learned, and what the optimiser keeps for it. */
export type TrainingTree<T = HostTensor> = {
  readonly params: Embeddings<T>;
  readonly optimizer: { readonly [key: string]: T };
};

/** What one update depends on beside its batch. */
export interface StepSettings {
  readonly model: Model;
  readonly optimizer: Optimizer;
  readonly loss: LossName;
  /** γ, added to every score of a distance. */
  readonly gamma: number;
  /** Random entities a query; only for the loss "self-adversarial". */
  readonly negatives: number;
  readonly adversarialTemperature: number;
}

/** Inputs of a step: `heads`, `relations`, `tails` (and `negatives` `[b, m]`) as indices, and the scalar `learningRate`. */
type StepInputs = Readonly<Record<string, TensorSpec>>;
export type StepProgram = Program<TrainingTree, StepInputs, { readonly loss: Tensor }>;

/**
 * One update as one program: forward, backward and optimiser. `loss` is the mean loss of the batch before the update; it is
 * computed only when asked for, since the gradients do not need it.
 */
export function compileStep(
  state: Resident<TrainingTree>,
  settings: StepSettings,
  batchSize: number,
): Promise<StepProgram> {
  const { model, optimizer, gamma, adversarialTemperature } = settings;
  const sampled = settings.loss === "self-adversarial";
  const inputs: Record<string, TensorSpec> = {
    heads: int32([batchSize]),
    relations: int32([batchSize]),
    tails: int32([batchSize]),
    learningRate: float32(),
    ...(sampled && { negatives: int32([batchSize, settings.negatives]) }),
  };
  return compile<TrainingTree, StepInputs, { readonly loss: Tensor }>({
    state,
    inputs,
    run({ state: { params, optimizer: memory }, inputs: given }) {
      const { heads, relations, tails, learningRate, negatives } = given as Record<string, Tensor> & StepSymbols;
      const lossOf = (learned: Embeddings): Tensor =>
        losses[settings.loss]({
          queries: queryMatrix(model, learned, heads, relations, gamma),
          candidates: candidateMatrix(model, learned.entity),
          answers: tails,
          negatives,
          adversarialTemperature,
        });
      const { value: loss, grads } = valueAndGrad(lossOf)(params);
      const next = optimizer.update(grads, memory, params, { learningRate });
      return { state: { params: next.params, optimizer: next.state }, outputs: { loss } };
    },
  });
}

type StepSymbols = {
  readonly heads: Tensor;
  readonly relations: Tensor;
  readonly tails: Tensor;
  readonly learningRate: Tensor;
  readonly negatives?: Tensor;
};
