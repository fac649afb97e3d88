import { hostTensor, type HostTensor } from "@offprint/tensor";
import { EpochBatches, RandomStream, type BatchPosition, type BatchStream, type RandomState } from "@offprint/training";
import type { Questions } from "../evaluation/queries.ts";

/** Queries of a batch as a step takes them. */
export interface QueryBatch {
  readonly epoch: number;
  readonly inputs: Readonly<Record<string, Int32Array | HostTensor>>;
}

/** Where the batches stand, safe to keep as JSON. */
export type QueryPosition = { readonly order: BatchPosition; readonly negatives: RandomState };

/** How batches are drawn. */
export interface QueryBatchOptions {
  readonly batchSize: number;
  readonly seed: number;
  /** Random entities a query; 0: none. */
  readonly negatives: number;
  readonly entityCount: number;
}

/** Batches without end of the queries (h, r) → t and (t, r + R) → h of the training triples, in a new order each epoch. */
export class QueryBatches implements BatchStream<QueryBatch, QueryPosition> {
  readonly #queries: Questions & { readonly answers: Int32Array };
  readonly #options: QueryBatchOptions;
  readonly #order: EpochBatches;
  #negatives: RandomStream;

  constructor(queries: Questions & { readonly answers: Int32Array }, options: QueryBatchOptions) {
    this.#queries = queries;
    this.#options = options;
    this.#order = new EpochBatches({ count: queries.answers.length, batchSize: options.batchSize, seed: options.seed });
    this.#negatives = RandomStream.create(options.seed, "negatives");
  }

  get batchesPerEpoch(): number {
    return this.#order.batchesPerEpoch;
  }

  next(): QueryBatch {
    const { epoch, indices } = this.#order.next();
    const pick = (column: Int32Array): Int32Array => indices.map((index) => column[index] ?? 0);
    const { anchors, relations, answers } = this.#queries;
    const inputs = { heads: pick(anchors), relations: pick(relations), tails: pick(answers) };
    const { negatives, entityCount } = this.#options;
    if (negatives === 0) return { epoch, inputs };
    const drawn = Int32Array.from({ length: indices.length * negatives }, () => this.#negatives.integer(entityCount));
    return { epoch, inputs: { ...inputs, negatives: hostTensor(drawn, [indices.length, negatives]) } };
  }

  getState(): QueryPosition {
    return { order: this.#order.getState(), negatives: this.#negatives.getState() };
  }

  setState({ order, negatives }: QueryPosition): void {
    this.#order.setState(order);
    this.#negatives = RandomStream.fromState(negatives);
  }
}
