/** An entity or a relation, as a program and as a person read it. */
export interface Term {
  readonly label: string;
  readonly name: string;
  readonly description?: string | undefined;
}

/** One answer to (head, relation, ?) or (?, relation, tail). */
interface Answer extends Term {
  /** Calibrated on the validation split; absent without a calibration. */
  readonly probability: number | undefined;
  /** The model's own spread, and the share of entities that it is surer of; absent where the model has none. */
  readonly spread: { readonly relative: number; readonly moreUncertainThan: number } | undefined;
  /** The split that holds the answer as a fact; absent where it is none. */
  readonly split: string | undefined;
}

/** What is asked of a model: one end of a triple is given in words, the other is to be found. */
export interface Question {
  readonly find: "head" | "tail";
  readonly words: string;
  /** Label of the relation. */
  readonly relation: string;
}

export type Reply =
  | {
      readonly type: "answers";
      readonly given: Term;
      readonly relation: Term;
      readonly answers: readonly Answer[];
      readonly candidates: number;
      /** What probability and spread say, or why they are not there. */
      readonly meaning: { readonly probability: string; readonly spread: string };
    }
  /** The words name nothing in the graph, and these terms come nearest; or they name each of these. */
  | { readonly type: "unknown" | "ambiguous"; readonly terms: readonly Term[] };

/** Something that a relation has learned, with what speaks for it. */
export interface LearnedRule {
  readonly relation: string;
  readonly rule: string;
  readonly verdict: string;
  readonly evidence: string;
}

export interface LearnedRules {
  readonly rules: readonly LearnedRule[];
  /** What was tried, in a sentence. */
  readonly sampling: string;
}

/** A run's model, ready to be asked; the training data is not needed. */
export interface TrainedModel {
  readonly relations: readonly Term[];
  /** What a reader may mean by these words, best first. */
  readonly suggest: (words: string, most: number) => readonly Term[];
  readonly ask: (question: Question, most: number) => Promise<Reply>;
  /** Takes seconds at the first call. */
  readonly rules: () => Promise<LearnedRules>;
  readonly dispose: () => Promise<void>;
}
