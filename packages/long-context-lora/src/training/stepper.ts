import { cachePrograms, hostTensor, type Resident } from "@offprint/tensor";
import type { StepProgram as Step } from "@offprint/training";
import type { StepBatch } from "./step-batches.ts";
import {
  compilePart,
  compileStep,
  compileUpdate,
  type BatchShape,
  type StepSettings,
  type TuningTree,
  type UpdateProgram,
} from "./step-program.ts";

/** Programs kept at once: each holds memory as large as its activations, which a plan counts. */
export const programsAtOnce = 4;

/** Makes the updates of a fine-tuning, with a program for each shape of batch. */
export interface Stepper {
  /** What makes the update of one batch. */
  stepOf(batch: StepBatch): Step;
  dispose(): Promise<void>;
}

export function createStepper(state: Resident<TuningTree>, settings: StepSettings): Stepper {
  const ofShape = <P extends { dispose(): Promise<void> }>(
    compileFor: (state: Resident<TuningTree>, settings: StepSettings, shape: BatchShape) => Promise<P>,
  ) =>
    cachePrograms(
      (key: string) => {
        const [rows = 0, length = 0, documents] = key.split(" ").map(Number);
        return compileFor(state, settings, { rows, length, documents: documents === 1 });
      },
      { limit: programsAtOnce },
    );
  const whole = ofShape(compileStep);
  const parts = ofShape(compilePart);
  const update = cachePrograms<"update", UpdateProgram>(() => compileUpdate(state, settings));
  const keyOf = ({ rows, length, documents }: BatchShape): string => `${rows} ${length} ${documents ? 1 : 0}`;

  return {
    stepOf: (batch) => ({
      async run({ learningRate }) {
        if (learningRate === undefined) throw new TypeError("internal: a step without a learning rate");
        const [first, ...more] = batch.parts;
        if (first && more.length === 0) {
          const program = await whole.get(keyOf(first.shape));
          return await program.run({ ...first.inputs, learningRate }, { outputs: ["loss"] });
        }
        let total = 0;
        for (const [i, { shape, inputs }] of batch.parts.entries()) {
          const program = await parts.get(keyOf(shape));
          const { loss } = await program.run({ ...inputs, keep: Float32Array.of(i === 0 ? 0 : 1) });
          total += Number(loss.data[0]);
        }
        await (await update.get("update")).run({ learningRate }, { outputs: [] });
        return { loss: hostTensor(Float32Array.of(total), []) };
      },
    }),
    async dispose() {
      await whole.dispose();
      await parts.dispose();
      await update.dispose();
    },
  };
}
