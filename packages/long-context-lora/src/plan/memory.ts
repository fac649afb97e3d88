import { elementCount } from "@offprint/tensor";
import { adaptedLayers } from "../lora.ts";
import { trainableNames } from "../method.ts";
import { logitsAtOnce as logitsOfSlice } from "../training/next-token-loss.ts";
import { scoresOf, sum, type PlannedModel, type PlanSettings } from "./settings.ts";

/** Bytes by part; all numbers are float32. */
export interface MemoryPlan {
  readonly weights: number;
  /** Of what is trained: one number each, and the embeddings' new values, which are written beside the old ones. */
  readonly gradients: number;
  /** AdamW's two moments of the adapters, norms and other weights. */
  readonly optimizer: number;
  /** AdamW's two moments of the embeddings, where they are trained: often the largest part of the state. */
  readonly embeddingOptimizer: number;
  /** What the forward pass keeps for the backward pass, the attention excepted. */
  readonly activations: number;
  /** What attention keeps beside its result, its operands arranged in tiles, and the tiles at work. */
  readonly attention: number;
  /** A slice of logits with its softmax and gradient, and the head's gradient where it is trained. */
  readonly logits: number;
  /** The same again for each other length of batch whose program is kept: an engine's program keeps the memory it worked in. */
  readonly otherPrograms: number;
  /** Node, the engine, its programs, what lies free between tensors, and the second copy of the weights while they are loaded. */
  readonly overhead: number;
  /** What a checkpoint holds, on its way to the file. */
  readonly checkpoint: number;
  readonly total: number;
}

/** What measured runs say of the programs that this package compiles; fitted to seven (hidden size 256, 4 or 12 layers, 512 to 4,096 tokens). */
const memoryConstants = {
  /** The command line with its data and tokenizer, the engine and its programs, before any tensor: 300 to 340 MiB in small runs. */
  baseBytes: 270 * 2 ** 20,
  /** A layer's part of the step's program: its graph while it is traced, written and read, and what the engine makes of it. */
  programBytes: 9 * 2 ** 20,
  /** Copies of the learned numbers and their moments while a checkpoint is written: as read, and as the file's bytes. */
  checkpointCopies: 2,
  /** Layers whose values lie in memory at once where each is recomputed: the one in hand, and what its neighbours left. */
  recomputedLayers: 3,
  /** Copies of queries, keys and values, and of their gradients, while a layer's attention is differentiated. */
  arranged: 4,
  /** Scores of the tiles that are computed together, times those alive at once. */
  tileScores: 6 * 2 ** 19,
  /** Logits alive at once; see `supervisedLoss`. */
  logitsAtOnce: logitsOfSlice,
  /** Share of tensors' bytes that an allocator leaves free between them. */
  slack: 0.1,
} as const;

const bytes = 4;

/** The memory that training takes at its peak. */
export function planMemory(model: PlannedModel, settings: PlanSettings): MemoryPlan {
  const { config, shapes } = model;
  const { counts, total: trained } = trainableNames(model, settings.method, settings.lora);
  const { baseBytes, programBytes, checkpointCopies, slack } = memoryConstants;
  const graph = programBytes * config.layers;
  const { gradients: own, ...work } = planWork(model, settings);
  const gradients = own + bytes * counts.embeddings;
  const otherPrograms = (settings.otherLengths ?? []).map((length) => {
    const { gradients: others, ...more } = planWork(model, { ...settings, length });
    return others + (1 + slack) * sum(Object.values(more)) + graph;
  });
  const parts = {
    weights: bytes * (sum(Object.values(shapes).map(elementCount)) + counts.adapter),
    gradients,
    optimizer: 2 * bytes * (trained - counts.embeddings),
    embeddingOptimizer: 2 * bytes * counts.embeddings,
    ...work,
    otherPrograms: sum(otherPrograms),
    checkpoint: checkpointCopies * 3 * bytes * trained,
  };
  const tensors = sum(Object.values(parts));
  const worked = sum(Object.values(work));
  // The weights as they were read, until the engine has its own: before any update.
  const loading = Math.max(0, parts.weights - gradients - worked - parts.otherPrograms);
  const overhead = baseBytes + graph + slack * worked + loading;
  return { ...parts, overhead, total: tensors + overhead };
}

/** What the program of one length of batch works in. */
function planWork(model: PlannedModel, settings: PlanSettings) {
  const { config, shapes } = model;
  const { length, batchSize, method, recompute, lora } = settings;
  const { total: trained, head: headTrained } = trainableNames(model, method, lora);
  const tokens = batchSize * length;
  const keptLayers = recompute ? Math.min(memoryConstants.recomputedLayers, config.layers) : config.layers;
  const scores = batchSize * scoresOf(settings, config.heads);
  const operands = tokens * (config.heads + 2 * config.kvHeads) * config.headSize;
  const { arranged, tileScores, logitsAtOnce } = memoryConstants;

  const merged = method === "full" ? 0 : sum(adaptedLayers(model, lora).map(({ inputs, outputs }) => inputs * outputs));
  const mergedKept = (merged * keptLayers) / config.layers;
  const perToken = layerValues(model) * keptLayers + (recompute ? config.hiddenSize * config.layers : 0);
  const logits = Math.min(tokens * config.vocabularySize, logitsAtOnce);
  const slices = headTrained ? Math.ceil((tokens * config.vocabularySize) / logitsAtOnce) : 0;
  const headGradients = Math.min(2, slices) * elementCount(shapes[model.head] ?? []); // the sum so far, and a slice's own
  return {
    gradients: bytes * trained,
    activations: bytes * (tokens * (perToken + 2 * config.hiddenSize) + mergedKept),
    attention: bytes * (keptLayers * tokens * config.heads + arranged * operands + Math.min(6 * scores, tileScores)),
    logits: bytes * (3 * logits + headGradients),
  };
}

/** Values a token that one layer keeps for its gradients: what enters each product, each norm and each gate. */
function layerValues({ config }: PlannedModel): number {
  const width = config.heads * config.headSize;
  const kv = config.kvHeads * config.headSize;
  return (
    4 * config.hiddenSize + 3 * width + 3 * kv + (config.architecture === "gpt2" ? 2 : 4) * config.intermediateSize
  );
}
