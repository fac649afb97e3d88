import type { CausalLanguageModel, LinearLayout, ModelConfig, Weights } from "@offprint/language-model";
import {
  add,
  cast,
  div,
  floor,
  greaterEqual,
  matmul,
  mul,
  primitive,
  reshape,
  slice,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  type HostTensor,
  type Shape,
  type Tensor,
} from "@offprint/tensor";
import { RandomStream } from "@offprint/training";
import { LoraTargetError } from "./errors.ts";

/** Low-rank adaptation of linear layers: W + s · B · A with W frozen. Hu et al., ICLR 2022 (arXiv:2106.09685). */
export interface LoraConfig {
  /** Rows of A and columns of B; ≥ 1. */
  readonly rank: number;
  /** The update is scaled by `alpha / rank`. */
  readonly alpha: number;
  /** Share of an adapter's inputs that is left out at random in training, in [0, 1). */
  readonly dropout: number;
  /** Ends of the names of the adapted layers, as PEFT reads them: "q_proj" or "mlp.c_proj". */
  readonly targets: readonly string[];
  /** Scale by `alpha / √rank` instead, so that a high rank does not learn slower (rsLoRA, arXiv:2312.03732). */
  readonly rankStabilised: boolean;
  /** Learn the length of each row of W apart from its direction (DoRA, Liu et al. 2024, arXiv:2402.09353). */
  readonly dora: boolean;
}

/** What an adapter has to know of its model. */
type Adapted = Pick<CausalLanguageModel, "config" | "shapes">;

/** A layer that gets an adapter. */
export interface AdaptedLayer {
  /** "model.layers.0.self_attn.q_proj" */
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
}

/**
 * Random numbers behind the dropout of one pass: a value of an adapter's input is left out where the fraction of
 * `rows[t] · columns[i]`, stretched differently for each layer, is below the rate. Two short vectors a pass are fed
 * instead of a mask as large as the activations, and the same numbers give the same bits after a resume.
 */
export interface DropoutNoise {
  /** float32 `[tokens]`, uniform in [0, 64). */
  readonly rows: Tensor;
  /** float32, as long as the widest input of an adapted layer, uniform in [0, 64). */
  readonly columns: Tensor;
}

const names = {
  down: (layer: string) => `${layer}.lora_A.weight`,
  up: (layer: string) => `${layer}.lora_B.weight`,
  magnitude: (layer: string) => `${layer}.lora_magnitude_vector`,
};

/** How the matrices of a model's linear layers lie; what PEFT calls `fan_in_fan_out` is "in-out". */
export const linearLayout = ({ architecture }: Pick<ModelConfig, "architecture">): LinearLayout =>
  architecture === "gpt2" ? "in-out" : "out-in";

/** The projections of the attention, which the paper adapts. */
export const defaultTargets = ({ architecture }: Pick<ModelConfig, "architecture">): readonly string[] =>
  architecture === "gpt2" ? ["attn.c_attn", "attn.c_proj"] : ["q_proj", "k_proj", "v_proj", "o_proj"];

/** What B · A is multiplied with. */
export const loraScale = ({ rank, alpha, rankStabilised }: LoraConfig): number =>
  alpha / (rankStabilised ? Math.sqrt(rank) : rank);

const isAdapted = (layer: string, { targets }: LoraConfig): boolean =>
  targets.some((target) => layer === target || layer.endsWith(`.${target}`));

/**
 * The layers of a model that get an adapter, in the model's order.
 * @throws {LoraTargetError} for a target that no linear layer's name ends with.
 */
export function adaptedLayers({ config, shapes }: Adapted, lora: LoraConfig): AdaptedLayer[] {
  const matrices = Object.entries(shapes).flatMap(([name, shape]) => {
    const linear = shape.length === 2 && name.endsWith(".weight") && !/(embed|wte|wpe|lm_head)/.test(name);
    return linear ? [{ layer: name.slice(0, -".weight".length), shape }] : [];
  });
  for (const target of lora.targets) {
    if (matrices.some(({ layer }) => isAdapted(layer, { ...lora, targets: [target] }))) continue;
    const ends = new Set(matrices.map(({ layer }) => layer.slice(layer.lastIndexOf(".") + 1)));
    throw new LoraTargetError(target, [...ends]);
  }
  return matrices
    .filter(({ layer }) => isAdapted(layer, lora))
    .map(({ layer, shape: [rows = 0, columns = 0] }) =>
      linearLayout(config) === "in-out"
        ? { name: layer, inputs: rows, outputs: columns }
        : { name: layer, inputs: columns, outputs: rows },
    );
}

/** Shapes of an adapter's tensors by their names, without PEFT's prefix. */
export function adapterShapes(model: Adapted, lora: LoraConfig): Record<string, Shape> {
  const shapes = adaptedLayers(model, lora).flatMap(({ name, inputs, outputs }) => [
    [names.down(name), [lora.rank, inputs]] as const,
    [names.up(name), [outputs, lora.rank]] as const,
    ...(lora.dora ? [[names.magnitude(name), [outputs]] as const] : []),
  ]);
  return Object.fromEntries(shapes);
}

/**
 * An adapter that changes nothing yet: A uniform in ±1/√in (Kaiming's bound for a = √5, as PEFT draws it), B zero, the
 * magnitudes of DoRA those of W. Each tensor has a random stream of its own name.
 * @param weights the base model's; only DoRA reads them.
 */
export function initialAdapter(
  model: Adapted,
  lora: LoraConfig,
  seed: number,
  weights: Readonly<Record<string, HostTensor>> = {},
): Record<string, HostTensor> {
  const float32 = (shape: readonly number[], data: Float32Array): HostTensor => ({ dtype: "float32", shape, data });
  const adapter: Record<string, HostTensor> = {};
  for (const { name, inputs, outputs } of adaptedLayers(model, lora)) {
    const bound = 1 / Math.sqrt(inputs);
    const down = RandomStream.create(seed, names.down(name)).fillUniform(
      new Float32Array(lora.rank * inputs),
      -bound,
      bound,
    );
    adapter[names.down(name)] = float32([lora.rank, inputs], down);
    adapter[names.up(name)] = float32([outputs, lora.rank], new Float32Array(outputs * lora.rank));
    if (!lora.dora) continue;
    const base = weights[`${name}.weight`];
    if (base === undefined) throw new TypeError(`internal: the magnitudes of ${name} need its weight`);
    adapter[names.magnitude(name)] = float32([outputs], lengthsOfOutputs(base, linearLayout(model.config)));
  }
  return adapter;
}

/** Euclidean length of the weights of each output. */
function lengthsOfOutputs({ shape: [rows = 0, columns = 0], data }: HostTensor, layout: LinearLayout): Float32Array {
  const squares = new Float64Array(layout === "in-out" ? columns : rows);
  for (let i = 0; i < rows * columns; i++) {
    const output = layout === "in-out" ? i % columns : Math.floor(i / columns);
    squares[output] = (squares[output] ?? 0) + Number(data[i]) ** 2;
  }
  return Float32Array.from(squares, Math.sqrt);
}

/**
 * Weights whose adapted layers take part in the adapter's tensors, which `weights` holds beside its own.
 *
 * Over many tokens the product is with W + s·B·A, made once, and the gradients of A and B are their own thin products: two
 * passes over the activations less in each direction than adding s·(x·Aᵀ)·Bᵀ to x·Wᵀ. Few tokens, or dropout, take that
 * latter way.
 */
export function withLora(weights: Weights, lora: LoraConfig, noise?: DropoutNoise): Weights {
  return {
    get: (name) => weights.get(name),
    under: (prefix) => weights.under(prefix),
    with: (tensors) => withLora(weights.with(tensors), lora, noise),
    linear(name, x, stored = "out-in") {
      if (!isAdapted(name, lora)) return weights.linear(name, x, stored);
      const rows = x.size / (x.shape.at(-1) ?? 1);
      const [inputs = 0, outputs = 0] = [x.shape.at(-1), weights.get(names.up(name)).shape[0]];
      const dropped = (x: Tensor): Tensor => (noise ? drop(x, lora.dropout, noise, name) : x);
      const layer = { weights, lora, name, stored, dropped };
      if (lora.dora) return directed(layer, x);
      return noise || 2 * rows < Math.min(inputs, outputs) ? added(layer, x) : merged(layer, x);
    },
  };
}

/** A layer being adapted. */
interface Layer {
  readonly weights: Weights;
  readonly lora: LoraConfig;
  readonly name: string;
  readonly stored: LinearLayout;
  /** The adapter's input from the layer's. */
  readonly dropped: (x: Tensor) => Tensor;
}

/** x·Wᵀ + s·(x·Aᵀ)·Bᵀ */
function added({ weights, lora, name, stored, dropped }: Layer, x: Tensor): Tensor {
  const [down, up] = [weights.get(names.down(name)), weights.get(names.up(name))];
  const inner = mul(matmul(dropped(rowsOf(x)), down, { transposeB: true }), loraScale(lora)); // [tokens, r]
  const base = weights.linear(name, x, stored);
  return add(base, reshape(matmul(inner, up, { transposeB: true }), base.shape));
}

/** x·(W + s·B·A)ᵀ, the sum made once. */
function merged({ weights, lora, name, stored }: Layer, x: Tensor): Tensor {
  const [down, up] = [weights.get(names.down(name)), weights.get(names.up(name))];
  const weight = stopGradient(mergedWeight(weights, lora, name, stored));
  const y = weights.with({ [`${name}.weight`]: weight }).linear(name, x, stored);
  return thinGradients(loraScale(lora))(y, x, down, up);
}

/**
 * DoRA: m ∘ V·x / ‖V‖ with V = W + s·B·A and the length of each row of V a constant to derivatives (the paper's section
 * 4.3). With dropout only the change against W·x sees fewer inputs, as in PEFT.
 */
function directed({ weights, lora, name, stored, dropped }: Layer, x: Tensor): Tensor {
  const [down, up] = [weights.get(names.down(name)), weights.get(names.up(name))];
  const weight = weights.get(`${name}.weight`);
  const direction = stopGradient(mergedWeight(weights, lora, name, stored));
  const length = sqrt(sum(square(direction), stored === "in-out" ? 0 : 1)); // [out]
  const factor = div(weights.get(names.magnitude(name)), length);
  const input = dropped(rowsOf(x));
  const times = (matrix: Tensor): Tensor => matmul(input, matrix, { transposeB: stored === "out-in" });
  const turned = mul(thinGradients(loraScale(lora))(times(direction), input, down, up), factor);
  const base = weights.linear(name, x, stored);
  return add(base, reshape(sub(turned, times(weight)), base.shape));
}

/** `[..., in] → [tokens, in]` */
const rowsOf = (x: Tensor): Tensor => reshape(x, [-1, x.shape.at(-1) ?? 1]);

/** W + s·B·A of a layer, in W's own layout. */
export function mergedWeight(weights: Weights, lora: LoraConfig, name: string, stored: LinearLayout): Tensor {
  const [down, up] = [weights.get(names.down(name)), mul(weights.get(names.up(name)), loraScale(lora))];
  const update = stored === "in-out" ? matmul(down, up, { transposeA: true, transposeB: true }) : matmul(up, down);
  return add(weights.get(`${name}.weight`), update);
}

/**
 * The value `y` of x·(W + s·B·A)ᵀ, whose gradient reaches x through y itself, and A and B by dB = s · gᵀ·(x·Aᵀ) and
 * dA = s · (g·B)ᵀ·x, without the matrix gᵀ·x in between.
 */
const thinGradients = (scale: number): ((...inputs: Tensor[]) => Tensor) =>
  primitive({
    name: "thinGradients",
    forward: (y) => y,
    backward: ({ inputs: [, x, down, up], grad }) => {
      if (!x || !down || !up) return [];
      const [rows, g] = [rowsOf(x), rowsOf(grad)];
      const byUp = matmul(g, mul(matmul(rows, down, { transposeB: true }), scale), { transposeA: true });
      const byDown = matmul(mul(matmul(g, up), scale), rows, { transposeA: true });
      return [grad, undefined, byDown, byUp];
    },
  });

/** Values left out with probability `rate`, the others stretched so that the expectation stays: `[tokens, in]`. */
function drop(x: Tensor, rate: number, { rows, columns }: DropoutNoise, layer: string): Tensor {
  const [tokens = 0, inputs = 0] = x.shape;
  const stretch = 1 + RandomStream.create(0, layer).uniform();
  const product = mul(reshape(mul(rows, stretch), [tokens, 1]), slice(columns, { axis: 0, end: inputs }));
  const kept = greaterEqual(sub(product, floor(product)), rate);
  return mul(x, mul(cast(kept, "float32"), 1 / (1 - rate)));
}
