import { createResident, type Engine, type HostTensor } from "@offprint/tensor";
import { createScorer, type EmbeddingState, type Scorer } from "../scorer.ts";
import type { Embeddings } from "../scoring.ts";
import { learnRules, type LearnedRules, type LearnedRulesOptions } from "./learned-rules.ts";
import type { LearnedGraph } from "./learned-graph.ts";
import { createNeighbourSearch, nearestEntities, type Neighbours, type NeighbourSearch } from "./neighbours.ts";
import { predictAnswers, type PredictionQuery, type Predictions } from "./predict.ts";
import { checkSpread, createSpreadReader, type SpreadCheck, type SpreadReader } from "./spread.ts";

/** A trained model ready to answer. Its embeddings lie in the engine once, and what a question needs is compiled at its first use. */
export class Predictor {
  readonly graph: LearnedGraph;
  readonly #state: EmbeddingState;
  #scorer: Promise<Scorer> | undefined;
  #spreads: Promise<SpreadReader | undefined> | undefined;
  #neighbours: Promise<NeighbourSearch> | undefined;
  #check: SpreadCheck | undefined;

  private constructor(graph: LearnedGraph, state: EmbeddingState) {
    this.graph = graph;
    this.#state = state;
  }

  static async create(graph: LearnedGraph, { engine }: { readonly engine?: Engine } = {}): Promise<Predictor> {
    const values: { params: Embeddings<HostTensor> } = { params: graph.embeddings };
    return new Predictor(graph, await createResident(values, engine ? { engine } : {}));
  }

  /**
   * Ranked answers to (head, relation, ?) or (?, relation, tail). See {@link predictAnswers}. What is said of the spread ends
   * with whether it can be read at all.
   */
  async predict(query: PredictionQuery, signal?: AbortSignal): Promise<Predictions> {
    const predictions = await predictAnswers(
      this.graph,
      await this.scorer(),
      await this.#spreadReader(),
      query,
      signal,
    );
    const check = await this.checkSpread();
    if (!check.available) return predictions;
    const { meaning } = predictions;
    return { ...predictions, meaning: { ...meaning, spread: `${meaning.spread} ${check.text}` } };
  }

  /** Entities near one. See {@link nearestEntities}. */
  async neighbours(question: { entity: string; top?: number | undefined }, signal?: AbortSignal): Promise<Neighbours> {
    this.#neighbours ??= createNeighbourSearch(this.graph.model, this.#state, this.graph.entities.size);
    return nearestEntities(this.graph, await this.#neighbours, question, signal);
  }

  /** Whether the model's own spread can be read. */
  async checkSpread(): Promise<SpreadCheck> {
    this.#check ??= checkSpread(this.graph.model, await this.#spreadReader(), this.graph.splits.train);
    return this.#check;
  }

  /** Which rules the relations follow under the model. See {@link learnRules}. */
  async learnedRules(options: LearnedRulesOptions = {}): Promise<LearnedRules> {
    return learnRules(this.graph, await this.scorer(), options);
  }

  /** Scores of all entities, for evaluation; belongs to this predictor. */
  scorer(): Promise<Scorer> {
    const { model, config } = this.graph;
    return (this.#scorer ??= createScorer(model, this.#state, { gamma: config.gamma }));
  }

  #spreadReader(): Promise<SpreadReader | undefined> {
    const { model, embeddings } = this.graph;
    return (this.#spreads ??= createSpreadReader(model, embeddings, this.#state));
  }

  /** Gives everything back to the engine. */
  async dispose(): Promise<void> {
    await (await this.#scorer)?.dispose();
    await (await this.#spreads)?.dispose();
    await (await this.#neighbours)?.dispose();
    this.#state.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/** One question, answered and everything given back; keep a {@link Predictor} for more than one. */
export async function predict(graph: LearnedGraph, query: PredictionQuery): Promise<Predictions> {
  await using predictor = await Predictor.create(graph);
  return await predictor.predict(query);
}
