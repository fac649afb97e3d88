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
