import type { Paper } from "../papers/paper.ts";

const mostTopics = 20;
const mostCharacters = 60;

/** Topics as one writes them: between commas or on lines of their own. Case and order say nothing; twice is once. */
export function parseTopics(text: string): string[] {
  const topics = text
    .split(/[,;\n]/)
    .map((topic) => topic.replaceAll(/\s+/g, " ").trim().slice(0, mostCharacters))
    .filter((topic) => topic !== "");
  return [...new Map(topics.map((topic) => [topic.toLowerCase(), topic])).values()].slice(0, mostTopics);
}

/**
 * Whether a paper is about a topic: it is in the arXiv category of that name (`cs.CL`) or of that archive (`cs`), has it
 * as a keyword, or has it as whole words in its title or abstract.
 */
export function isAbout({ title, abstract, categories, keywords }: TopicText, topic: string): boolean {
  const wanted = topic.toLowerCase();
  if (categories.some((name) => name.toLowerCase() === wanted || name.toLowerCase().startsWith(`${wanted}.`)))
    return true;
  if (keywords.some((keyword) => keyword.toLowerCase() === wanted)) return true;
  return containsWords(title.toLowerCase(), wanted) || containsWords(abstract.toLowerCase(), wanted);
}

export type TopicText = Pick<Paper, "title" | "abstract" | "categories" | "keywords">;

function containsWords(text: string, words: string): boolean {
  for (let at = text.indexOf(words); at !== -1; at = text.indexOf(words, at + 1)) {
    if (!isLetter(text[at - 1]) && !isLetter(text[at + words.length])) return true;
  }
  return false;
}

function isLetter(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}]/u.test(character);
}
