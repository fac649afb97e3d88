import { distance } from "fastest-levenshtein";

/** The most characters of a text that are compared letter by letter: longer names are sentences. */
const COMPARED = 48;

/** Case, accents and underscores put aside: "Café_au_lait" and "cafe au lait" are the same. */
export function fold(text: string): string {
  const spaced = text.replaceAll("_", " ").toLowerCase();
  // Plain ASCII, the common case, has no accents to take off.
  return /^[\x20-\x7e]*$/.test(spaced) ? spaced : spaced.normalize("NFKD").replace(/\p{M}/gu, "");
}

/**
 * The rows whose texts come closest to `query`, best first, at most `count`: the same but for case and accents, then
 * beginning with it as a word, beginning with it, holding it as a word, holding it anywhere, then by edit distance of
 * up to 40 % of its length, of the text or of one of its words. Within a kind shorter texts come first, then by the first text's alphabet.
 * @param texts for each row one or more folded texts (see {@link fold}).
 */
export function nearestRows(query: string, texts: readonly (readonly string[])[], count: number): number[] {
  const wanted = fold(query.trim());
  if (wanted.length === 0 || count <= 0) return [];
  const contained = best(texts, count, (text) => containment(wanted, text));
  if (contained.length >= count) return contained;
  const similar = best(texts, count, (text) => edits(wanted.slice(0, COMPARED), text.slice(0, COMPARED)));
  return [...new Set([...contained, ...similar])].slice(0, count);
}

/** Lower is closer: the kind in thousands and then the letters in excess; undefined where `text` does not hold `wanted`. */
function containment(wanted: string, text: string): number | undefined {
  const at = text.indexOf(wanted);
  if (at < 0) return undefined;
  const end = at + wanted.length;
  const excess = Math.min(text.length - wanted.length, 999);
  if (excess === 0) return 0;
  if (at === 0) return (isLetter(text, end) ? 2000 : 1000) + excess;
  return (isLetter(text, at - 1) || isLetter(text, end) ? 4000 : 3000) + excess;
}

function isLetter(text: string, at: number): boolean {
  return at < text.length && /[\p{L}\p{N}]/u.test(text[at]!);
}

/** Letters to change between the two, or between `wanted` and a word of `text` (then one more); undefined if too many. */
function edits(wanted: string, text: string): number | undefined {
  const allowed = Math.max(1, Math.floor(wanted.length * 0.4));
  const within = (other: string, extra: number) => {
    if (Math.abs(other.length - wanted.length) + extra > allowed) return Infinity;
    const changed = distance(wanted, other) + extra;
    return changed <= allowed ? changed : Infinity;
  };
  let fewest = within(text, 0);
  if (text.includes(" ")) for (const word of text.split(" ")) fewest = Math.min(fewest, within(word, 1));
  return fewest === Infinity ? undefined : fewest;
}

/** The `count` rows of lowest cost; a row costs what its cheapest text costs. */
function best(
  texts: readonly (readonly string[])[],
  count: number,
  cost: (text: string) => number | undefined,
): number[] {
  const found: { row: number; cost: number }[] = [];
  for (const [row, alternatives] of texts.entries()) {
    let lowest = Infinity;
    for (const text of alternatives) lowest = Math.min(lowest, cost(text) ?? Infinity);
    if (lowest < Infinity) found.push({ row, cost: lowest });
  }
  found.sort((a, b) => a.cost - b.cost || (texts[a.row]![0]! < texts[b.row]![0]! ? -1 : 1));
  return found.slice(0, count).map((match) => match.row);
}
