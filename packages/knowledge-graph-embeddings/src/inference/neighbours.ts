import { add, compile, div, int32, max, mul, sqrt, type Tensor } from "@offprint/tensor";
import type { Model, Parts } from "../models/model.ts";
import type { EmbeddingState } from "../scorer.ts";
import { rowsOf } from "../scoring.ts";
import { requireCount } from "./errors.ts";
import { largest } from "./largest.ts";
import { named, type LearnedGraph, type Named } from "./learned-graph.ts";

/** An entity near another. */
export interface Neighbour extends Named {
  readonly place: number;
  readonly description?: string;
  /** In the measure of the list: a distance (0 at best) or a cosine (1 at best). */
  readonly value: number;
}

/** Nearest first; plain JSON. */
export interface Neighbours {
  readonly of: Named & { readonly description?: string };
  readonly measure: { readonly kind: "distance" | "cosine"; readonly formula: string };
  readonly neighbours: readonly Neighbour[];
}

/** Finds neighbours in one model. */
export interface NeighbourSearch {
  /** Closeness of every entity to `anchor`, `[N]`: the negative distance, or the cosine. Higher is nearer. */
  closeness(anchor: number, signal?: AbortSignal): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** Numbers of an entity block that are compared at a time; bounds memory to a few times 64 MiB. */
const blockNumbers = 2 ** 24;

/**
 * Compares images g(x₀) of entities, each pair by its own differences: exact for close pairs too, where the one-product form
 * of scores would cancel. A divergence that is not symmetric is averaged over both directions.
 */
export async function createNeighbourSearch(
  model: Model,
  state: EmbeddingState,
  entityCount: number,
): Promise<NeighbourSearch> {
  const numbersPerEntity = [...state.slots.values()]
    .filter(({ path }) => path.startsWith("params.entity."))
    .reduce((total, { spec }) => total + (spec.shape[1] ?? 0), 0);
  const rows = Math.min(entityCount, Math.max(1, Math.floor(blockNumbers / numbersPerEntity)));
  const program = await compile({
    state,
    inputs: { anchor: int32([1]), block: int32([rows]) },
    run: ({ state: { params }, inputs: { anchor, block } }) => {
      const [one, others] = [rowsOf(params.entity, anchor), rowsOf(params.entity, block)];
      return { outputs: { closeness: closenessOf(model, one, others) } };
    },
  });
  return {
    async closeness(anchor, signal) {
      const all = new Float32Array(entityCount);
      for (let start = 0; start < entityCount; start += rows) {
        const from = Math.min(start, entityCount - rows); // the last block begins early rather than ending short
        const block = Int32Array.from({ length: rows }, (_, i) => from + i);
        const out = await program.run({ anchor: Int32Array.of(anchor), block }, signal ? { signal } : {});
        all.set(out.closeness.data as Float32Array, from);
      }
      return all;
    },
    dispose: () => program.dispose(),
  };
}

/** `[1, d]` parts against `[b, d]` parts → `[b]`. */
function closenessOf(model: Model, one: Parts, others: Parts): Tensor {
  const compare = (left: Parts, right: Parts): Tensor => model.compareChains([], left, [], right);
  if (model.kind === "distance") return mul(0.5, add(compare(one, others), compare(others, one)));
  const norms = mul(sqrt(compare(one, one)), sqrt(compare(others, others)));
  return div(compare(one, others), max(norms, 1e-30));
}

/**
 * The entities whose images lie nearest to that of `entity`, itself left out.
 * @throws {QuestionError} {UnknownLabelError}
 */
export async function nearestEntities(
  { model, entities }: LearnedGraph,
  search: NeighbourSearch,
  { entity, top = 10 }: { readonly entity: string; readonly top?: number | undefined },
  signal?: AbortSignal,
): Promise<Neighbours> {
  requireCount("top", top);
  const anchor = entities.resolve(entity);
  const closeness = await search.closeness(anchor, signal);
  const described = (index: number) => {
    const description = entities.description(index);
    return { ...named(entities, index), ...(description !== undefined && { description }) };
  };
  const isDistance = model.kind === "distance";
  const best = largest(closeness, Math.min(top, entities.size), (other) => other !== anchor);
  return {
    of: described(anchor),
    measure: isDistance
      ? { kind: "distance", formula: model.formula }
      : { kind: "cosine", formula: `cosine by the ${model.formula}` },
    neighbours: best.map((index, i) => {
      const value = closeness[index]!;
      // −0 would read oddly.
      return { place: i + 1, ...described(index), value: isDistance ? Math.max(0, -value) : value };
    }),
  };
}
