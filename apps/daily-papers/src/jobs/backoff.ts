/** How long failures wait before the next try. */
export interface Backoff {
  /** Milliseconds after the first failure. */
  readonly firstMs: number;
  /** It doubles with each failure, up to this many milliseconds. */
  readonly mostMs: number;
}

/**
 * Milliseconds to wait after the `failures`-th failure in a row, from 1: exponential, with half of it by chance, so that
 * many that failed together do not come back together.
 * @param random a number in [0, 1).
 */
export function backoffMs(failures: number, { firstMs, mostMs }: Backoff, random: () => number = Math.random): number {
  const full = Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 40));
  return Math.round(full / 2 + (full / 2) * random());
}
