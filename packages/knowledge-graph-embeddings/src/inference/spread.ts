/**
 * How sure a model is by itself. Where entities are random variables, an answer compares the law of (r∘h)(x₀) with that of
 * t(x₀). Their standard deviations s and s′ become one number,
 *
 *   spread = √( mean over coordinates of s² + s′² ) / typical distance,
 *
 * the numerator being how far the two sides would scatter around the difference of their means if both were drawn
 * independently, the denominator the root mean square, per coordinate, of the distance between the means of two entities.
 * So it has no unit: 0.1 says that the answer is blurred by a tenth of what lies between two entities. It is the
 * model's own statement and not calibrated; with one query it orders answers by their own σ.
 */
import { compile, int32, mean, square, type HostTensor, type Tensor } from "@offprint/tensor";
import type { Triples } from "../data/triples.ts";
import type { Model } from "../models/model.ts";
import type { EmbeddingState } from "../scorer.ts";
import { rowsOf, type Embeddings } from "../scoring.ts";
import { rankCorrelation } from "./rank-correlation.ts";

/** The spread of one answer. */
export interface Spread {
  /** See the head of this module; at least 0. */
  readonly relative: number;
  /** Share of the other entities whose own σ is smaller than the answer's, in [0, 1]. */
  readonly moreUncertainThan: number;
}

/** Reads spreads of one model. */
export interface SpreadReader {
  /** `[N]`, spread of each entity's own image. */
  readonly entities: Float64Array;
  /** Spreads of the answers to a query, by answer. */
  of(anchor: number, relationRow: number): Promise<(answer: number) => Spread>;
  dispose(): Promise<void>;
}

/** Why a model has no spread; undefined when it has one. */
export function spreadlessReason({ title, hasSpread, entity }: Model): string | undefined {
  if (!hasSpread) return `${title} places entities at points, not at random variables, so it has no spread of its own`;
  if (!("shift" in entity))
    return `${title} tells entities apart by their scales alone, so a scale is a place and no uncertainty`;
  return undefined;
}

/** @returns undefined where {@link spreadlessReason} gives one. */
export async function createSpreadReader(
  model: Model,
  embeddings: Embeddings<HostTensor>,
  state: EmbeddingState,
): Promise<SpreadReader | undefined> {
  const means = embeddings.entity["shift"]; // what every model of random variables calls an entity's mean
  if (spreadlessReason(model) !== undefined || means === undefined) return undefined;
  const unit = typicalSquare(means);
  const own = await compile({
    state,
    run: ({ state: { params } }) => ({ outputs: { squares: meanSquare(model.spread(params.entity)) } }),
  });
  const squares = Float64Array.from((await own.run({})).squares.data as Float32Array);
  await own.dispose();
  const ascending = squares.toSorted();
  const query = await compile({
    state,
    inputs: { anchor: int32([1]), relation: int32([1]) },
    run: ({ state: { params }, inputs: { anchor, relation } }) => {
      const rows = [rowsOf(params.entity, anchor), rowsOf(params.relation, relation)] as const;
      return { outputs: { square: meanSquare(model.spread(...rows)) } };
    },
  });
  return {
    entities: squares.map((value) => Math.sqrt(value / unit)),
    async of(anchor, relationRow) {
      const out = await query.run({ anchor: Int32Array.of(anchor), relation: Int32Array.of(relationRow) });
      const asked = Number(out.square.data[0]);
      return (answer) => ({
        relative: Math.sqrt((asked + squares[answer]!) / unit),
        moreUncertainThan: countBelow(ascending, squares[answer]!) / Math.max(1, squares.length - 1),
      });
    },
    dispose: () => query.dispose(),
  };
}

/** Median spread below which σ counts as collapsed: it then makes up less than a ten-thousandth of squared distances. */
const collapseThreshold = 0.01;

/** Whether σ says anything. */
export type SpreadCheck =
  | { readonly available: false; readonly text: string }
  | {
      readonly available: true;
      /** The median of `entities` is below `threshold`, or all are the same. */
      readonly collapsed: boolean;
      /** Median spread of the entities' own images. */
      readonly relativeSpread: number;
      readonly threshold: number;
      /**
       * Spearman correlation of the entities' spread with their number of training triples, in [−1, 1]; negative when rare
       * entities are less certain, as one would hope. Null where one of the two is the same for all.
       */
      readonly degreeCorrelation: number | null;
      readonly text: string;
    };

/** Checks that the spread has not collapsed while training, and whether it is larger for entities seen rarely. */
export function checkSpread(model: Model, reader: SpreadReader | undefined, train: Triples): SpreadCheck {
  if (!reader) return { available: false, text: `${spreadlessReason(model)}.` };
  const { entities } = reader;
  const ascending = entities.toSorted();
  const relativeSpread = ascending[ascending.length >> 1] ?? 0;
  const isConstant = ascending[0] === ascending.at(-1);
  const collapsed = isConstant || !(relativeSpread >= collapseThreshold);
  const degreeCorrelation = rankCorrelation(entities, degreesIn(train, entities.length));
  const size = `half of the entities have a spread above ${percent(relativeSpread)} of the distance that usually lies between two entities`;
  const text = collapsed
    ? `The model's own spread has collapsed: ${size} (wanted: ${percent(collapseThreshold)}). Do not read it.`
    : `The model's own spread can be read: ${size}, and ${inWords(degreeCorrelation)}.`;
  return { available: true, collapsed, relativeSpread, threshold: collapseThreshold, degreeCorrelation, text };
}

function inWords(correlation: number | null): string {
  if (correlation === null) return "all entities have as many training triples";
  const measured = `(rank correlation with the number of training triples ${correlation.toFixed(2)})`;
  if (correlation <= -0.3) return `rarely seen entities have larger ones ${measured}`;
  if (correlation >= 0.3)
    return `often seen entities have larger ones, which is not what uncertainty should do ${measured}`;
  return `it hardly depends on how often an entity was seen ${measured}`;
}

const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;

/** `[N]`, training triples of each entity as head or tail; a loop counts once. */
export function degreesIn({ length, heads, tails }: Triples, entityCount: number): Float64Array {
  const degrees = new Float64Array(entityCount);
  for (let i = 0; i < length; i++) {
    const [head, tail] = [heads[i]!, tails[i]!];
    degrees[head] = degrees[head]! + 1;
    if (tail !== head) degrees[tail] = degrees[tail]! + 1;
  }
  return degrees;
}

/**
 * Mean over coordinates and over pairs of different rows of the squared difference, which is twice the mean variance with
 * N − 1 in its denominator. In float64, around the means, so that nothing cancels.
 */
function typicalSquare({ shape, data }: HostTensor): number {
  const [count = 0, width = 0] = shape;
  const values = data as Float32Array;
  const center = new Float64Array(width);
  for (let i = 0; i < values.length; i++) center[i % width] = center[i % width]! + values[i]! / count;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i]! - center[i % width]!) ** 2;
  return (2 * sum) / (Math.max(1, count - 1) * width);
}

function countBelow(ascending: Float64Array, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** `[n, d]` → `[n]`. */
function meanSquare(spread: Tensor | undefined): Tensor {
  if (!spread) throw new Error("internal: a model of random variables gives no spread");
  return mean(square(spread), -1);
}
