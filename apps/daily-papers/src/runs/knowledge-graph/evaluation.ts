import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const interval = z.tuple([z.number(), z.number()]);
const values = { mrr: z.number(), mr: z.number(), hits: z.record(z.string(), z.number()) };

/** The parts of a run's `evaluation.json` that the page shows. */
const evaluationSchema = z.object({
  split: z.string(),
  triples: z.number(),
  entities: z.number(),
  tied: z.number(),
  ...values,
  protocol: z.object({ candidates: z.string(), filter: z.string(), ties: z.string() }),
  intervals: z
    .object({ level: z.number(), mrr: interval, mr: interval, hits: z.record(z.string(), interval) })
    .optional(),
  perRelation: z.array(z.object({ label: z.string().optional(), queries: z.number(), ...values })),
});
export type Evaluation = z.infer<typeof evaluationSchema>;

/** A run's evaluation, or undefined when there is none that can be read. */
export async function readEvaluation(folder: string): Promise<Evaluation | undefined> {
  try {
    return evaluationSchema.parse(JSON.parse(await readFile(join(folder, "evaluation.json"), "utf8")));
  } catch {
    return undefined;
  }
}

/** A number of an evaluation, ready to be shown. */
export interface Metric {
  readonly name: string;
  readonly meaning: string;
  readonly value: number;
  readonly interval: readonly [low: number, high: number] | undefined;
  /** Whether it lies between 0 and 1. */
  readonly isShare: boolean;
}

/** The usual metrics, best known first. */
export function metricsOf({ mrr, mr, hits, intervals }: Evaluation): Metric[] {
  return [
    {
      name: "MRR",
      meaning: "mean of 1 / rank of the true answer",
      value: mrr,
      interval: intervals?.mrr,
      isShare: true,
    },
    ...Object.entries(hits).map(([k, value]) => ({
      name: `Hits@${k}`,
      meaning: k === "1" ? "share of true answers ranked first" : `share of true answers in the first ${k}`,
      value,
      interval: intervals?.hits[k],
      isShare: true,
    })),
    { name: "MR", meaning: "mean rank of the true answer", value: mr, interval: intervals?.mr, isShare: false },
  ];
}
