import type { FeedComment } from "../feeds/feeds.queries.ts";
import { readTex } from "../papers/tex.ts";
import type { ListedPaper } from "./paper-list.queries.ts";

/** The paper's page as Markdown: what it is, its abstract, what was said. Mathematics stays TeX between dollar signs. */
export function paperMarkdown(paper: ListedPaper, comments: readonly FeedComment[], url: string): string {
  const facts = [
    `- arXiv: <https://arxiv.org/abs/${paper.id}>`,
    `- PDF: <https://arxiv.org/pdf/${paper.id}>`,
    `- Page: <${url}>`,
    `- Published: ${paper.publishedAt.toISOString().slice(0, 10)}`,
    ...(paper.featuredAt === undefined ? [] : [`- Featured: ${paper.featuredAt.toISOString().slice(0, 10)}`]),
    ...(paper.codeUrl === undefined ? [] : [`- Code: <${paper.codeUrl}>`]),
    ...(paper.projectUrl === undefined ? [] : [`- Project: <${paper.projectUrl}>`]),
    ...(paper.categories.length === 0 ? [] : [`- Categories: ${paper.categories.join(", ")}`]),
    ...(paper.keywords.length === 0 ? [] : [`- Keywords: ${paper.keywords.map(escapeMarkdown).join(", ")}`]),
    `- Votes: ${paper.votes + paper.votesElsewhere}`,
  ];
  const parts = [
    `# ${withTex(paper.title)}`,
    paper.authors.map(escapeMarkdown).join(", "),
    facts.join("\n"),
    ...(paper.withdrawnAt === undefined ? [] : ["**Withdrawn by its authors.**"]),
    `## Abstract`,
    withTex(paper.abstract),
    ...(comments.length === 0 ? [] : ["## Discussion", ...comments.map(writeComment)]),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** What readers wrote is Markdown already; it is quoted, so that it cannot pass for the page's own words. */
function writeComment({ writer, createdAt, body }: FeedComment): string {
  const by = `**${escapeMarkdown(writer ?? "A former reader")}**, ${createdAt.toISOString().slice(0, 10)}:`;
  return [by, "", ...body.split("\n")].map((line) => `> ${line}`.trimEnd()).join("\n");
}

/** arXiv's text for Markdown: words escaped, mathematics as it is. */
function withTex(text: string): string {
  return readTex(text.replaceAll(/\s+/g, " "))
    .map((piece) => {
      if (piece.type !== "maths") return escapeMarkdown(piece.text);
      return piece.display ? `$$${piece.source}$$` : `$${piece.source}$`;
    })
    .join("");
}

function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/[\\`*_[\]]/g, String.raw`\$&`)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;");
}
