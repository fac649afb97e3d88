import { groupOf } from "../attention/segments.ts";
import { adaptedLayers } from "../lora.ts";
import { trainableNames } from "../method.ts";
import { piecesOf, scoresOf, sum, type PlannedModel, type PlanSettings } from "./settings.ts";

/** Floating-point operations by part; a multiplication and an addition are two. */
export interface FlopsByPart {
  /** Scores and their weighted sums. */
  readonly attention: number;
  /** Queries, keys, values and output. */
  readonly projections: number;
  readonly feedForward: number;
  /** Logits. */
  readonly head: number;
}

/** What a step costs to compute. */
export interface ComputePlan {
  /**
   * One forward pass over one row, counted as the paper's table 11 counts: attention 4·N·G·d a layer, where G is the group, or
   * N with full attention; causal saving and the half groups at the ends left out.
   */
  readonly forward: FlopsByPart;
  /** Of `forward.attention`, what lies behind the causal mask or a group's border and need not be computed. */
  readonly causalSaving: number;
  /** Everything that one update computes in this program: forward, backward, recomputation, over all rows. */
  readonly step: FlopsByPart & { readonly adapters: number };
  readonly stepTotal: number;
  /** Scores that one update passes through memory, counted once each: exponentials and masks cost time beside the products. */
  readonly stepScores: number;
  readonly stepTokens: number;
}

/** The cost of one forward pass over one row of `length` tokens and of one update. */
export function planCompute(model: PlannedModel, settings: PlanSettings): ComputePlan {
  const { config } = model;
  const { length: n, batchSize, accumulate = 1, attention, method, recompute } = settings;
  const width = config.heads * config.headSize;
  const group = attention.kind === "full" ? n : Math.min(n, groupOf(attention, n));
  const forward: FlopsByPart = {
    attention: 4 * n * group * width * config.layers,
    projections: 4 * n * config.hiddenSize * (width + config.kvHeads * config.headSize) * config.layers,
    feedForward: 2 * n * feedForwardWeights(model) * config.layers,
    head: 2 * n * config.hiddenSize * config.vocabularySize,
  };
  const scores = scoresOf(settings, config.heads) * config.layers;
  const seen = sum(piecesOf(settings, config.heads).map(visiblePairs)) * config.layers;

  const rows = batchSize * accumulate;
  const { head: headTrained } = trainableNames(model, method, settings.lora);
  const again = recompute ? 1 : 0;
  const products = 2 + (method === "full" ? 1 : 0) + again; // values, gradients of inputs, of weights, values again
  const adapted = method === "full" ? [] : adaptedLayers(model, settings.lora);
  const adapters = sum(adapted.map(({ inputs, outputs }) => inputs + outputs)) * 4 * n * settings.lora.rank;
  const step = {
    attention: rows * 4 * scores * config.headSize * (3.5 + again), // two products forward, five backward
    projections: rows * forward.projections * products,
    feedForward: rows * forward.feedForward * products,
    head: rows * forward.head * (headTrained ? 3 : 2),
    adapters: rows * adapters,
  };
  return {
    forward,
    causalSaving: forward.attention - 4 * seen * config.headSize,
    step,
    stepTotal: sum(Object.values(step)),
    stepScores: rows * scores * (2 + again),
    stepTokens: rows * n,
  };
}

const visiblePairs = ({ heads, pieces }: { readonly heads: number; readonly pieces: readonly number[] }) =>
  heads * sum(pieces.map((piece) => (piece * (piece + 1)) / 2));

/** Weights of one layer's feed-forward part: three matrices in Llama, two in GPT-2. */
const feedForwardWeights = ({ config }: PlannedModel) =>
  (config.architecture === "gpt2" ? 2 : 3) * config.hiddenSize * config.intermediateSize;

/**
 * The shortest context, in tokens, at which a step with the plan's attention computes at most `share` of a step with full
 * attention; undefined when there is none up to a million. The group grows with the context unless it is fixed.
 */
export function crossover(model: PlannedModel, settings: PlanSettings, share: number): number | undefined {
  if (settings.attention.kind === "full") return undefined;
  const cheaper = (length: number): boolean => {
    const at = { ...settings, length };
    const full = planCompute(model, { ...at, attention: { kind: "full" } }).stepTotal;
    return planCompute(model, at).stepTotal <= share * full;
  };
  const step = Math.max(8, settings.attention.group ?? 0);
  const longest = Math.floor(2 ** 20 / step);
  let [low, high] = [0, 1];
  while (high < longest && !cheaper(high * step)) [low, high] = [high, high * 2];
  if (high >= longest) return undefined;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (cheaper(middle * step)) high = middle;
    else low = middle;
  }
  return high * step;
}
