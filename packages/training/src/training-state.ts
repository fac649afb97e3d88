import { isHostTensor, type HostTensor, type TensorSpec, type Tree } from "@offprint/tensor";
import { TrainingError } from "./errors.ts";
import { storedDType, type SafetensorsFile, type TensorSource } from "./safetensors.ts";

/** State that lives in an engine, as the `Resident` of the tensor package gives it. */
export interface TrainingState {
  /** Every leaf by its path: "params.entity.mean". */
  readonly slots: ReadonlyMap<string, { readonly spec: TensorSpec }>;
  read(path: string): Promise<Tree<HostTensor>>;
  write(values: Tree<HostTensor>, at?: string): Promise<void>;
}

/** A saved state has other tensors than the state it should be restored to. */
export class StateMismatchError extends TrainingError {
  override readonly name = "StateMismatchError";
  readonly code = "STATE_MISMATCH";
  readonly path: string;
  readonly leaf: string;

  constructor(path: string, leaf: string, detail: string) {
    super(`${path}: "${leaf}" ${detail}; it was saved with other settings: use the same ones, or start anew`);
    this.path = path;
    this.leaf = leaf;
  }
}

/** The leaves of a state as tensors of a file, each copied out of the engine when its turn comes. */
export function stateSources(state: TrainingState): TensorSource[] {
  return Array.from(state.slots, ([path, { spec }]) => {
    return {
      name: path,
      dtype: storedDType(spec.dtype),
      shape: spec.shape,
      read: async () => {
        const value = await state.read(path);
        if (!isHostTensor(value)) throw new TypeError(`internal: the state's leaf "${path}" is a branch`);
        return value.data;
      },
    };
  });
}

/**
 * Writes the tensors of a file into a state of the same leaves, types and shapes, one at a time.
 * @throws {StateMismatchError} naming the first leaf that differs, before anything is changed.
 */
export async function restoreState(state: TrainingState, file: SafetensorsFile): Promise<void> {
  for (const [path, { spec }] of state.slots) {
    const stored = file.tensors.get(path);
    if (stored === undefined) throw new StateMismatchError(file.path, path, "is missing");
    const came = `${stored.dtype} [${stored.shape.join(", ")}]`;
    const wanted = `${storedDType(spec.dtype)} [${spec.shape.join(", ")}]`;
    if (came !== wanted) throw new StateMismatchError(file.path, path, `is ${came} but the program has ${wanted}`);
  }
  const extra = [...file.tensors.keys()].find((name) => !state.slots.has(name));
  if (extra !== undefined) throw new StateMismatchError(file.path, extra, "is not in the program");
  for (const path of state.slots.keys()) await state.write(await file.readHost(path), path);
}
