import { describe, expect, it } from "vitest";
import { InvalidOptionError } from "./errors.ts";
import { schedule, type ScheduleConfig } from "./schedules.ts";

const at = (config: ScheduleConfig, steps: readonly number[]): number[] => steps.map(schedule(config));

describe("schedule", () => {
  it.each<[string, ScheduleConfig, readonly number[], readonly number[]]>([
    ["constant", { kind: "constant", learningRate: 0.5 }, [0, 1, 1e6], [0.5, 0.5, 0.5]],
    [
      "constant after a warm-up",
      { kind: "constant", learningRate: 1, warmupSteps: 4 },
      [0, 1, 2, 3, 4, 100],
      [0.25, 0.5, 0.75, 1, 1, 1],
    ],
    ["linear", { kind: "linear", learningRate: 2, totalSteps: 4 }, [0, 1, 2, 3, 4, 9], [2, 1.5, 1, 0.5, 0, 0]],
    [
      "linear after a warm-up, to a final rate",
      { kind: "linear", learningRate: 1, totalSteps: 6, warmupSteps: 2, finalLearningRate: 0.2 },
      [0, 1, 2, 4, 6, 7],
      [0.5, 1, 1, 0.6, 0.2, 0.2],
    ],
    [
      "cosine",
      { kind: "cosine", learningRate: 1, totalSteps: 6 },
      [0, 1, 2, 3, 4, 6, 8],
      [1, (2 + Math.sqrt(3)) / 4, 0.75, 0.5, 0.25, 0, 0],
    ],
    [
      "exponential, once an epoch",
      { kind: "exponential", learningRate: 0.01, decay: 0.5, stepsPerEpoch: 3 },
      [0, 2, 3, 5, 6],
      [0.01, 0.01, 0.005, 0.005, 0.0025],
    ],
  ])("is %s", (_, config, steps, rates) => {
    for (const [i, rate] of at(config, steps).entries()) expect(rate).toBeCloseTo(rates[i] ?? NaN, 12);
  });

  it.each<ScheduleConfig>([
    { kind: "constant", learningRate: NaN },
    { kind: "constant", learningRate: 0 },
    { kind: "constant", learningRate: 1, warmupSteps: -1 },
    { kind: "linear", learningRate: 1, totalSteps: 5, warmupSteps: 5 },
    { kind: "cosine", learningRate: 1, totalSteps: 5, finalLearningRate: -1 },
    { kind: "exponential", learningRate: 1, decay: 1.1, stepsPerEpoch: 1 },
    { kind: "exponential", learningRate: 1, decay: 0.9, stepsPerEpoch: 0 },
  ])("refuses %j", (config) => {
    expect(() => schedule(config)).toThrow(InvalidOptionError);
  });
});
