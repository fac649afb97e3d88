import { requireInteger, requireNumber } from "./errors.ts";

/** Learning rate of an update; `step` counts from 0 (the first update). Pure: the same step gives the same rate. */
export type Schedule = (step: number) => number;

/** What every schedule knows: the full rate, and how many first updates climb to it in equal parts. */
interface Base {
  /** > 0 */
  readonly learningRate: number;
  /** Update `s` of the warm-up runs at `learningRate · (s + 1) / warmupSteps`. Default 0: none. */
  readonly warmupSteps?: number | undefined;
}

/** A rate that falls from the end of the warm-up until `totalSteps`, and stays there. */
interface Falling extends Base {
  /** Number of updates, warm-up included; > warmupSteps. */
  readonly totalSteps: number;
  /** Rate at `totalSteps` and after; ≥ 0, default 0. */
  readonly finalLearningRate?: number | undefined;
}

/** A schedule as plain data, to be kept in a configuration. */
export type ScheduleConfig =
  | (Base & { readonly kind: "constant" })
  | (Falling & { readonly kind: "linear" })
  | (Falling & { readonly kind: "cosine" })
  | (Base & {
      readonly kind: "exponential";
      /** Factor in (0, 1] on the rate at each new epoch. */
      readonly decay: number;
      readonly stepsPerEpoch: number;
    });

/**
 * The schedule that `config` describes.
 * @throws {InvalidOptionError} at a number outside its range.
 */
export function schedule(config: ScheduleConfig): Schedule {
  const { learningRate, warmupSteps = 0 } = config;
  requireNumber("learningRate", learningRate, "a number above 0", (rate) => rate > 0);
  requireInteger("warmupSteps", warmupSteps, 0);
  const afterWarmup = decaying(config, warmupSteps);
  return (step) => (step < warmupSteps ? (learningRate * (step + 1)) / warmupSteps : afterWarmup(step));
}

function decaying(config: ScheduleConfig, warmupSteps: number): Schedule {
  const { learningRate } = config;
  switch (config.kind) {
    case "constant":
      return () => learningRate;
    case "linear":
      return falling(config, warmupSteps, (done) => 1 - done);
    case "cosine":
      return falling(config, warmupSteps, (done) => (1 + Math.cos(Math.PI * done)) / 2);
    default: {
      const { decay, stepsPerEpoch } = config;
      requireNumber("decay", decay, "above 0 and at most 1", (factor) => factor > 0 && factor <= 1);
      requireInteger("stepsPerEpoch", stepsPerEpoch, 1);
      return (step) => learningRate * decay ** Math.floor(step / stepsPerEpoch);
    }
  }
}

/** From the full rate to the final one, along `shape`: 1 at progress 0, 0 at progress 1. */
function falling(
  { learningRate, totalSteps, finalLearningRate = 0 }: Falling,
  warmupSteps: number,
  shape: (done: number) => number,
): Schedule {
  requireInteger("totalSteps", totalSteps, warmupSteps + 1);
  requireNumber("finalLearningRate", finalLearningRate, "0 or more", (rate) => rate >= 0);
  return (step) => {
    const done = Math.min(1, (step - warmupSteps) / (totalSteps - warmupSteps));
    return finalLearningRate + (learningRate - finalLearningRate) * shape(done);
  };
}
