/**
 * How the graph is learned: NFE-1, whose entities have an uncertainty, against random negatives, since against all
 * entities each step would cost as much as a thousand times as many.
 */
export const trainingSettings = {
  model: "nfe-1",
  dimension: 32,
  epochs: 20,
  batchSize: 256,
  learningRate: 0.02,
  decay: 0.9,
  gamma: 6,
  loss: "self-adversarial",
  negatives: 32,
  evaluateEvery: 5,
  seed: 0,
} as const;

/** The words after `offprint` that train with them. One thread: the site has the rest of the machine. */
export function trainingWords({ dataset, out }: { readonly dataset: string; readonly out: string }): string[] {
  const flags = Object.entries(trainingSettings).flatMap(([name, value]) => [
    `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    String(value),
  ]);
  return ["kge", "train", "--dataset", dataset, ...flags, "--threads", "1", "--out", out, "--json"];
}
