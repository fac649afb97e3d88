// Optimise
export { sgd, type SgdOptions } from "./optimizers/sgd.ts";
export { adam, type AdamOptions } from "./optimizers/adam.ts";
export { adamw, type AdamWOptions } from "./optimizers/adamw.ts";
export { OptimizerStructureError, type Optimizer } from "./optimizers/optimizer.ts";
export { clipByGlobalNorm, globalNorm } from "./clip.ts";
export { schedule, type Schedule, type ScheduleConfig } from "./schedules.ts";

// Draw numbers and batches
export { RandomStream, type RandomState } from "./random.ts";
export { EpochBatches, type BatchPosition, type EpochBatchesOptions, type IndexBatch } from "./batches.ts";

// Train
export { train } from "./loop.ts";
export type { FinishReason, TrainingEvent } from "./events.ts";
export type {
  BatchStream,
  CheckpointOptions,
  EvaluationOptions,
  StepProgram,
  TrainingBatch,
  TrainingOptions,
} from "./training-options.ts";
export { SelectionMetricError, type BestEvaluation, type Selection } from "./early-stopping.ts";
export { TrainingDivergedError } from "./training-run.ts";

// Keep and take up
export {
  checkpointNames,
  loadCheckpoint,
  loadLatestCheckpoint,
  saveCheckpoint,
  CheckpointDamagedError,
  CheckpointWriteError,
  type Checkpoint,
  type SaveCheckpointOptions,
  type SavedCheckpoint,
} from "./checkpoint.ts";
export { restoreState, stateSources, StateMismatchError, type TrainingState } from "./training-state.ts";

// Store tensors
export {
  SafetensorsFile,
  storedDType,
  tensorSources,
  writeSafetensors,
  type StoredTensor,
  type TensorSource,
} from "./safetensors.ts";
export {
  SafetensorsError,
  type SafetensorsProblem,
  type StoredArray,
  type StoredDType,
  type StoredTensorInfo,
} from "./safetensors-header.ts";
export type { FileDigest } from "./durable-file.ts";
export { replaceFolder } from "./replace-folder.ts";

export { InvalidOptionError, TrainingError } from "./errors.ts";
export type { Json } from "./json.ts";
