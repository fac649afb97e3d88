import { formatCount } from "@offprint/experiment";

/** A count with its noun: `1 paper`, `3 papers`. */
export function writeAmount(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : plural}`;
}

/** A share such as MRR or Hits@10 as journals print it: `.412`; exactly one is `1.000`. */
export function writeShare(share: number): string {
  const text = share.toFixed(3);
  return text.startsWith("0.") ? text.slice(1) : text;
}

/** A probability with three decimals; what would round to nothing is said to be less than the least that shows. */
export function writeProbability(probability: number): string {
  return probability < 0.0005 ? "< .001" : writeShare(probability);
}
