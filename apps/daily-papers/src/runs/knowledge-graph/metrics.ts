/** A number of the final evaluation, ready to be shown. */
export interface Metric {
  readonly name: string;
  readonly meaning: string;
  readonly value: number;
  readonly low: number | undefined;
  readonly high: number | undefined;
  /** Whether it lies between 0 and 1. */
  readonly isShare: boolean;
}

/** What the page shows of a run's metrics, by their names in the finished event, in this order. */
const shown = [
  { key: "mrr", name: "MRR", meaning: "mean reciprocal rank of the true answer among all entities", isShare: true },
  { key: "hits@1", name: "Hits@1", meaning: "share of questions whose true answer is ranked first", isShare: true },
  { key: "hits@3", name: "Hits@3", meaning: "share of questions whose true answer is in the first 3", isShare: true },
  {
    key: "hits@10",
    name: "Hits@10",
    meaning: "share of questions whose true answer is in the first 10",
    isShare: true,
  },
  { key: "mr", name: "MR", meaning: "mean rank of the true answer", isShare: false },
] as const;

/** The usual metrics of a run, with their 95 % intervals where the run has them. */
export function readMetrics(metrics: Readonly<Record<string, number>>): Metric[] {
  return shown.flatMap(({ key, ...description }) => {
    const value = metrics[key];
    if (value === undefined) return [];
    return [{ ...description, value, low: metrics[`${key}.low`], high: metrics[`${key}.high`] }];
  });
}
