import type { Paper } from "./paper.ts";
import { plainTex } from "./tex.ts";

/** The words that a citation key leaves out, so that it begins with the first one that says something. */
const small = new Set(["a", "an", "the", "on", "of", "for", "in", "to", "and", "with", "is", "are", "towards"]);

/** The paper as a BibTeX entry, authors in the paper's order. TeX in the title stays TeX; braces keep its capitals. */
export function bibtex(paper: Paper): string {
  const year = paper.publishedOn.slice(0, 4);
  const fields: [string, string][] = [
    ["title", `{${balanced(paper.title)}}`],
    ["author", paper.authors.map(balanced).join(" and ")],
    ["year", year],
    ["eprint", paper.id],
    ["archivePrefix", "arXiv"],
    ["url", `https://arxiv.org/abs/${paper.id}`],
  ];
  const width = Math.max(...fields.map(([name]) => name.length));
  const lines = fields.map(([name, value]) => `  ${name.padEnd(width)} = {${value}},`);
  return `@misc{${citationKey(paper, year)},\n${lines.join("\n")}\n}\n`;
}

function citationKey(paper: Paper, year: string): string {
  const family = paper.authors[0]?.split(" ").at(-1) ?? "anonymous";
  const word = plainTex(paper.title)
    .split(/[^\p{L}\p{N}]+/u)
    .find((candidate) => candidate !== "" && !small.has(candidate.toLowerCase()));
  const key = `${family}${year}${word ?? ""}`.normalize("NFD").replaceAll(/[^A-Za-z0-9]/g, "");
  return key.toLowerCase() || paper.id;
}

/** A field's text, without the braces when they do not pair up: one stray brace would swallow the rest of the file. */
function balanced(text: string): string {
  let depth = 0;
  for (const character of text) {
    if (character === "{") depth += 1;
    if (character === "}") depth -= 1;
    if (depth < 0) break;
  }
  return depth === 0 ? text : text.replaceAll(/[{}]/g, "");
}
