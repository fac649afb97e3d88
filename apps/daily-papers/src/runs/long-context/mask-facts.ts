/** Whom each token sees in the two halves of the heads: 1 at `i · length + j` where token i sees token j. */
export interface Masks {
  readonly length: number;
  readonly plain: Uint8Array;
  readonly shifted: Uint8Array;
}

/** The tokens that token `i` sees, in their order. */
export function seenBy(mask: Uint8Array, length: number, i: number): number[] {
  return Array.from({ length }, (_, j) => j).filter((j) => mask[i * length + j] === 1);
}

/** The tokens that see what comes after them, with what they see of it; the two ends of each, counted from 0. */
export interface Leak {
  readonly seeing: readonly [first: number, last: number];
  readonly seen: readonly [first: number, last: number];
}

/** The future that shows through in either half, or undefined when none does. */
export function leakOf({ length, plain, shifted }: Masks): Leak | undefined {
  const pairs = Array.from({ length: length * length }, (_, at) => [Math.floor(at / length), at % length] as const);
  const leaking = pairs.filter(([i, j]) => j > i && (plain[i * length + j] === 1 || shifted[i * length + j] === 1));
  if (leaking.length === 0) return undefined;
  const ends = (tokens: number[]) => [Math.min(...tokens), Math.max(...tokens)] as const;
  return { seeing: ends(leaking.map(([i]) => i)), seen: ends(leaking.map(([, j]) => j)) };
}

/** Pairs of tokens that attention computes, as a share of those of full causal attention. */
export function shareOfPairs({ length, plain, shifted }: Masks): number {
  const seen = [plain, shifted].map((mask) => mask.reduce((sum, one) => sum + one, 0));
  return (seen[0]! + seen[1]!) / (length * (length + 1));
}

/** The runs of neighbours in an ordered list: `0–3, 6`. */
export function writeRanges(tokens: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const token of tokens) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === token - 1) last[1] = token;
    else ranges.push([token, token]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`)).join(", ");
}
