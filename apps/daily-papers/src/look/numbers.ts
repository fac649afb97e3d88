const grouped = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const thin = "\u2009";

/** `14,541` */
export function writeCount(count: number): string {
  return grouped.format(count);
}

/** A count with its noun: `1 paper`, `3 papers`. */
export function writeAmount(count: number, singular: string, plural = `${singular}s`): string {
  return `${writeCount(count)} ${count === 1 ? singular : plural}`;
}

/** A share such as MRR or Hits@10 as journals print it: `.412`; exactly one is `1.000`. */
export function writeShare(share: number): string {
  const text = share.toFixed(3);
  return text.startsWith("0.") ? text.slice(1) : text;
}

/** Seconds in the two largest units: `0.8 s`, `47 s`, `1 min 47 s`, `2 h 5 min`. */
export function writeDuration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)}${thin}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}${thin}s`;
  if (whole < 3_600) return join(Math.floor(whole / 60), "min", whole % 60, "s");
  const minutes = Math.round(whole / 60);
  return join(Math.floor(minutes / 60), "h", minutes % 60, "min");
}

/** Bytes in the unit that keeps them short: `38 MB`, `1.2 GB`. */
export function writeBytes(bytes: number): string {
  if (bytes < 999.5e6) return `${Math.max(1, Math.round(bytes / 1e6))}${thin}MB`;
  return `${(bytes / 1e9).toFixed(1)}${thin}GB`;
}

function join(large: number, largeUnit: string, small: number, smallUnit: string): string {
  const head = `${large}${thin}${largeUnit}`;
  return small === 0 ? head : `${head} ${small}${thin}${smallUnit}`;
}
