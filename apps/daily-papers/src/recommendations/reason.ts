import type { Neighbour } from "./nearest.ts";
import type { Spread } from "./places.ts";

/** From this cosine on, two abstracts use the same words for more than their field. */
const similarText = 0.15;

/** What leads from a paper to its neighbour, as the end of a sentence: `also by Ada Example`. The strongest comes first. */
export function writeLink({ shared, text }: Pick<Neighbour, "shared" | "text">): string {
  const { author = [], keyword = [], organization = [], category = [] } = shared;
  if (author.length > 0) return `also by ${list(author)}`;
  if (keyword.length > 0) return `also about ${list(keyword)}`;
  if (text >= similarText) return "similar text";
  if (organization.length > 0) return `also from ${list(organization)}`;
  if (category.length > 0) return `also in ${list(category)}`;
  return "near it in the graph of authors and subjects";
}

/** The same, beginning a sentence of its own. */
export function writeReason(neighbour: Pick<Neighbour, "shared" | "text">): string {
  const link = writeLink(neighbour);
  return link.charAt(0).toUpperCase() + link.slice(1);
}

/** How sure the model is of a paper's place: words, and the number that they stand for. */
export function writeSpread({ relative, moreUncertainThan }: Spread): string {
  const surer = Math.round(100 * (1 - moreUncertainThan));
  const words =
    moreUncertainThan <= 1 / 3 ? "Placed surely" : moreUncertainThan <= 2 / 3 ? "Placed roughly" : "Placed loosely";
  return `${words}: spread ${relative.toFixed(2)}, smaller than for ${surer} % of papers`;
}

/** `A, B and C`. */
function list(names: readonly string[]): string {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
