/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { Day } from "../database/schema.ts";
import { writeDay, writeHeadline } from "../look/dates.ts";
import { writeAmount } from "../look/numbers.ts";
import { style } from "../mail/letter-style.ts";
import { letterHtml, wrapText, type Letter } from "../mail/letter.tsx";
import type { Paper } from "../papers/paper.ts";
import { readableTex } from "../papers/readable-tex.ts";
import { votesOf, type Selection } from "./selection.ts";

/** One issue, as a mail for one reader. */
export interface Issue extends Letter {
  readonly subject: string;
}

export interface IssueParts {
  readonly selection: Selection;
  /** Where the site is, without a slash at its end. */
  readonly site: string;
  /** The reader's own links; a preview has none. */
  readonly links: { readonly unsubscribe: string; readonly preferences: string } | undefined;
  readonly frequency: "daily" | "weekly";
  /** Who runs the site. */
  readonly imprint: string | undefined;
  /** Whether a paper runs on this site. */
  readonly runsHere: (paper: Paper) => boolean;
}

const abstractCharacters = 320;
const subjectCharacters = 90;
const namedAuthors = 3;

/** Writes an issue, as HTML and as text that says the same. */
export async function writeIssue(parts: IssueParts): Promise<Issue> {
  const { selection } = parts;
  const title = titleOf(selection.days);
  const [first] = selection.papers;
  const others = selection.papers.length + selection.more - 1;
  const firstTitle = first === undefined ? "no papers" : shorten(readableTex(first.title), subjectCharacters);
  return {
    subject: others > 0 ? `${firstTitle} and ${writeAmount(others, "more paper")}` : firstTitle,
    text: writeText(parts, title),
    html: await letterHtml({
      title: `Daily Papers, ${title}`,
      preview: `${title}: ${writeAmount(selection.papers.length + selection.more, "paper")}, most votes first`,
      content: <IssueContent {...parts} title={title} />,
      footer: <IssueFooter {...parts} />,
    }),
  };
}

/** `Monday, 23 November`, or `16 to 20 November 2026` where there are several days. */
function titleOf(days: readonly Day[]): string {
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined) return "Today";
  return first === last ? writeHeadline(first) : `${writeDay(first)} to ${writeDay(last)}`;
}

function IssueContent({ title, selection, site, runsHere }: IssueParts & { title: string }) {
  const { papers, more } = selection;
  return (
    <>
      <p style={style.masthead} class="faint">
        Daily Papers, by AK and the research community
      </p>
      <h1 style={style.title}>{title}</h1>
      <p style={style.paragraph}>{leadOf(selection)}</p>
      <table role="presentation" width="100%" cellpadding="0" cellspacing="0" border={0} style={style.entries}>
        {papers.map((paper) => (
          <Entry paper={paper} site={site} runsHere={runsHere(paper)} />
        ))}
      </table>
      {more > 0 && (
        <p style={style.paragraph}>
          <a href={`${site}/`} style={style.link} class="link">
            {`${writeAmount(more, "more paper")} on the page`}
          </a>
        </p>
      )}
    </>
  );
}

function Entry({ paper, site, runsHere }: { paper: Paper; site: string; runsHere: boolean }) {
  const href = `${site}/papers/${paper.id}`;
  return (
    <tr>
      <td style={style.entryCell} class="rule">
        <h2 style={style.paperTitle}>
          <a href={href} style={style.paperLink} class="title">
            {readableTex(paper.title)}
          </a>
        </h2>
        <p style={style.authors} class="faint">
          {authorsOf(paper)}
        </p>
        <p style={style.abstract}>{summaryOf(paper)}</p>
        <p style={style.facts} class="faint">
          {factsOf(paper, runsHere).map((fact) => `${fact} · `)}
          <a href={`https://arxiv.org/abs/${paper.id}`} style={style.link} class="link">
            arXiv
          </a>
          {paper.codeUrl !== undefined && (
            <>
              {" · "}
              <a href={paper.codeUrl} style={style.link} class="link">
                Code
              </a>
            </>
          )}
        </p>
      </td>
    </tr>
  );
}

function IssueFooter({ site, links, frequency, imprint }: IssueParts) {
  return (
    <>
      <p style={style.footer}>{reasonOf(frequency, site)}</p>
      {links !== undefined && (
        <p style={style.footer}>
          <a href={links.preferences} style={style.link} class="link">
            Change what you get
          </a>
          {" · "}
          <a href={links.unsubscribe} style={style.link} class="link">
            Unsubscribe
          </a>
        </p>
      )}
      {imprint !== undefined && <p style={style.footer}>{imprint}</p>}
      <p style={style.footer}>Thank you to arXiv for use of its open access interoperability.</p>
    </>
  );
}

function writeText({ selection, site, links, frequency, imprint, runsHere }: IssueParts, title: string): string {
  const entries = selection.papers.map((paper, index) =>
    [
      `${index + 1}. ${readableTex(paper.title)}`,
      `   ${authorsOf(paper)}`,
      ...factsLine(factsOf(paper, runsHere(paper))),
      `   ${summaryOf(paper)}`,
      `   ${site}/papers/${paper.id}`,
    ]
      .map(wrapText)
      .join("\n"),
  );
  const more = selection.more > 0 ? [`${writeAmount(selection.more, "more paper")} on the page: ${site}/`] : [];
  const footer = [
    reasonOf(frequency, site),
    ...(links === undefined ? [] : [`Change what you get: ${links.preferences}`, `Unsubscribe: ${links.unsubscribe}`]),
    ...(imprint === undefined ? [] : [imprint]),
    "Thank you to arXiv for use of its open access interoperability.",
  ];
  return `${[`Daily Papers\n${title}`, leadOf(selection), ...entries, ...more, `-- \n${footer.map(wrapText).join("\n")}`].join("\n\n")}\n`;
}

function factsLine(facts: readonly string[]): string[] {
  return facts.length === 0 ? [] : [`   ${facts.join(" · ")}`];
}

function leadOf({ papers, more }: Selection): string {
  return `${writeAmount(papers.length + more, "paper")}, most votes first.`;
}

function reasonOf(frequency: "daily" | "weekly", site: string): string {
  const often = frequency === "daily" ? "each weekday" : "once a week";
  return `You get this ${often} because you subscribed at ${new URL(site).host} and confirmed it.`;
}

function authorsOf({ authors }: Paper): string {
  const named = authors.slice(0, namedAuthors).map(readableTex).join(", ");
  const others = authors.length - namedAuthors;
  return others > 0 ? `${named} and ${writeAmount(others, "other")}` : named;
}

function summaryOf({ summary, abstract }: Paper): string {
  return shorten(readableTex(summary ?? abstract), abstractCharacters);
}

function factsOf(paper: Paper, runsHere: boolean): string[] {
  return [
    ...(votesOf(paper) > 0 ? [writeAmount(votesOf(paper), "vote")] : []),
    ...(paper.comments > 0 ? [writeAmount(paper.comments, "comment")] : []),
    ...(runsHere ? ["Runs here"] : []),
  ];
}

/** At most so many characters, ending with a whole word. */
function shorten(text: string, most: number): string {
  if (text.length <= most) return text;
  // A pair of surrogates is not cut in two.
  const cut = text.slice(0, most).replace(/[\uD800-\uDBFF]$/, "");
  return `${cut.slice(0, Math.max(cut.lastIndexOf(" "), most / 2)).replace(/[\s.,;:]+$/, "")} …`;
}
