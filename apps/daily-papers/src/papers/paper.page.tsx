/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { Child } from "hono/jsx";
import type { Day } from "../database/schema.ts";
import { writeDay } from "../look/dates.ts";
import type { Implementations } from "../runs/implementations.ts";
import { RunPanel, type Panel } from "../runs/run-panel.tsx";
import { RunList } from "../runs/run-list.tsx";
import type { Run } from "../runs/run.ts";
import { paperPath } from "./arxiv-id.ts";
import { bibtex } from "./citation.ts";
import type { Paper } from "./paper.ts";
import { PaperMargin } from "./paper-margin.tsx";
import { Results, type RecordedResult } from "./results.tsx";
import type { SimilarPaper } from "../recommendations/similar-papers.ts";
import { Tex } from "./tex-html.tsx";

export interface PaperPageProps {
  readonly paper: Paper;
  /** The days on which the paper was featured, newest first. */
  readonly days: readonly Day[];
  /** Absent for a paper that readers cannot run yet. */
  readonly running?: Running | undefined;
  /** How the method works, where its implementation tells. */
  readonly explanation?: Child;
  /** What readers make of it. */
  readonly vote: Child;
  readonly discussion: Child;
  readonly results: readonly RecordedResult[];
  readonly similar: readonly SimilarPaper[];
}

/** Longer lists of authors are folded. */
const mostAuthors = 24;

interface Running {
  readonly panel: Panel;
  readonly runs: readonly Run[];
  readonly implementations: Implementations;
  readonly picture: Child;
}

export function PaperPage(props: PaperPageProps) {
  const { paper, days, running, explanation, vote, discussion, results, similar } = props;
  return (
    <>
      <article class="paper">
        <header class="paper-head">
          <h1>
            <Tex text={paper.title} />
          </h1>
          <AllAuthors names={paper.authors} />
          {paper.withdrawnAt !== undefined && (
            <p class="withdrawn">
              Its authors have withdrawn this paper
              {paper.authorComment === undefined ? "." : `: ${paper.authorComment}`}
            </p>
          )}
        </header>
        <PaperMargin paper={paper} days={days} vote={vote} />
        <div class="paper-text">
          {paper.summary !== undefined && <Summary text={paper.summary} source={paper.source} />}
          <h2 class="run-in">Abstract</h2>
          <p class="abstract">
            <Tex text={paper.abstract} links />
          </p>
          <Keywords words={paper.keywords} />
          <Cite paper={paper} />
        </div>
      </article>
      {explanation}
      {running !== undefined && <Bench paper={paper} {...running} />}
      {running === undefined && paper.implementation !== undefined && <NotYet paper={paper} />}
      <Results results={results} />
      {discussion}
      <Similar papers={similar} />
    </>
  );
}

function AllAuthors({ names }: { names: readonly string[] }) {
  if (names.length <= mostAuthors) return <p class="authors">{names.join(", ")}</p>;
  return (
    <details class="authors all-authors">
      <summary>
        {names.slice(0, mostAuthors - 4).join(", ")} and {names.length - mostAuthors + 4} more
      </summary>
      {names.slice(mostAuthors - 4).join(", ")}
    </details>
  );
}

/** A sentence that a source gives; who made it is said, since it is not the authors' own. */
function Summary({ text, source }: { text: string; source: Paper["source"] }) {
  return (
    <p class="in-short">
      <Tex text={text} />{" "}
      <span class="quiet-text">
        {source === "huggingface" || source === "import"
          ? "Written by a machine, with the source."
          : "With the source."}
      </span>
    </p>
  );
}

function Keywords({ words }: { words: readonly string[] }) {
  if (words.length === 0) return <></>;
  return (
    <>
      <h2 class="unseen">Keywords</h2>
      <ul class="keywords">
        {words.map((word) => (
          <li>
            <a href={`/search?${new URLSearchParams({ q: "", category: word })}`}>{word}</a>
          </li>
        ))}
      </ul>
    </>
  );
}

function Cite({ paper }: { paper: Paper }) {
  const path = paperPath(paper.id);
  return (
    <details class="cite">
      <summary>Cite this paper</summary>
      <div class="command" data-copy>
        <pre tabindex={0} aria-label="BibTeX">
          <code>{bibtex(paper)}</code>
        </pre>
      </div>
      <p class="cite-files">
        As a file: <a href={`${path}/cite.bib`}>BibTeX</a>, <a href={`${path}/cite.ris`}>RIS</a>,{" "}
        <a href={`${path}/cite.json`}>CSL-JSON</a>
      </p>
    </details>
  );
}

function Similar({ papers }: { papers: readonly SimilarPaper[] }) {
  if (papers.length === 0) return <></>;
  return (
    <section class="similar" aria-labelledby="similar-title">
      <h2 id="similar-title">Similar papers</h2>
      <ol>
        {papers.map((paper) => (
          <li>
            <a href={paperPath(paper.id)}>
              <Tex text={paper.title} />
            </a>
            <span class="quiet-text">
              {paper.reason} · <time datetime={paper.publishedOn}>{writeDay(paper.publishedOn)}</time>
              {paper.spread !== undefined && <> · {paper.spread}</>}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Bench({ paper, panel, runs, implementations, picture }: Running & { paper: Paper }) {
  return (
    <section class="bench" id="run" aria-labelledby="run-title">
      <div class="bench-inner">
        <h2 id="run-title">Run this paper</h2>
        <div class="bench-sides">
          <RunPanel paper={paper} panel={panel} />
          <div class="bench-picture">{picture}</div>
        </div>
        {runs.length > 0 && (
          <>
            <h3>Runs so far</h3>
            <RunList runs={runs} implementations={implementations} />
          </>
        )}
      </div>
    </section>
  );
}

function NotYet({ paper }: { paper: Paper }) {
  return (
    <section class="bench" id="run" aria-labelledby="run-title">
      <div class="bench-inner">
        <h2 id="run-title">Run this paper</h2>
        <p class="bench-empty">
          This paper does not run here yet; its run comes next.
          {paper.codeUrl !== undefined && (
            <>
              {" "}
              Until then, <a href={paper.codeUrl}>the authors’ code</a> is the place to look.
            </>
          )}
        </p>
      </div>
    </section>
  );
}
