/** An entity or a relation of a trained graph, in the words that the graph has for it. */
export interface Term {
  /** What the triples say. */
  readonly label: string;
  /** The same for readers. */
  readonly text: string;
  readonly description?: string | undefined;
}

/** One candidate answer to (head, relation, ?) or (?, relation, tail). */
export interface Prediction extends Term {
  readonly score: number;
  /** Calibrated on the validation split: of the answers given this probability, such a share is true. */
  readonly probability: number | undefined;
  /** The model's own spread of its answer, where the model embeds random variables. */
  readonly spread: number | undefined;
  /** Whether the triple is in the graph already. */
  readonly known: boolean | undefined;
}

/** What a relation has learned to be, with the evidence. */
export interface LearnedRule {
  readonly rule: string;
  readonly evidence: string;
}

/** A run's model, loaded from its folder; the training data is not needed. */
export interface TrainedModel {
  readonly relations: readonly Term[];
  /** The entity that a reader's words mean, or those that come nearest. */
  findEntity(words: string): { readonly entity: Term } | { readonly nearest: readonly Term[] };
  suggest(words: string, most: number): readonly Term[];
  /** The best `top` answers, best first; exactly one of head and tail is given, by label. */
  predict(query: { head?: string; tail?: string; relation: string; top: number }): Promise<readonly Prediction[]>;
  rules(): Promise<readonly LearnedRule[]>;
}

/** Loads the model that a run left in its folder. */
export async function loadTrained(folder: string): Promise<TrainedModel> {
  throw new Error(`${folder} cannot be read yet`);
}
