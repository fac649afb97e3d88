import { hostTensor, type HostTensor } from "@offprint/tensor";
import { RandomStream } from "@offprint/training";
import type { Model, ParameterSpec } from "../models/model.ts";
import type { Embeddings } from "../scoring.ts";

/** How many rows and columns the tables have. */
export interface TableSizes {
  readonly entities: number;
  /** Without reciprocal relations; their tables have twice as many rows. */
  readonly relations: number;
  readonly dimension: number;
}

/** Embeddings as they start, each part from a random stream of its own. */
export function initialEmbeddings(model: Model, sizes: TableSizes, seed: number): Embeddings<HostTensor> {
  const draw = (
    side: string,
    rows: number,
    parts: Readonly<Record<string, ParameterSpec>>,
  ): Record<string, HostTensor> =>
    Object.fromEntries(
      Object.entries(parts).map(([part, { uniform }]) => {
        const stream = RandomStream.create(seed, `init ${side}.${part}`);
        const values = stream.fillUniform(new Float32Array(rows * sizes.dimension), -uniform, uniform);
        return [part, hostTensor(values, [rows, sizes.dimension])];
      }),
    );
  return {
    entity: draw("entity", sizes.entities, model.entity),
    relation: draw("relation", 2 * sizes.relations, model.relation),
  };
}
