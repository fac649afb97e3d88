import type { TrainedModel } from "../artefact.ts";
import type { KgeConfig } from "../config.ts";
import type { Vocabulary } from "../data/vocabulary.ts";
import type { GraphSize } from "../evaluation/queries.ts";

/** What answers are made from: a {@link TrainedModel}, wherever it came from. */
export type LearnedGraph = Pick<
  TrainedModel,
  "model" | "embeddings" | "entities" | "relations" | "splits" | "calibration"
> & { readonly config: Pick<KgeConfig, "gamma"> };

/** An entity or relation as a person and a program read it. */
export interface Named {
  readonly label: string;
  /** The label itself where the data has no words for a person. */
  readonly name: string;
}

export const named = (vocabulary: Vocabulary, index: number): Named => ({
  label: vocabulary.label(index),
  name: vocabulary.name(index),
});

export const sizeOf = ({ entities, relations }: LearnedGraph): GraphSize => ({
  entityCount: entities.size,
  relationCount: relations.size,
});
