import type { TensorSpec } from "../dtype.ts";
import { TensorError } from "../errors.ts";
import type { Provider } from "./engine.ts";

/** Base of everything that an engine throws on purpose; `code` is stable, fields of the subclasses tell the facts. */
export abstract class EngineError extends TensorError {}

/** ONNX Runtime's shared library cannot be found or loaded. */
export class EngineLibraryError extends EngineError {
  override readonly name = "EngineLibraryError";
  readonly code = "ENGINE_LIBRARY";
  readonly library: string;
  constructor(library: string, options?: ErrorOptions) {
    super(
      `ONNX Runtime could not be loaded from "${library}": ${reasonOf(options?.cause)}. ` +
        "Run `npm install`, or point OFFPRINT_ONNXRUNTIME to the library or to its folder",
      options,
    );
    this.library = library;
  }
}

/** The shared library is another version than the one whose function table is known. */
export class EngineVersionError extends EngineError {
  override readonly name = "EngineVersionError";
  readonly code = "ENGINE_VERSION";
  readonly library: string;
  readonly wanted: string;
  readonly found: string;
  constructor(library: string, wanted: string, found: string) {
    super(`ONNX Runtime ${wanted} or newer within ${majorOf(wanted)}.x is needed; "${library}" is ${found}`);
    this.library = library;
    this.wanted = wanted;
    this.found = found;
  }
}

/** The provider asked for is not in this library, lacks one of its own, or finds no device. */
export class ProviderUnavailableError extends EngineError {
  override readonly name = "ProviderUnavailableError";
  readonly code = "PROVIDER_UNAVAILABLE";
  readonly provider: Provider;
  readonly available: readonly string[];
  constructor(provider: Provider, available: readonly string[], help: string, options?: ErrorOptions) {
    const reason = options?.cause === undefined ? "" : `: ${reasonOf(options.cause)}`;
    super(
      `provider "${provider}" cannot be used${reason}. The library was built with ${available.join(", ") || "none"}. ${help}`,
      options,
    );
    this.provider = provider;
    this.available = available;
  }
}

/** The engine does not accept a model: a broken graph, or an operator without a kernel. */
export class ModelRejectedError extends EngineError {
  override readonly name = "ModelRejectedError";
  readonly code = "MODEL_REJECTED";
  constructor(reason: string, options?: ErrorOptions) {
    super(`the engine rejected the model: ${reason}`, options);
  }
}

/** A run did not finish for a reason other than cancellation. */
export class RunFailedError extends EngineError {
  override readonly name = "RunFailedError";
  readonly code = "RUN_FAILED";
  constructor(reason: string, options?: ErrorOptions) {
    super(`the run failed: ${reason}`, options);
  }
}

/** A run was stopped through its `AbortSignal`; `cause` is the signal's reason. */
export class RunCancelledError extends EngineError {
  override readonly name = "RunCancelledError";
  readonly code = "RUN_CANCELLED";
  constructor(options?: ErrorOptions) {
    super("the run was cancelled", options);
  }
}

/** A feed, a fetch or a value to write has another element type or shape than its place wants. */
export class TensorMismatchError extends EngineError {
  override readonly name = "TensorMismatchError";
  readonly code = "TENSOR_MISMATCH";
  readonly place: string;
  readonly wanted: TensorSpec;
  readonly came: TensorSpec;
  constructor(place: string, wanted: TensorSpec, came: TensorSpec) {
    super(`${place} wants ${describe(wanted)}, ${describe(came)} came`);
    this.place = place;
    this.wanted = wanted;
    this.came = came;
  }
}

/** Names of feeds or fetches do not fit the model's inputs or outputs. */
export class BindingError extends EngineError {
  override readonly name = "BindingError";
  readonly code = "BINDING";
  readonly binding: string;
  readonly known: readonly string[];
  constructor(problem: string, binding: string, known: readonly string[]) {
    super(`${problem} "${binding}"; the model has ${known.join(", ") || "none"}`);
    this.binding = binding;
    this.known = known;
  }
}

/** Something was used after its `dispose()`. */
export class DisposedError extends EngineError {
  override readonly name = "DisposedError";
  readonly code = "DISPOSED";
  readonly what: string;
  constructor(what: string) {
    super(`this ${what} has been disposed; make a new one, or dispose it later`);
    this.what = what;
  }
}

/**
 * @param place what takes the value, for the message.
 * @throws {TensorMismatchError} unless both are of one element type and shape.
 */
export function requireSameSpec(place: string, wanted: TensorSpec, came: TensorSpec): void {
  const same =
    wanted.dtype === came.dtype &&
    wanted.shape.length === came.shape.length &&
    wanted.shape.every((length, axis) => length === came.shape[axis]);
  if (!same) throw new TensorMismatchError(place, wanted, came);
}

function describe({ dtype, shape }: TensorSpec): string {
  return `${dtype}[${shape.join(", ")}]`;
}

function majorOf(version: string): string {
  return version.slice(0, version.indexOf("."));
}

/** The words of whatever was thrown. */
export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
