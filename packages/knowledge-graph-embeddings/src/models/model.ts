/**
 * The paper's view of an embedding model. Choose a set X. Entities and relations are permutations of X (bijections X → X),
 * and a triple (h, r, t) is scored by letting r∘h and t act on one base object x₀ of X and comparing where it lands:
 *
 *   score(h, r, t) = γ − distance( (r∘h)(x₀), t(x₀) )     or     similarity( (r∘h)(x₀), t(x₀) ).
 *
 * Xiao, He and Cao: Knowledge Graph Embedding by Normalizing Flows, AAAI 2023 (arXiv:2409.19977).
 */
import type { Tensor } from "@offprint/tensor";

/** Named tensors `[n, d]`, one row each for n permutations or n images. */
export type Parts<K extends string = string> = Readonly<Record<K, Tensor>>;

/** Permutations of a set; one value of `G` stands for a batch of n of them, acting on each of d coordinates alone. */
export interface Permutations<G extends Parts, Image extends Parts> {
  /** The set X and its base object x₀, in words. */
  readonly set: string;
  /** How a permutation moves an element, in words. */
  readonly action: string;
  /** x → outer(inner(x)). */
  compose(outer: G, inner: G): G;
  /** The permutation that undoes `g`. Of relations where entities are a wider family. */
  invert(g: G): G;
  /** g(x₀). */
  act(g: G): Image;
  /** Standard deviation of g(x₀) in every coordinate, `[n, d]`, where X consists of random variables. */
  spread?(image: Image): Tensor;
}

/** One side of a comparison written as a product: see {@link Comparison}. */
export interface Factor {
  /** `[n, K]`. */
  readonly vectors: Tensor;
  /** `[n]`, absent where it is 0. */
  readonly bias?: Tensor;
}

/**
 * How two images are compared. Every one here takes the form −bias(left)ᵢ − bias(right)ⱼ + left.vectorsᵢ · right.vectorsⱼ,
 * so that scores of b queries against n entities are one matrix product `[b, K] · [K, n]`.
 */
export interface Comparison<Image extends Parts> {
  /** A distance is 0 at best and subtracted from the margin γ; a similarity has neither bound nor margin. */
  readonly kind: "distance" | "similarity";
  /** The formula in words. */
  readonly formula: string;
  /** −distance, or similarity, of each left image to the right image in the same row: `[n]`. */
  pairwise(left: Image, right: Image): Tensor;
  left(image: Image): Factor;
  right(image: Image): Factor;
}

/** How the numbers of one parameter start. */
export interface ParameterSpec {
  /** Uniform in ±`uniform`. */
  readonly uniform: number;
}

/** Which set, which permutations, which comparison: what a model file says. */
export interface ModelDefinition<E extends string, R extends string, G extends Parts, Image extends Parts> {
  readonly name: string;
  readonly title: string;
  readonly source: string;
  /** What is stored of an entity, each part `[N, d]`. */
  readonly entity: Readonly<Record<E, ParameterSpec>>;
  /** What is stored of a relation, each part `[2R, d]`; the second half are the reciprocal relations. */
  readonly relation: Readonly<Record<R, ParameterSpec>>;
  readonly permutations: Permutations<G, Image>;
  readonly comparison: Comparison<Image>;
  entityPermutation(parts: Parts<E>): G;
  relationPermutation(parts: Parts<R>): G;
  /** The parameters of a permutation that belongs to the relations: the inverse of `relationPermutation`. */
  relationParts(permutation: G): Parts<R>;
  /** Relations r with r∘r = id, other than the identity where there are such; from any relation of the same shape. */
  involution(like: Parts<R>): Parts<R>;
}

/** A model with its set and permutations closed over: what training, evaluation and the rules work with. */
export interface Model {
  readonly name: string;
  readonly title: string;
  readonly source: string;
  readonly set: string;
  readonly action: string;
  readonly formula: string;
  readonly kind: "distance" | "similarity";
  readonly entity: Readonly<Record<string, ParameterSpec>>;
  readonly relation: Readonly<Record<string, ParameterSpec>>;
  /** Whether images are random variables, so that predictions have a spread. */
  readonly hasSpread: boolean;
  /** Score without γ of each row's triple: `[n]`. */
  score(head: Parts, relation: Parts, tail: Parts): Tensor;
  /** (r∘h)(x₀) as the left factor of the product. */
  query(head: Parts, relation: Parts): Factor;
  /** t(x₀) as the right factor of the product. */
  candidates(tail: Parts): Factor;
  /** Standard deviations `[n, d]` of (r∘h)(x₀), or of t(x₀) when no relation is given. */
  spread(entity: Parts, relation?: Parts): Tensor | undefined;
  /** Parameters of the relation outer∘inner, as far as the family has it. */
  composeRelations(outer: Parts, inner: Parts): Parts;
  /** Parameters of the relation that undoes `relation`, as far as the family has it. */
  invertRelation(relation: Parts): Parts;
  /** Relations that undo themselves. */
  involution(like: Parts): Parts;
  /** −distance, or similarity, of r₂∘r₁∘h to r∘g on the base object: for checking rules. `[n]`. */
  compareChains(left: readonly Parts[], head: Parts, right: readonly Parts[], other: Parts): Tensor;
}

/** Closes a definition over its types, so that models of different sets fit one list. */
export function defineModel<E extends string, R extends string, G extends Parts, Image extends Parts>(
  definition: ModelDefinition<E, R, G, Image>,
): Model {
  const { permutations, comparison } = definition;
  const entity = (parts: Parts): G => definition.entityPermutation(parts);
  const relation = (parts: Parts): G => definition.relationPermutation(parts);
  const image = (head: Parts, ...relations: readonly Parts[]): Image =>
    permutations.act(relations.reduceRight<G>((g, r) => permutations.compose(relation(r), g), entity(head)));
  return {
    name: definition.name,
    title: definition.title,
    source: definition.source,
    set: permutations.set,
    action: permutations.action,
    formula: comparison.formula,
    kind: comparison.kind,
    entity: definition.entity,
    relation: definition.relation,
    hasSpread: permutations.spread !== undefined,
    score: (h, r, t) => comparison.pairwise(image(h, r), image(t)),
    query: (h, r) => comparison.left(image(h, r)),
    candidates: (t) => comparison.right(image(t)),
    spread: (e, r) => permutations.spread?.(r ? image(e, r) : image(e)),
    composeRelations: (outer, inner) =>
      definition.relationParts(permutations.compose(relation(outer), relation(inner))),
    invertRelation: (r) => definition.relationParts(permutations.invert(relation(r))),
    involution: (like) => definition.involution(like),
    compareChains: (left, head, right, other) => comparison.pairwise(image(head, ...left), image(other, ...right)),
  };
}

/** The usual start of the official code: every number uniform in ±0.1. */
export const small: ParameterSpec = { uniform: 0.1 };
