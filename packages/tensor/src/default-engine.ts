import type { HostTensor, TensorSpec } from "./dtype.ts";
import type { Engine } from "./engine/engine.ts";
import { createNativeEngine, type NativeEngineOptions } from "./engine/native.ts";
import type { Tensor } from "./graph/tensor.ts";
import type { Tree } from "./graph/tree.ts";
import { Program, type ProgramDefinition } from "./program.ts";
import { Resident } from "./resident.ts";

/** Where a program runs. */
export interface EngineChoice {
  /** Default: the engine of the state, or the process's own CPU engine. */
  readonly engine?: Engine;
}

let shared: Promise<Engine> | undefined;

/** ONNX Runtime on this machine's CPU with one thread a core, opened once a process. */
export function defaultEngine(): Promise<Engine> {
  shared ??= createNativeEngine();
  return shared;
}

/** An engine of one's own choice. @throws {EngineError} when the provider or its library is not there, saying how to get it. */
export function openEngine(options: NativeEngineOptions = {}): Promise<Engine> {
  return createNativeEngine(options);
}

/** Copies nested values into an engine, for several programs to share. */
export async function createResident<S extends Tree<HostTensor>>(
  values: S,
  { engine }: EngineChoice = {},
): Promise<Resident<S>> {
  return Resident.create<S>(engine ?? (await defaultEngine()), values);
}

/**
 * A function of symbolic tensors as a program: forward, backward and update run in one session, state stays in the engine.
 * The engine's own compilation happens at the first run (or `prepare`), 60–300 ms.
 */
export async function compile<
  S extends Tree<HostTensor>,
  I extends Readonly<Record<string, TensorSpec>>,
  O extends Readonly<Record<string, Tensor>>,
>(definition: ProgramDefinition<S, I, O>, { engine }: EngineChoice = {}): Promise<Program<S, I, O>> {
  const own = definition.state instanceof Resident ? definition.state.engine : undefined;
  return Program.create<S, I, O>(engine ?? own ?? (await defaultEngine()), definition);
}
