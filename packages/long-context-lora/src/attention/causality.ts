import { createModel, logitsOf, weightsOf, type Attend, type CausalLanguageModel } from "@offprint/language-model";
import { compile, float32, int32, type Engine, type HostTensor } from "@offprint/tensor";
import { CausalityUnprovenError } from "../errors.ts";
import { findLeak, type Leak, type Probe } from "./leak-probe.ts";
import { firstLeak } from "./masks.ts";
import { groupOf, segmentsOf, type AttentionChoice } from "./segments.ts";
import { attendWith } from "./shifted-sparse-attention.ts";

/** What is to be trained, and how. */
export interface CausalityOptions {
  readonly model: CausalLanguageModel;
  /** The model's weights; those of adapters change nothing here. */
  readonly weights: Readonly<Record<string, HostTensor>>;
  /** One of ours, or a function of one's own, which is then tried in all layers and at the full context. */
  readonly attend: AttentionChoice | Attend;
  /** Tokens of a training sequence. */
  readonly context: number;
  /** Sequences at once; default 2, so that one could see the other. */
  readonly batch?: number;
  /** Padding tokens at the right end of the batch's last sequence; default none. */
  readonly padding?: number;
  readonly engine?: Engine;
}

/** One way of looking. */
export interface CausalityStep {
  /**
   * `mask`: the segments at the full context. `attention`: queries, keys and values through the attention alone.
   * `logits`: tokens through the model.
   */
  readonly name: "mask" | "attention" | "logits";
  /** Tokens. */
  readonly length: number;
  /** Tokens of a group there, where there are groups. */
  readonly group?: number;
  /** Forward passes. */
  readonly passes: number;
  readonly leak?: Leak;
}

/** Whether any position sees what it must not. */
export interface CausalityReport {
  readonly causal: boolean;
  readonly context: number;
  readonly batch: number;
  readonly padding: number;
  readonly heads: number;
  /** The first of the shifted heads; `heads` where none is shifted or the attention is not ours. */
  readonly firstShifted: number;
  readonly steps: readonly CausalityStep[];
}

/** Beyond this, the attention alone is tried at fewer groups, each as long as it will be. */
const longest = 2048;

/** Tokens of a group where the whole model is tried. */
const smallGroup = 8;

/**
 * Changes late tokens and looks whether anything earlier moves: the mask at the full context, the attention alone at its real
 * group, and the logits of the model (one layer of it; each is the same) at a length that has every kind of segment.
 * @throws {CausalityUnprovenError} when changed tokens change nothing at all, as with weights that are zero or not finite.
 * @throws {InvalidAttentionError} where the choice does not fit the context.
 */
export async function checkCausality(options: CausalityOptions): Promise<CausalityReport> {
  const { model, attend, context, batch = 2, padding = 0 } = options;
  const { heads } = model.config;
  const steps: CausalityStep[] = [];
  if (typeof attend === "function") {
    const cuts = spread(context);
    steps.push(
      await throughAttention(options, attend, context, cuts),
      await throughModel(options, attend, context, cuts),
    );
  } else {
    const real = fewerGroups(attend, context);
    const small = smallerGroups(attend, context, smallGroup);
    const all = Array.from({ length: small.length }, (_, i) => i);
    steps.push(
      { ...maskStep(attend, context, heads), ...groupAt(attend, context) },
      {
        ...(await throughAttention(options, attendWith(real.choice), real.length, cutsOf(real.choice, real.length))),
        ...groupAt(real.choice, real.length),
      },
      {
        ...(await throughModel(options, attendWith(small.choice), small.length, all)),
        ...groupAt(small.choice, small.length),
      },
    );
  }
  const shifted = typeof attend !== "function" && (attend.kind === "s2" || attend.kind === "paper-wrap");
  return {
    causal: steps.every(({ leak }) => leak === undefined),
    context,
    batch,
    padding,
    heads,
    firstShifted: shifted ? heads - Math.floor(heads / 2) : heads,
    steps,
  };
}

const groupAt = (choice: AttentionChoice, length: number): { group?: number } =>
  choice.kind === "full" ? {} : { group: groupOf(choice, length) };

function maskStep(choice: AttentionChoice, context: number, heads: number): CausalityStep {
  const step = { name: "mask", length: context, passes: 0 } as const;
  for (const shifted of [false, true]) {
    const found = firstLeak(choice, context, shifted);
    if (!found) continue;
    const plain = heads - Math.floor(heads / 2);
    const half = Array.from({ length: heads }, (_, head) => head).filter((head) => head >= plain === shifted);
    const { token: position, seen } = found;
    return { ...step, leak: { sequence: 0, position, seen, seenSequence: 0, heads: half } };
  }
  return step;
}

/** The same group and the same rest at the end, with fewer whole groups between. */
function fewerGroups(choice: AttentionChoice, context: number): { choice: AttentionChoice; length: number } {
  if (choice.kind === "full") return { choice, length: Math.min(context, longest) };
  const group = groupOf(choice, context);
  if (context <= longest) return { choice: { ...choice, group }, length: context };
  if (4 * group > longest) return smallerGroups(choice, context, longest / 4);
  return { choice: { ...choice, group }, length: (context % group) + group * Math.min(3, Math.floor(context / group)) };
}

/** Small groups in the same arrangement: as many, three at most, and a rest at the end that is as large a part of a group. */
function smallerGroups(
  choice: AttentionChoice,
  context: number,
  small: number,
): { choice: AttentionChoice; length: number } {
  if (choice.kind === "full") return { choice, length: Math.min(context, 3 * small) };
  const group = groupOf(choice, context);
  if (group <= small && context <= 4 * small) return { choice: { ...choice, group }, length: context };
  const rest = Math.ceil(((context % group) / group) * small);
  return { choice: { ...choice, group: small }, length: small * Math.min(3, Math.floor(context / group)) + rest };
}

/** Every border of both half with its neighbours, and the last token. */
function cutsOf(choice: AttentionChoice, length: number): number[] {
  const borders = [false, true].flatMap((shifted) => segmentsOf(choice, length, shifted).borders);
  const near = borders.flatMap((border) => [border - 1, border, border + 1]);
  return [...new Set(near)].filter((cut) => cut >= 0 && cut < length).toSorted((a, b) => a - b);
}

/** Cuts for an attention of unknown form. */
function spread(length: number): number[] {
  const count = Math.min(length, 32);
  return Array.from({ length: count }, (_, i) => Math.floor(((i + 1) * length) / count) - 1);
}

/** Repeatable numbers in [−1, 1). */
function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

async function throughAttention(
  { model, batch = 2, engine }: CausalityOptions,
  attend: Attend,
  length: number,
  cuts: readonly number[],
): Promise<CausalityStep> {
  const { heads, kvHeads, headSize } = model.config;
  const program = await compile(
    {
      inputs: {
        q: float32([batch, heads, length, headSize]),
        k: float32([batch, kvHeads, length, headSize]),
        v: float32([batch, kvHeads, length, headSize]),
      },
      run: ({ inputs }) => ({ outputs: { out: attend({ layer: 0, ...inputs }) } }),
    },
    engine && { engine },
  );
  const draw = (heads: number, seed: number): Float32Array =>
    Float32Array.from({ length: batch * heads * length * headSize }, numbers(seed));
  const usual = { q: draw(heads, 1), k: draw(kvHeads, 2), v: draw(kvHeads, 3) };
  const changed = (values: Float32Array, sequence: number, from: number): Float32Array =>
    values.map((value, i) => {
      const row = Math.floor(i / headSize);
      const size = values.length / batch;
      return Math.floor(i / size) === sequence && row % length >= from ? 1 - value : value;
    });
  const probe: Probe = {
    shape: [batch, heads, length, headSize],
    async values(change) {
      const { q, k, v } = usual;
      const late = (values: Float32Array) => (change ? changed(values, change.sequence, change.from) : values);
      return (await program.run({ q: late(q), k: late(k), v: late(v) })).out.data as Float32Array;
    },
  };
  return probed("attention", length, program, probe, cuts);
}

async function throughModel(
  { model, weights, batch = 2, padding = 0, attend: given, engine }: CausalityOptions,
  attend: Attend,
  length: number,
  cuts: readonly number[],
): Promise<CausalityStep> {
  const { config } = model;
  // Our own attentions are the same in every layer, and all else in a layer works on each position alone.
  const short = typeof given === "function" ? model : createModel({ ...config, layers: Math.min(config.layers, 1) });
  const own = Object.fromEntries(Object.keys(short.shapes).map((name) => [name, weights[name] as HostTensor]));
  const program = await compile(
    {
      state: own,
      inputs: { ids: int32([batch, length]) },
      run: ({ state, inputs: { ids } }) => {
        const tensors = weightsOf(state);
        return { outputs: { logits: logitsOf(short, tensors, short.hidden(tensors, ids, { attend })) } };
      },
    },
    engine && { engine },
  );
  const draw = numbers(4);
  const ids = Int32Array.from({ length: batch * length }, () => Math.floor(((draw() + 1) / 2) * config.vocabularySize));
  const end = Math.max(1, length - Math.min(padding, length));
  ids.fill(config.pad ?? 0, (batch - 1) * length + end);
  const probe: Probe = {
    shape: [batch, 1, length, config.vocabularySize],
    async values(change) {
      const late = ids.map((id, i) => {
        const moves = change && Math.floor(i / length) === change.sequence && i % length >= change.from;
        return moves ? (id + 1 + (i % Math.max(1, config.vocabularySize - 1))) % config.vocabularySize : id;
      });
      return (await program.run({ ids: late })).logits.data as Float32Array;
    },
  };
  const step = await probed("logits", length, program, probe, cuts);
  return step.leak ? { ...step, leak: { ...step.leak, heads: [] } } : step;
}

async function probed(
  name: CausalityStep["name"],
  length: number,
  program: { dispose(): Promise<void> },
  probe: Probe,
  cuts: readonly number[],
): Promise<CausalityStep> {
  try {
    const { leak, passes, sighted } = await findLeak(probe, cuts);
    if (!sighted) throw new CausalityUnprovenError(name, length);
    return { name, length, passes, ...(leak && { leak }) };
  } finally {
    await program.dispose();
  }
}
