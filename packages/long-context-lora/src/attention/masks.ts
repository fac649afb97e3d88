import { segmentsOf, type AttentionChoice, type Segments } from "./segments.ts";

/**
 * Whom each token sees in one half of the heads: `[n · n]`, 1 at i · n + j where token i sees token j. From the segments that
 * the computation uses, the leak of `paper-wrap` included.
 * @throws {InvalidAttentionError} where the choice does not fit n tokens.
 */
export function attentionMask(choice: AttentionChoice, n: number, shifted: boolean): Uint8Array {
  const segments = segmentsOf(choice, n, shifted);
  const mask = new Uint8Array(n * n);
  for (let place = 0; place < n; place++) {
    const start = startOf(segments, place);
    for (let other = start; other <= place; other++) {
      mask[tokenAt(segments, place, n) * n + tokenAt(segments, other, n)] = 1;
    }
  }
  return mask;
}

/** The first token that sees a later one, and the last that it sees; found without the n² places of the mask. */
export function firstLeak(
  choice: AttentionChoice,
  n: number,
  shifted: boolean,
): { readonly token: number; readonly seen: number } | undefined {
  const segments = segmentsOf(choice, n, shifted);
  let found: { token: number; seen: number } | undefined;
  const starts = new Set(segments.borders);
  let latest = -1; // of the tokens that this place sees
  for (let place = 0; place < n; place++) {
    if (starts.has(place)) latest = -1;
    const token = tokenAt(segments, place, n);
    latest = Math.max(latest, token);
    if (latest > token && (!found || token < found.token)) found = { token, seen: latest };
  }
  return found;
}

const startOf = ({ borders }: Segments, place: number): number => borders.findLast((border) => border <= place) ?? 0;

const tokenAt = ({ roll }: Segments, place: number, n: number): number => (place + roll) % n;
