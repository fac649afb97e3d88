import {
  cachePrograms,
  compile,
  createResident,
  float32,
  int32,
  Resident,
  type Engine,
  type HostTensor,
} from "@offprint/tensor";
import type { Model } from "./models/model.ts";
import { candidateMatrix, queryMatrix, scoreAll, type Embeddings } from "./scoring.ts";

/** Scores of queries against all N entities, from embeddings that stay in the engine. */
export interface Scorer {
  readonly entityCount: number;
  /** Numbers a query or a candidate is compared by: K of the product. */
  readonly width: number;
  /**
   * Scores of (anchor, relation row, ?): row-major `[b, N]`, memory of its own. Every b is a program of its own, so ask in
   * blocks of few different sizes.
   */
  score(anchors: Int32Array, relationRows: Int32Array, signal?: AbortSignal): Promise<Float32Array>;
  /** Reads the embeddings anew, after training went on. */
  refresh(): Promise<void>;
  dispose(): Promise<void>;
}

/** State that holds embeddings, alone or with an optimiser's. */
export type EmbeddingState = Resident<{ readonly params: Embeddings<HostTensor> }>;

/**
 * The right factor of the product is built once and kept; a block of queries is then its small left factor and one product.
 * @param source embeddings in an engine, shared with training, or on the host.
 */
export async function createScorer(
  model: Model,
  source: EmbeddingState | Embeddings<HostTensor>,
  { gamma, engine }: { readonly gamma: number; readonly engine?: Engine },
): Promise<Scorer> {
  const shared = source instanceof Resident ? source : undefined;
  const own = { params: source as Embeddings<HostTensor> };
  const learned: EmbeddingState = shared ?? (await createResident(own, engine ? { engine } : {}));
  const paramsOf = (state: unknown): Embeddings => (state as { readonly params: Embeddings }).params;

  const buildCandidates = async (): Promise<HostTensor> => {
    const build = await compile({
      state: learned,
      run: ({ state }) => ({ outputs: { candidates: candidateMatrix(model, paramsOf(state).entity) } }),
    });
    try {
      return (await build.run({})).candidates;
    } finally {
      await build.dispose();
    }
  };
  const first = await buildCandidates();
  const [entityCount = 0, width = 0] = first.shape;
  const candidates = await createResident({ candidates: first }, { engine: learned.engine });

  const queryPrograms = cachePrograms((rows: number) =>
    compile({
      state: learned,
      inputs: { anchors: int32([rows]), relations: int32([rows]) },
      run: ({ state, inputs: { anchors, relations } }) => ({
        outputs: { queries: queryMatrix(model, paramsOf(state), anchors, relations, gamma) },
      }),
    }),
  );
  const scorePrograms = cachePrograms((rows: number) =>
    compile({
      state: candidates,
      inputs: { queries: float32([rows, width]) },
      run: ({ state, inputs: { queries } }) => ({
        outputs: { scores: scoreAll(queries, state.candidates) },
      }),
    }),
  );
  return {
    entityCount,
    width,
    async score(anchors, relations, signal) {
      const options = signal ? { signal } : {};
      const { queries } = await (await queryPrograms.get(anchors.length)).run({ anchors, relations }, options);
      const { scores } = await (await scorePrograms.get(anchors.length)).run({ queries }, options);
      return scores.data as Float32Array;
    },
    async refresh() {
      await candidates.write({ candidates: await buildCandidates() });
    },
    async dispose() {
      await queryPrograms.dispose();
      await scorePrograms.dispose();
      candidates.dispose();
      if (!shared) learned.dispose();
    },
  };
}
