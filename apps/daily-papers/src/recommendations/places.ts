import type { TrainedModel } from "@offprint/knowledge-graph-embeddings";
import { paperLabel, relations } from "./graph.ts";

/** How unsure the model is of where a paper lies. Its own word, and not calibrated. */
export interface Spread {
  /** As a share of the distance that usually lies between two papers. */
  readonly relative: number;
  /** Share of the other papers of which the model is surer, in [0, 1]. */
  readonly moreUncertainThan: number;
}

/** Below this median spread σ has collapsed while training, and says nothing. */
const collapsed = 0.01;

/**
 * Where NFE-1 puts the papers: each is a random variable with a mean and a standard deviation in every coordinate. Two
 * papers are compared by where the relations carry them: r∘p and r∘q are laws of the same authors, or subjects, and the
 * squared 2-Wasserstein distance between them is Σ a²((μ − μ′)² + (σ − σ′)²) with the relation's scale a.
 */
export class Places {
  readonly #width: number;
  /** `[papers, 2·width]`, means and deviations, already multiplied by what the relations make of each coordinate. */
  readonly #values: Float32Array;
  readonly #known: readonly boolean[];
  readonly #spreads: readonly (Spread | undefined)[];

  constructor({ embeddings, entities, relations: learned }: TrainedModel, paperIds: readonly string[]) {
    const [shift, scale] = [numbersOf(embeddings.entity["shift"]), numbersOf(embeddings.entity["scale"])];
    const stretch = numbersOf(embeddings.relation["scale"]);
    const width = embeddings.entity["shift"]?.shape[1] ?? 0;
    this.#width = 2 * width;
    const weights = relationWeights(
      Object.values(relations).flatMap((name) => learned.find(name) ?? []),
      stretch,
      width,
    );
    this.#values = new Float32Array(paperIds.length * this.#width);
    const rows = paperIds.map((id) => entities.find(paperLabel(id)));
    this.#known = rows.map((row) => row !== undefined);
    for (const [index, row] of rows.entries()) {
      if (row === undefined) continue;
      for (let i = 0; i < width; i++) {
        const weight = weights[i] ?? 0;
        this.#values[index * this.#width + i] = weight * (shift[row * width + i] ?? 0);
        this.#values[index * this.#width + width + i] = weight * Math.abs(scale[row * width + i] ?? 0);
      }
    }
    this.#spreads = this.#readSpreads(width);
  }

  knows(index: number): boolean {
    return this.#known[index] === true;
  }

  /** Undefined for a paper that the model does not know, and where σ has collapsed. */
  spread(index: number): Spread | undefined {
    return this.#spreads[index];
  }

  /** Squared distance of a paper from each, written into `out`; infinite from those that the model does not know. */
  compare(index: number, out: Float32Array): Float32Array {
    const [width, values] = [this.#width, this.#values];
    const own = index * width;
    for (let other = 0; other < out.length; other++) {
      let sum = 0;
      const start = other * width;
      for (let i = 0; i < width; i++) {
        const difference = (values[own + i] ?? 0) - (values[start + i] ?? 0);
        sum += difference * difference;
      }
      out[other] = this.#known[other] === true ? sum : Infinity;
    }
    return out;
  }

  #readSpreads(width: number): (Spread | undefined)[] {
    const indices = this.#known.flatMap((known, index) => (known ? [index] : []));
    const unit = this.#typicalSquare(indices, width);
    const spreads = new Map(indices.map((index) => [index, Math.sqrt(this.#ownSquare(index, width) / (unit || 1))]));
    const ascending = [...spreads.values()].toSorted((a, b) => a - b);
    if (!((ascending[ascending.length >> 1] ?? 0) >= collapsed)) return this.#known.map(() => undefined);
    const place = new Map(ascending.map((value, at) => [value, at]));
    return this.#known.map((_, index) => {
      const relative = spreads.get(index);
      if (relative === undefined) return undefined;
      return { relative, moreUncertainThan: (place.get(relative) ?? 0) / Math.max(1, ascending.length - 1) };
    });
  }

  /** Mean over coordinates of σ². */
  #ownSquare(index: number, width: number): number {
    let sum = 0;
    for (let i = width; i < 2 * width; i++) sum += (this.#values[index * this.#width + i] ?? 0) ** 2;
    return sum / width;
  }

  /** Mean over coordinates and pairs of papers of the squared difference of means: twice the variance. */
  #typicalSquare(indices: readonly number[], width: number): number {
    let sum = 0;
    for (let i = 0; i < width; i++) {
      const column = indices.map((index) => this.#values[index * this.#width + i] ?? 0);
      const mean = column.reduce((total, value) => total + value, 0) / Math.max(1, column.length);
      sum += column.reduce((total, value) => total + (value - mean) ** 2, 0);
    }
    return (2 * sum) / (Math.max(1, indices.length - 1) * width);
  }
}

/** What a coordinate's difference becomes when relations carry both sides: the root mean square of their scales. */
function relationWeights(rows: readonly number[], stretch: Float32Array, width: number): Float32Array {
  return Float32Array.from({ length: width }, (_, i) => {
    const square = rows.reduce((sum, row) => sum + (stretch[row * width + i] ?? 0) ** 2, 0);
    return Math.sqrt(square / Math.max(1, rows.length));
  });
}

function numbersOf(tensor: { readonly data: unknown } | undefined): Float32Array {
  if (tensor?.data instanceof Float32Array) return tensor.data;
  throw new Error("internal: the model of recommendations is not NFE-1");
}
