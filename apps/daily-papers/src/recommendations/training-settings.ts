/**
 * How the graph is learned: NFE-1, whose entities have an uncertainty, against random negatives, since against all
 * entities each step would cost as much as a thousand times as many.
 */
export const trainingSettings = {
  model: "nfe-1",
  dimension: 32,
  batchSize: 256,
  learningRate: 0.02,
  decay: 0.9,
  gamma: 6,
  loss: "self-adversarial",
  negatives: 32,
  evaluateEvery: 2,
  seed: 0,
} as const;

/** Steps that a training may take, so that a graph ten times as large does not take ten times as long. */
const mostSteps = 8_000;
const [leastEpochs, mostEpochs] = [4, 20];

/** Passes over a graph of so many triples; each is asked both ways. */
export function epochsFor(triples: number): number {
  const stepsPerEpoch = Math.max(1, (2 * triples) / trainingSettings.batchSize);
  return Math.max(leastEpochs, Math.min(mostEpochs, Math.floor(mostSteps / stepsPerEpoch)));
}

interface Training {
  readonly dataset: string;
  readonly out: string;
  /** Triples in the graph. */
  readonly triples: number;
}

/** The words after `offprint` that train with them. One thread: the site has the rest of the machine. */
export function trainingWords({ dataset, out, triples }: Training): string[] {
  const flags = Object.entries({ ...trainingSettings, epochs: epochsFor(triples) }).flatMap(([name, value]) => [
    `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    String(value),
  ]);
  return ["kge", "train", "--dataset", dataset, ...flags, "--threads", "1", "--out", out, "--json"];
}
