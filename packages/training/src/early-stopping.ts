import { TrainingError } from "./errors.ts";

/** Which evaluation is best, and when to give up waiting for a better one. */
export interface Selection {
  /** Name of the metric, as `evaluate` gives it. */
  readonly metric: string;
  /** Whether more is better ("max", default) or less. */
  readonly mode?: "max" | "min" | undefined;
  /** Stop after this many evaluations in a row without a better one; absent: never. */
  readonly patience?: number | undefined;
}

/** The best evaluation so far. */
export type BestEvaluation = {
  readonly step: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** Name of the checkpoint with the state of that step. */
  readonly checkpoint: string;
};

/** An evaluation did not give the metric that decides. */
export class SelectionMetricError extends TrainingError {
  override readonly name = "SelectionMetricError";
  readonly code = "SELECTION_METRIC";
  readonly metric: string;
  readonly step: number;

  constructor(metric: string, step: number, metrics: Readonly<Record<string, number>>) {
    const came = Object.entries(metrics).map(([name, value]) => `${name} ${value}`);
    super(`the evaluation at step ${step} must give a finite "${metric}"; it gave ${came.join(", ") || "nothing"}`);
    this.metric = metric;
    this.step = step;
  }
}

/**
 * Whether `metrics` beat the best so far; a tie does not.
 * @throws {SelectionMetricError} when the metric is missing or not finite.
 */
export function improves(
  { metric, mode = "max" }: Selection,
  step: number,
  metrics: Readonly<Record<string, number>>,
  best: BestEvaluation | undefined,
): boolean {
  const value = metrics[metric];
  if (value === undefined || !Number.isFinite(value)) throw new SelectionMetricError(metric, step, metrics);
  const record = best?.metrics[metric];
  return record === undefined || (mode === "max" ? value > record : value < record);
}
