import type { Neighbour } from "./nearest.ts";
import type { Spread } from "./places.ts";

/** From this cosine on, two abstracts use the same words for more than their field. */
const similarText = 0.15;

/** What leads from a paper to its neighbour, as the end of a sentence: `also by Ada Example`. The strongest comes first. */
export function writeLink({ shared, text, spread }: Pick<Neighbour, "shared" | "text" | "spread">): string {
  const { author = [], keyword = [], organization = [], category = [] } = shared;
  if (author.length > 0) return `also by ${list(author)}`;
  if (keyword.length > 0) return `also about ${list(keyword)}`;
  if (text >= similarText) return "similar text";
  if (organization.length > 0) return `also from ${list(organization)}`;
  if (category.length > 0) return `also in ${list(category)}`;
  // Only where a model placed it was the graph asked.
  if (spread === undefined && text > 0) return "some of the same words";
  return "near it in the graph of authors and subjects";
}

/** How sure the model is of a paper's place among all of them: a word for each third, and the number. */
export function writeSpread({ relative, moreUncertainThan }: Spread): string {
  const word = moreUncertainThan <= 1 / 3 ? "surely" : moreUncertainThan <= 2 / 3 ? "roughly" : "loosely";
  return `placed ${word}, spread ${relative.toFixed(2)}`;
}

/** Words that begin a sentence. */
export function beginning(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** `A, B and C`. */
function list(names: readonly string[]): string {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
