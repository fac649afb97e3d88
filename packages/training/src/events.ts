import type { BestEvaluation } from "./early-stopping.ts";

/** What the training loop tells; others print, store or draw it. */
export type TrainingEvent =
  | {
      readonly type: "resumed";
      /** Updates that need not be done again. What had been told of later ones will be told again. */
      readonly step: number;
      readonly checkpoint: string;
      /** What is wrong with newer checkpoints that had to be passed over. */
      readonly damaged: readonly string[];
    }
  | {
      readonly type: "step";
      /** Updates done. */
      readonly step: number;
      readonly total: number;
      /** Of the batch, from 0. */
      readonly epoch: number;
      /** Of the batch, before its update. */
      readonly loss: number;
      readonly learningRate: number;
      /** Updates a second since the last event of this kind, evaluations and checkpoints excluded. */
      readonly rate: number;
      /** Estimate for all that remains, from the whole time since the start or the resume. */
      readonly secondsLeft: number;
    }
  | {
      readonly type: "evaluation";
      readonly step: number;
      readonly epoch: number;
      readonly metrics: Readonly<Record<string, number>>;
      /** It is the best so far; absent when nothing is selected by. */
      readonly improved?: boolean;
    }
  | {
      readonly type: "checkpoint";
      readonly step: number;
      readonly name: string;
      readonly bytes: number;
    }
  | {
      readonly type: "finished";
      readonly step: number;
      readonly reason: FinishReason;
      /** The evaluation whose state is in place now; after "cancelled" it only lies in its checkpoint. */
      readonly best?: BestEvaluation;
    };

export type FinishReason = "completed" | "stopped early" | "cancelled";
