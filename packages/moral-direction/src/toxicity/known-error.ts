import type { Estimate, KnownError } from "./measure.ts";

/** What is known to be wrong with a measure, one sentence a line; the first says how far it is from the scores it was checked against. */
export function describeKnownError({ against, agreement, biases }: KnownError): string[] {
  const value = ({ value, interval: [low, high] }: Estimate): string =>
    `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
  const parts = agreement && [
    ...(agreement.auc ? [`AUC ${value(agreement.auc)}`] : []),
    ...(agreement.r ? [`r ${value(agreement.r)}`] : []),
    `mean error ${value(agreement.mae)}`,
    `${percent(agreement.share.rates)} of texts rated above 0.5 where ${percent(agreement.share.scores)} are scored so`,
  ];
  return [`Checked against ${against}${parts ? `: ${parts.join(", ")}` : ""}.`, ...biases];
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
