/** For browsers: the same programs on ONNX Runtime's WebAssembly. Open an engine with `createWebEngine` and pass it along. */
import type { HostTensor, TensorSpec } from "./dtype.ts";
import type { Engine } from "./engine/engine.ts";
import type { Tensor } from "./graph/tensor.ts";
import type { Tree } from "./graph/tree.ts";
import { Program, type ProgramDefinition } from "./program.ts";
import { Resident } from "./resident.ts";

export { createWebEngine, type WebEngineOptions } from "./engine/web.ts";
export { bool, constant, float16, float32, int32, int64, Tensor } from "./graph/tensor.ts";
export { hostTensor } from "./host-tensor.ts";
export { grad, valueAndGrad } from "./autodiff.ts";
export { checkpoint } from "./checkpoint.ts";
export * from "./ops/index.ts";

/** A function of symbolic tensors as a program on `engine`. */
export function compile<
  S extends Tree<HostTensor>,
  I extends Readonly<Record<string, TensorSpec>>,
  O extends Readonly<Record<string, Tensor>>,
>(definition: ProgramDefinition<S, I, O>, { engine }: { readonly engine: Engine }): Promise<Program<S, I, O>> {
  return Program.create<S, I, O>(engine, definition);
}

/** Copies nested values into an engine, for several programs to share. */
export function createResident<S extends Tree<HostTensor>>(
  values: S,
  { engine }: { readonly engine: Engine },
): Promise<Resident<S>> {
  return Resident.create<S>(engine, values);
}
