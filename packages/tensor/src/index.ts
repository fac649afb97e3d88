// Values and structures
export {
  bytesPerElement,
  elementCount,
  type DType,
  type HostTensor,
  type Shape,
  type TensorSpec,
  type TypedArray,
} from "./dtype.ts";
export {
  bool,
  constant,
  float16,
  float32,
  int32,
  int64,
  isHostTensor,
  isTensor,
  Tensor,
  type TensorLike,
  type TensorTree,
} from "./graph/tensor.ts";
export { treeLeaves, treeMap, type Tree } from "./graph/tree.ts";

// Operations
export * from "./ops/index.ts";

// Derivatives
export { grad, valueAndGrad } from "./autodiff.ts";
export { checkpoint } from "./checkpoint.ts";

// Programs
export { compile, createResident, defaultEngine, openEngine, type EngineChoice } from "./default-engine.ts";
export { hostTensor } from "./host-tensor.ts";
export type { InputValue, Program, ProgramDefinition, RunOptions } from "./program.ts";
export type { ProgramSummary } from "./program-summary.ts";
export { Resident } from "./resident.ts";
export { cachePrograms } from "./program-cache.ts";

// Engines
export type { DeviceTensor, Engine, EngineSession, Provider } from "./engine/engine.ts";

// Errors
export {
  DTypeMismatchError,
  InvalidArgumentError,
  NotDifferentiableError,
  ProgramInputError,
  ShapeMismatchError,
  StateLostError,
  TensorError,
} from "./errors.ts";
export {
  BindingError,
  DisposedError,
  EngineError,
  EngineLibraryError,
  EngineVersionError,
  ModelRejectedError,
  ProviderUnavailableError,
  RunCancelledError,
  RunFailedError,
  TensorMismatchError,
} from "./engine/errors.ts";
