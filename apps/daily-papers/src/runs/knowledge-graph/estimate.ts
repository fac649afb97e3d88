import type { Settings } from "./settings.ts";

/** What a run will take on this machine, before it is started. */
export interface RunEstimate {
  readonly seconds: number;
  readonly bytes: number;
}

/** Size of a graph, as far as time and memory depend on it. */
interface GraphSize {
  readonly entities: number;
  readonly triples: number;
}

const wordnet: GraphSize = { entities: 5_000, triples: 12_800 };

/** Numbers that a model stores of an entity, per dimension. */
const numbersPerDimension: Partial<Record<Settings["model"], number>> = { "nfe-2": 3, quate: 4 };
/** Seconds until the first step: reading the graph and building the programs. */
const startSeconds = 4;
/** Multiply-adds a second of a step on two cores, all of its parts counted in. */
const speed = 2.4e10;

/** Time and memory of a run, or undefined for a graph whose size is not known here. */
export function estimateRun(settings: Settings): RunEstimate | undefined {
  if (settings.dataset !== "wordnet") return undefined;
  const { entities, triples } = wordnet;
  const width = settings.dimension * (numbersPerDimension[settings.model] ?? 2);
  const steps = settings.epochs * Math.ceil((2 * triples) / settings.batchSize);
  const stepSeconds = (3 * settings.batchSize * entities * width) / speed;
  // Parameters, gradients and two moments of Adam; three arrays of scores; the program itself, measured.
  const bytes = 4 * (4 * entities * width + 3 * settings.batchSize * entities) + 380e6;
  return { seconds: startSeconds + steps * stepSeconds, bytes };
}
