import { readAuthorName, type AuthorName } from "./author-name.ts";
import type { Paper } from "./paper.ts";
import { readableTex } from "./readable-tex.ts";
import { escapeTex, writeTex } from "./write-tex.ts";

/** The words that a citation key leaves out, so that it begins with the first one that says something. */
const small = new Set(["a", "an", "the", "on", "of", "for", "in", "to", "and", "with", "is", "are", "towards"]);

/** The paper as a BibTeX entry, authors in the paper's order. TeX in the title stays TeX; braces keep its capitals. */
export function bibtex(paper: Paper): string {
  const year = paper.publishedOn.slice(0, 4);
  const fields: [string, string | undefined][] = [
    ["title", `{${writeTex(paper.title)}}`],
    ["author", paper.authors.map((name) => bibtexName(readAuthorName(name))).join(" and ")],
    ["year", year],
    ["eprint", paper.id],
    ["archivePrefix", "arXiv"],
    ["primaryClass", paper.categories[0]],
    ["doi", paper.doi?.replaceAll(/[{}\\%]/g, "")],
    ["note", paper.journalRef === undefined ? undefined : writeTex(paper.journalRef)],
    ["url", arxivUrl(paper)],
  ];
  const told = fields.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  const width = Math.max(...told.map(([name]) => name.length));
  const lines = told.map(([name, value]) => `  ${name.padEnd(width)} = {${value}},`);
  return `@misc{${citationKey(paper)},\n${lines.join("\n")}\n}\n`;
}

/** The paper in the form that Zotero, Mendeley and EndNote read. */
export function ris(paper: Paper): string {
  const [year = "", month = "", day = ""] = paper.publishedOn.split("-");
  const lines: [string, string | undefined][] = [
    ["TY", "UNPB"],
    ["TI", readableTex(paper.title)],
    ...paper.authors.map((name): [string, string] => ["AU", sortedName(readAuthorName(name))]),
    ["PY", year],
    ["DA", `${year}/${month}/${day}`],
    ["AB", readableTex(paper.abstract)],
    ...paper.keywords.map((keyword): [string, string] => ["KW", keyword]),
    ["PB", "arXiv"],
    ["DO", paper.doi ?? `10.48550/arXiv.${paper.id}`],
    ["N1", paper.journalRef],
    ["UR", arxivUrl(paper)],
    ["ER", ""],
  ];
  return lines
    .flatMap(([tag, value]) => (value === undefined ? [] : [`${tag}  - ${value.replaceAll(/\s+/g, " ").trim()}`]))
    .join("\r\n")
    .concat("\r\n");
}

/** The paper as an item of CSL-JSON. */
export function cslItem(paper: Paper): Record<string, unknown> {
  return {
    id: citationKey(paper),
    type: "article",
    title: readableTex(paper.title),
    author: paper.authors.map((name) => {
      const read = readAuthorName(name);
      if ("literal" in read) return read;
      const { family, given, suffix } = read;
      return { family, given, ...(suffix === undefined ? {} : { suffix }) };
    }),
    issued: { "date-parts": [paper.publishedOn.split("-").map(Number)] },
    publisher: "arXiv",
    number: `arXiv:${paper.id}`,
    DOI: paper.doi ?? `10.48550/arXiv.${paper.id}`,
    URL: arxivUrl(paper),
    abstract: readableTex(paper.abstract),
    ...(paper.keywords.length === 0 ? {} : { keyword: paper.keywords.join(", ") }),
    ...(paper.journalRef === undefined ? {} : { note: paper.journalRef }),
  };
}

/** A name for the entry, of plain letters and digits: family name, year, first word of the title that says something. */
export function citationKey(paper: Paper): string {
  const [first] = paper.authors;
  const name = first === undefined ? undefined : readAuthorName(first);
  const family = name === undefined ? "anonymous" : "literal" in name ? name.literal : name.family;
  const word = readableTex(paper.title)
    .split(/[^\p{L}\p{N}]+/u)
    .find((candidate) => candidate !== "" && !small.has(candidate.toLowerCase()));
  const key = `${family}${paper.publishedOn.slice(0, 4)}${word ?? ""}`.normalize("NFD").replaceAll(/[^A-Za-z0-9]/g, "");
  return key.toLowerCase() || paper.id;
}

function arxivUrl({ id }: Paper): string {
  return `https://arxiv.org/abs/${id}`;
}

/** `Family, Given, Suffix`: the order that leaves no doubt which part is the family name. */
function sortedName(name: AuthorName): string {
  if ("literal" in name) return name.literal;
  return [name.family, name.given, ...(name.suffix === undefined ? [] : [name.suffix])].join(", ");
}

function bibtexName(name: AuthorName): string {
  if ("literal" in name) return `{${escapeTex(name.literal)}}`;
  const { family, given, suffix } = name;
  // The word "and" parts names; within one it hides in braces.
  const part = (text: string) => (/\band\b|,/i.test(text) ? `{${escapeTex(text)}}` : escapeTex(text));
  return suffix === undefined
    ? `${part(family)}, ${part(given)}`
    : `${part(family)}, ${escapeTex(suffix)}, ${part(given)}`;
}
