import { elementCount } from "@offprint/tensor";
import { adaptedLayers } from "../lora.ts";
import { trainableNames } from "../method.ts";
import { piecesOf, scoresOf, sum, type PlannedModel, type PlanSettings } from "./settings.ts";

/** Bytes by part; all numbers are float32. */
export interface MemoryPlan {
  readonly weights: number;
  /** Of what is trained: one number each. */
  readonly gradients: number;
  /** AdamW's two moments of the adapters, norms and other weights. */
  readonly optimizer: number;
  /** AdamW's two moments of the embeddings, where they are trained: often the largest part of the state. */
  readonly embeddingOptimizer: number;
  /** What the forward pass keeps for the backward pass, the attention excepted. */
  readonly activations: number;
  /** Scores and their softmax, kept or at work, and the causal masks. */
  readonly attention: number;
  /** A slice of logits with its softmax and gradient. */
  readonly logits: number;
  /** Node, the engine, its programs, and what lies free between tensors. */
  readonly overhead: number;
  readonly total: number;
}

/** What measured runs say of the programs that this package compiles; see docs/benchmarks.md. */
export const memoryConstants = {
  /** Node and the engine with a program, before any tensor. */
  baseBytes: 260 * 2 ** 20,
  /** Arrays of a layer's scores that are alive at once when it is differentiated. */
  liveScores: 3,
  /** Logits alive at once; see `supervisedLoss`. */
  logitsAtOnce: 2 ** 24,
  /** Share of tensors' bytes that an allocator leaves free between them. */
  slack: 0.1,
} as const;

const bytes = 4;

/** The memory that training takes at its peak. */
export function planMemory(model: PlannedModel, settings: PlanSettings): MemoryPlan {
  const { config, shapes } = model;
  const { length, batchSize, method, recompute, lora } = settings;
  const { counts, total: trained, head: headTrained } = trainableNames(model, method, lora);
  const tokens = batchSize * length;
  const keptLayers = recompute ? 1 : config.layers;
  const scores = batchSize * scoresOf(settings, config.heads);
  const { baseBytes, liveScores, logitsAtOnce, slack } = memoryConstants;

  const merged = method === "full" ? 0 : sum(adaptedLayers(model, lora).map(({ inputs, outputs }) => inputs * outputs));
  const mergedKept = (merged * keptLayers) / config.layers;
  const perToken = layerValues(model) * keptLayers + (recompute ? config.hiddenSize * config.layers : 0);
  const keptScores = scores * (recompute ? 0 : config.layers - 1); // a softmax each; the layer in hand is counted apart
  const logits = Math.min(tokens * config.vocabularySize, logitsAtOnce);
  const parts = {
    weights: bytes * (sum(Object.values(shapes).map(elementCount)) + counts.adapter),
    gradients: bytes * trained,
    optimizer: 2 * bytes * (trained - counts.embeddings),
    embeddingOptimizer: 2 * bytes * counts.embeddings,
    activations: bytes * (tokens * (perToken + 2 * config.hiddenSize) + mergedKept),
    attention: bytes * (keptScores + liveScores * scores + maskValues(settings, config.heads)),
    logits: bytes * (3 * logits + (headTrained ? elementCount(shapes[model.head] ?? []) : 0)),
  };
  const tensors = sum(Object.values(parts));
  const overhead = baseBytes + slack * (parts.activations + parts.attention + parts.logits);
  return { ...parts, overhead, total: tensors + overhead };
}

/** Values a token that one layer keeps for its gradients: what enters each product, each norm and each gate. */
function layerValues({ config }: PlannedModel): number {
  const width = config.heads * config.headSize;
  const kv = config.kvHeads * config.headSize;
  return (
    4 * config.hiddenSize + 3 * width + 3 * kv + (config.architecture === "gpt2" ? 2 : 4) * config.intermediateSize
  );
}

/** Causal masks: one a length of piece. */
function maskValues(settings: PlanSettings, heads: number): number {
  const lengths = new Set(piecesOf(settings, heads).flatMap(({ pieces }) => pieces));
  return sum([...lengths].map((piece) => piece ** 2));
}
