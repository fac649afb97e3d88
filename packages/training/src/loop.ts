import type { TrainingEvent } from "./events.ts";
import type { Json } from "./json.ts";
import { checkOptions, type TrainingBatch, type TrainingOptions } from "./training-options.ts";
import { TrainingRun } from "./training-run.ts";

/**
 * Trains, and tells what happens. A step is: a batch, its learning rate, one run of its program; then, when it is time,
 * an evaluation and a checkpoint. Stops after `totalSteps`, when evaluations stop improving, or at the signal.
 *
 * Resuming is exact: from a checkpoint on, weights, optimiser state, batches and metrics are the same bits as without the
 * interruption, provided the same options, data, engine and number of threads.
 * @throws {TrainingDivergedError} at a loss or state that is not finite.
 * @throws {CheckpointWriteError} {@link CheckpointDamagedError} {@link StateMismatchError} {@link SelectionMetricError}
 */
export async function* train<B extends TrainingBatch, P extends Json>(
  options: TrainingOptions<B, P>,
): AsyncGenerator<TrainingEvent, void, void> {
  checkOptions(options);
  const run = new TrainingRun(options);
  const resumed = await run.resume();
  if (resumed) yield resumed;
  for (;;) {
    const evaluated = await run.evaluateWhenDue();
    if (evaluated) yield evaluated;
    const reason = run.finishReason();
    const saved = await run.saveWhenDue(reason !== undefined);
    if (saved) yield saved;
    if (reason) return yield await run.finish(reason);
    const stepped = await run.step();
    if (stepped) yield stepped;
  }
}
