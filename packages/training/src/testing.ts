/** Helpers of this package's tests: a training without an engine. */
import { hostTensor, isHostTensor, type HostTensor, type InputValue, type TensorSpec } from "@offprint/tensor";
import { EpochBatches, type BatchPosition } from "./batches.ts";
import type { TrainingEvent } from "./events.ts";
import { RandomStream } from "./random.ts";
import type { BatchStream, StepProgram, TrainingBatch, TrainingOptions } from "./training-options.ts";
import type { TrainingState } from "./training-state.ts";

export interface ToyTraining {
  readonly values: { readonly w: HostTensor; readonly velocity: HostTensor };
  readonly state: TrainingState & { readonly slots: Map<string, { readonly spec: TensorSpec }> };
  readonly program: () => StepProgram;
  /** The outputs that each run was asked for. */
  readonly outputs: readonly (readonly string[])[];
  readonly weight: () => number;
}

/** A stand-in for an engine: pulls one number towards each value of the batches, with momentum. */
export function toyTraining(initial = 0): ToyTraining {
  const values = { w: hostTensor(Float32Array.of(initial)), velocity: hostTensor(Float32Array.of(0)) };
  const named = new Map(Object.entries(values));
  const state = {
    slots: new Map([...named].map(([path, { dtype, shape }]) => [path, { spec: { dtype, shape } }])),
    read: (path: string): Promise<HostTensor> =>
      Promise.resolve({ ...named.get(path)!, data: named.get(path)!.data.slice() }),
    write: (value: unknown, path = ""): Promise<void> => {
      if (isHostTensor(value)) named.get(path)!.data.set(value.data as never);
      return Promise.resolve();
    },
  };
  const outputs: (readonly string[])[] = [];
  const program = {
    run: (inputs: Readonly<Record<string, InputValue>>, wanted: { readonly outputs: readonly "loss"[] }) => {
      const target = (inputs["target"] as Float32Array)[0] ?? NaN;
      const rate = (inputs["learningRate"] as Float32Array)[0] ?? NaN;
      const [w, velocity] = [values.w.data as Float32Array, values.velocity.data as Float32Array];
      const error = (w[0] ?? NaN) - target;
      velocity[0] = 0.5 * (velocity[0] ?? NaN) + error;
      w[0] = (w[0] ?? NaN) - rate * (velocity[0] ?? NaN);
      outputs.push(wanted.outputs);
      const loss = hostTensor(Float32Array.of(error * error), []);
      return Promise.resolve<Readonly<Record<string, HostTensor>>>(wanted.outputs.length > 0 ? { loss } : {});
    },
  };
  return { values, state, program: () => program, outputs, weight: () => Number(values.w.data[0]) };
}

type ToyBatches = BatchStream<TrainingBatch, { order: BatchPosition; noise: readonly number[] }>;

/** Shuffled targets with a bit of noise from a stream of its own. */
function toyBatches(): ToyBatches {
  const order = new EpochBatches({ count: 7, batchSize: 1, seed: 3 });
  let noise = RandomStream.create(3, "noise");
  return {
    next: () => {
      const { epoch, indices } = order.next();
      return { epoch, inputs: { target: Float32Array.of((indices[0] ?? NaN) + noise.uniform()) } };
    },
    getState: () => ({ order: order.getState(), noise: noise.getState() }),
    setState: (state) => {
      order.setState(state.order);
      noise = RandomStream.fromState(state.noise as never);
    },
  };
}

/** Options of the toy's training. */
export type Options = TrainingOptions<TrainingBatch, ReturnType<ToyBatches["getState"]>>;

export function options(toy: ReturnType<typeof toyTraining>, more: Partial<Options> = {}): Options {
  const { state, program } = toy;
  return { state, program, batches: toyBatches(), learningRate: () => 0.1, totalSteps: 20, now: () => 0, ...more };
}

export async function collect(
  events: AsyncIterable<TrainingEvent>,
  until?: (event: TrainingEvent) => boolean,
): Promise<TrainingEvent[]> {
  const told: TrainingEvent[] = [];
  for await (const event of events) {
    told.push(event);
    if (until?.(event)) break;
  }
  return told;
}

/** The events of one type. */
export function ofType<T extends TrainingEvent["type"]>(
  events: readonly TrainingEvent[],
  type: T,
): (TrainingEvent & { readonly type: T })[] {
  return events.filter((event): event is TrainingEvent & { readonly type: T } => event.type === type);
}
