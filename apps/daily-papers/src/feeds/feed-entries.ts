import { arrivalOf, type ListedPaper } from "../api/paper-list.queries.ts";
import { renderMarkdown } from "../comments/markdown.ts";
import { writeDay } from "../look/dates.ts";
import { paperPath } from "../papers/arxiv-id.ts";
import type { FeedComment } from "./feeds.queries.ts";
import type { FeedEntry } from "./feed-document.ts";
import { escapeText } from "./xml.ts";

/** A name for ever (RFC 4151): the site's host, the year in which it began to give names, and the thing. */
export function tagUri(site: string, thing: string): string {
  return `tag:${new URL(site).hostname.replaceAll(/[[\]]/g, "")},2026:${thing}`;
}

/** A paper, from the day on which it came into the feed. */
export function paperEntry(site: string, paper: ListedPaper): FeedEntry {
  const arxiv = `https://arxiv.org/abs/${paper.id}`;
  const title = oneLine(paper.title);
  const links = [
    link(arxiv, "arXiv"),
    link(`https://arxiv.org/pdf/${paper.id}`, "PDF"),
    ...(paper.codeUrl === undefined ? [] : [link(paper.codeUrl, "Code")]),
    ...(paper.projectUrl === undefined ? [] : [link(paper.projectUrl, "Project")]),
  ];
  return {
    id: tagUri(site, `paper/${paper.id}`),
    title,
    url: `${site}${paperPath(paper.id)}`,
    related: arxiv,
    date: arrivalOf(paper),
    authors: paper.authors.map(oneLine),
    summary: oneLine(paper.abstract),
    html: [
      paragraph(`<em>${escapeText(paper.authors.map(oneLine).join(", "))}</em>`),
      paragraph(escapeText(oneLine(paper.abstract))),
      paragraph(links.join(" · ")),
    ].join(""),
    tags: [...paper.categories, ...paper.keywords],
  };
}

/** The papers of a week or month that is over, the most voted for first. */
export function roundupEntry(
  site: string,
  { kind, name, to, papers }: { kind: "week" | "month"; name: string; to: string; papers: readonly ListedPaper[] },
): FeedEntry {
  const list = papers.map(
    (paper) =>
      `<li>${link(`${site}${paperPath(paper.id)}`, oneLine(paper.title))}<br>${escapeText(shortAuthors(paper.authors))}</li>`,
  );
  return {
    id: tagUri(site, `${kind}/${name}`),
    title:
      kind === "week" ? `The papers of the week that ended on ${writeDay(to)}` : `The papers of ${writeMonth(name)}`,
    url: `${site}/${kind}/${name}`,
    date: new Date(Date.parse(`${to}T00:00:00Z`) + 86_400_000),
    authors: ["Offprint"],
    summary: papers.map((paper) => oneLine(paper.title)).join("; "),
    html: `<ol>${list.join("")}</ol>`,
    tags: [],
  };
}

/** Something said about a paper. */
export function commentEntry(site: string, paper: ListedPaper, comment: FeedComment): FeedEntry {
  const writer = comment.writer ?? "A former reader";
  return {
    id: tagUri(site, `comment/${comment.id}`),
    title: `${writer} on ${oneLine(paper.title)}`,
    url: `${site}${paperPath(paper.id)}#comment-${comment.id}`,
    date: comment.createdAt,
    authors: [writer],
    summary: comment.body,
    html: renderMarkdown(comment.body),
    tags: comment.question ? ["question"] : [],
  };
}

/** When the newest entry came in. */
export function newestDate(entries: readonly FeedEntry[]): Date | undefined {
  const times = entries.map(({ date }) => date.getTime());
  return times.length === 0 ? undefined : new Date(Math.max(...times));
}

const paragraph = (html: string) => `<p>${html}</p>`;
const link = (href: string, text: string) => `<a href="${escapeText(href)}">${escapeText(text)}</a>`;
const oneLine = (text: string) => text.replaceAll(/\s+/g, " ").trim();

function shortAuthors(names: readonly string[]): string {
  return names.length > 4 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
}

/** `August 2026` */
function writeMonth(month: string): string {
  return writeDay(`${month}-01`).replace(/^1 /, "");
}
