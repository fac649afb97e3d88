import { weightsOf, type CausalLanguageModel } from "@offprint/language-model";
import {
  add,
  compile,
  float32,
  int32,
  mul,
  reshape,
  valueAndGrad,
  type HostTensor,
  type Program,
  type Resident,
  type Tensor,
  type TensorSpec,
} from "@offprint/tensor";
import { clipByGlobalNorm, globalNorm, type Optimizer } from "@offprint/training";
import type { AttentionChoice } from "../attention/segments.ts";
import { attendWith } from "../attention/shifted-sparse-attention.ts";
import { adaptedLayers, withLora, type DropoutNoise, type LoraConfig } from "../lora.ts";
import { supervisedLoss } from "./next-token-loss.ts";

type Named<T> = Readonly<Record<string, T>>;

/** State of a fine-tuning: what stays, what is learned, and what the optimiser keeps for that; names are those of the weights. */
export type TuningTree<T = HostTensor> = {
  readonly frozen: Named<T>;
  readonly params: Named<T>;
  readonly optimizer: { readonly [key: string]: T };
  /** The sum over the parts of a step so far; only where a step has several. */
  readonly gradients?: Named<T>;
};

/** What one update depends on beside its batch. */
export interface StepSettings {
  readonly model: CausalLanguageModel;
  readonly attention: AttentionChoice;
  /** Absent where every weight is trained itself. */
  readonly lora: LoraConfig | undefined;
  /** Whether the matrix that makes logits is among what is learned. */
  readonly headTrained: boolean;
  readonly optimizer: Optimizer;
  /** The largest norm of all gradients together; larger ones are scaled down. Absent: never. */
  readonly clip: number | undefined;
  /** Recompute each layer in the backward pass. */
  readonly recompute: boolean;
}

/** What a program's static shapes depend on. */
export interface BatchShape {
  readonly rows: number;
  readonly length: number;
  /** Rows hold several documents, which do not see one another. */
  readonly documents: boolean;
}

type Specs = Named<TensorSpec>;
export type StepProgram = Program<TuningTree, Specs, { readonly loss: Tensor; readonly gradientNorm: Tensor }>;
export type PartProgram = Program<TuningTree, Specs, { readonly loss: Tensor }>;
export type UpdateProgram = Program<TuningTree, Specs, { readonly gradientNorm: Tensor }>;

/** Values that dropout needs of each of its two vectors, for a batch of this many tokens; nothing without dropout. */
export function noiseSizes(
  settings: StepSettings,
  tokens: number,
): { readonly noiseRows: number; readonly noiseColumns: number } | undefined {
  const { lora, model } = settings;
  if (!lora || lora.dropout === 0) return undefined;
  return { noiseRows: tokens, noiseColumns: Math.max(...adaptedLayers(model, lora).map(({ inputs }) => inputs)) };
}

/** Inputs of one pass: token `ids` and `labels`, `documents` where rows are mixed, and `scale`, 1 / supervised tokens. */
function batchInputs(settings: StepSettings, { rows, length, documents }: BatchShape): Specs {
  const noise = noiseSizes(settings, rows * length);
  return {
    ids: int32([rows, length]),
    labels: int32([rows * length]),
    scale: float32(),
    ...(documents && { documents: int32([rows, length]) }),
    ...(noise && { noiseRows: float32([noise.noiseRows]), noiseColumns: float32([noise.noiseColumns]) }),
  };
}

/** The loss of one batch, scaled, and its gradients by everything that is learned. */
function lossAndGradients(
  settings: StepSettings,
  { frozen, params }: Pick<TuningTree<Tensor>, "frozen" | "params">,
  { ids, labels, scale, documents, noiseRows, noiseColumns }: BatchTensors,
): { readonly value: Tensor; readonly grads: Named<Tensor> } {
  const { model, attention, lora, headTrained, recompute } = settings;
  const noise: DropoutNoise | undefined = noiseRows && noiseColumns && { rows: noiseRows, columns: noiseColumns };
  return valueAndGrad((learned: Named<Tensor>) => {
    const plain = weightsOf({ ...frozen, ...learned });
    const weights = lora ? withLora(plain, lora, noise) : plain;
    const hidden = model.hidden(weights, ids, {
      attend: attendWith(attention, documents ? { documents } : {}),
      recompute,
    });
    const prediction = {
      hidden: reshape(hidden, [ids.size, model.config.hiddenSize]),
      head: weights.get(model.head),
      labels,
    };
    return supervisedLoss(prediction, scale, headTrained);
  })(params);
}

interface BatchTensors {
  readonly ids: Tensor;
  readonly labels: Tensor;
  readonly scale: Tensor;
  readonly documents?: Tensor;
  readonly noiseRows?: Tensor;
  readonly noiseColumns?: Tensor;
}

/** What is learned and the optimiser's memory after an update, and the norm of the gradients before they were clipped. */
function updated(
  { optimizer, clip }: StepSettings,
  { params, optimizer: memory }: Pick<TuningTree<Tensor>, "params" | "optimizer">,
  grads: Named<Tensor>,
  learningRate: Tensor,
): { readonly state: object; readonly gradientNorm: Tensor } {
  const clipped = clip === undefined ? { grads, norm: globalNorm(grads) } : clipByGlobalNorm(grads, clip);
  const next = optimizer.update(clipped.grads, memory, params, { learningRate });
  return { state: { params: next.params, optimizer: next.state }, gradientNorm: clipped.norm };
}

/** A whole update as one program, where a step is one batch. Inputs as {@link compilePart}'s, and `learningRate`. */
export function compileStep(
  state: Resident<TuningTree>,
  settings: StepSettings,
  shape: BatchShape,
): Promise<StepProgram> {
  return compile<TuningTree, Specs, { readonly loss: Tensor; readonly gradientNorm: Tensor }>({
    state,
    inputs: { ...batchInputs(settings, shape), learningRate: float32() },
    run({ state: before, inputs }) {
      const tree = before as unknown as TuningTree<Tensor>;
      const { learningRate, ...batch } = inputs as unknown as BatchTensors & { readonly learningRate: Tensor };
      const { value: loss, grads } = lossAndGradients(settings, tree, batch);
      const { state: after, gradientNorm } = updated(settings, tree, grads, learningRate);
      return { state: after, outputs: { loss, gradientNorm } };
    },
  });
}

/**
 * One part of a step: its gradients join those of the parts before, times the input `keep`: 0 in the first part, else 1.
 * Since `scale` counts the tokens of the whole step, the sum is the gradient of the step at once.
 */
export function compilePart(
  state: Resident<TuningTree>,
  settings: StepSettings,
  shape: BatchShape,
): Promise<PartProgram> {
  return compile<TuningTree, Specs, { readonly loss: Tensor }>({
    state,
    inputs: { ...batchInputs(settings, shape), keep: float32() },
    run({ state: before, inputs }) {
      const tree = before as unknown as Required<TuningTree<Tensor>>;
      const { keep, ...batch } = inputs as unknown as BatchTensors & { readonly keep: Tensor };
      const { value: loss, grads } = lossAndGradients(settings, tree, batch);
      const joined = Object.entries(tree.gradients).map(([name, sum]) => {
        const own = grads[name];
        if (!own) throw new TypeError(`internal: no gradient of ${name}`);
        return [name, add(mul(sum, keep), own)] as const;
      });
      return { state: { gradients: Object.fromEntries(joined) }, outputs: { loss } };
    },
  });
}

/** The update after all parts; its input is `learningRate`. */
export function compileUpdate(state: Resident<TuningTree>, settings: StepSettings): Promise<UpdateProgram> {
  return compile<TuningTree, Specs, { readonly gradientNorm: Tensor }>({
    state,
    inputs: { learningRate: float32() },
    run({ state: before, inputs }) {
      const tree = before as unknown as Required<TuningTree<Tensor>>;
      const { learningRate } = inputs as { readonly learningRate: Tensor };
      const { state: after, gradientNorm } = updated(settings, tree, tree.gradients, learningRate);
      return { state: after, outputs: { gradientNorm } };
    },
  });
}
