/** A person's name as citations want it, or the name of a group. */
export type AuthorName =
  | { readonly family: string; readonly given: string; readonly suffix: string | undefined }
  | { readonly literal: string };

/** What stands before a family name and belongs to it. */
const particles = new Set(
  "af al ap ben bin da dal de del della den der di do dos du el ibn la le st. ten ter van vom von zu zum zur".split(
    " ",
  ),
);
const suffixes = /^(?:Jr\.?|Sr\.?|II|III|IV)$/;
const groups = /\b(?:team|group|collaboration|consortium|project|lab|labs|research|university|institute|inc\.?)\b/i;
/** In capitals: Ai is a family name. */
const capitals = /\bAI\b/;

/** Takes a name as arXiv writes it, given name first, apart. A single word and a group's name stay whole. */
export function readAuthorName(name: string): AuthorName {
  const trimmed = name.trim().replaceAll(/\s+/g, " ");
  const comma = /^([^,]+), ([^,]+)$/.exec(trimmed);
  if (comma !== null && !suffixes.test(comma[2] ?? "")) {
    return { family: comma[1] ?? "", given: comma[2] ?? "", suffix: undefined };
  }
  const words = trimmed.replaceAll(",", "").split(" ");
  const suffix = words.length > 2 && suffixes.test(words.at(-1) ?? "") ? words.pop() : undefined;
  if (words.length < 2 || groups.test(trimmed) || capitals.test(trimmed)) return { literal: trimmed };
  let first = words.length - 1;
  while (first > 1 && particles.has((words[first - 1] ?? "").toLowerCase()) && isLower(words[first - 1] ?? "")) {
    first -= 1;
  }
  return { family: words.slice(first).join(" "), given: words.slice(0, first).join(" "), suffix };
}

/** "Van" with a capital may be a given name; "van" never is. */
function isLower(word: string): boolean {
  return word === word.toLowerCase();
}
