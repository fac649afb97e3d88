/** Scores of queries against all entities as one matrix product. */
import { concat, full, gather, matmul, neg, reshape, sub, type Tensor } from "@offprint/tensor";
import type { Factor, Model, Parts } from "./models/model.ts";

/** What a model has learned, or its symbols: every part `[N, d]` of entities and `[2R, d]` of relations. */
export type Embeddings<T = Tensor> = {
  readonly entity: Readonly<Record<string, T>>;
  readonly relation: Readonly<Record<string, T>>;
};

/** The rows that `indices` name, of every part. */
export const rowsOf = (parts: Parts, indices: Tensor): Parts =>
  Object.fromEntries(Object.entries(parts).map(([name, table]) => [name, gather(table, indices)]));

/**
 * Left factor of the product, one row a query (h, r, ?): `[b, K]`. A distance's own bias and the margin γ become one more
 * column each, so that the product is the score itself: γ − biasᵢ − biasⱼ + qᵢ·tⱼ = [q, γ − biasᵢ, 1] · [t, 1, −biasⱼ].
 */
export function queryMatrix(
  model: Model,
  embeddings: Embeddings,
  heads: Tensor,
  relations: Tensor,
  gamma: number,
): Tensor {
  const query = model.query(rowsOf(embeddings.entity, heads), rowsOf(embeddings.relation, relations));
  return query.bias ? concat([query.vectors, column(sub(gamma, query.bias)), ones(query)], -1) : query.vectors;
}

/** Right factor of the product, one row an entity: `[N, K]`. Depends on the entities alone: build it once an evaluation. */
export function candidateMatrix(model: Model, entities: Parts): Tensor {
  const candidates = model.candidates(entities);
  return candidates.bias
    ? concat([candidates.vectors, ones(candidates), column(neg(candidates.bias))], -1)
    : candidates.vectors;
}

/** Scores of every query against every entity: `[b, K], [N, K] → [b, N]`. */
export const scoreAll = (queries: Tensor, candidates: Tensor): Tensor =>
  matmul(queries, candidates, { transposeB: true });

const column = (x: Tensor): Tensor => reshape(x, [x.size, 1]);
const ones = ({ vectors }: Factor): Tensor => full([vectors.shape[0] ?? 0, 1], 1);
