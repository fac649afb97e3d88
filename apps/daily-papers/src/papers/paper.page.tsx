/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { Child } from "hono/jsx";
import type { Day } from "../database/schema.ts";
import { writeDay, writeHeadline } from "../look/dates.ts";
import { writeAmount } from "../look/numbers.ts";
import type { Implementations } from "../runs/implementations.ts";
import { RunPanel, type Panel } from "../runs/run-panel.tsx";
import { RunList } from "../runs/run-list.tsx";
import type { Run } from "../runs/run.ts";
import { bibtex } from "./citation.ts";
import type { Paper } from "./paper.ts";
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
}

interface Running {
  readonly panel: Panel;
  readonly runs: readonly Run[];
  readonly implementations: Implementations;
  readonly picture: Child;
}

export function PaperPage({ paper, days, running, explanation, vote, discussion }: PaperPageProps) {
  return (
    <>
      <article class="paper">
        <header class="paper-head">
          <h1>
            <Tex text={paper.title} />
          </h1>
          <p class="authors">{paper.authors.join(", ")}</p>
        </header>
        <PaperMargin paper={paper} days={days} vote={vote} />
        <div class="paper-text">
          <h2 class="run-in">Abstract</h2>
          <p class="abstract">
            <Tex text={paper.abstract} links />
          </p>
          <details class="cite">
            <summary>Cite this paper</summary>
            <div class="command" data-copy>
              <pre tabindex={0} aria-label="BibTeX">
                <code>{bibtex(paper)}</code>
              </pre>
            </div>
          </details>
        </div>
      </article>
      {explanation}
      {running === undefined ? <NotYet paper={paper} /> : <Bench paper={paper} {...running} />}
      {discussion}
    </>
  );
}

function PaperMargin({ paper, days, vote }: { paper: Paper; days: readonly Day[]; vote: Child }) {
  return (
    <dl class="paper-margin">
      <div>
        <dt>Votes</dt>
        <dd>{vote}</dd>
      </div>
      <div>
        <dt>Published</dt>
        <dd>
          <time datetime={paper.publishedOn}>{writeDay(paper.publishedOn)}</time>
        </dd>
      </div>
      {days[0] !== undefined && (
        <div>
          <dt>In the feed of</dt>
          <dd>
            <a href={`/date/${days[0]}`}>
              <time datetime={days[0]}>
                {writeHeadline(days[0])} {days[0].slice(0, 4)}
              </time>
            </a>
          </dd>
        </div>
      )}
      <div>
        <dt>By</dt>
        <dd>{writeAmount(paper.authors.length, "author")}</dd>
      </div>
      <div>
        <dt>Read</dt>
        <dd>
          <a href={`https://arxiv.org/abs/${paper.id}`}>
            arXiv <span class="id">{paper.id}</span>
          </a>
          <br />
          <a href={`https://arxiv.org/pdf/${paper.id}`}>PDF</a>
          {paper.codeUrl !== undefined && (
            <>
              {" · "}
              <a href={paper.codeUrl}>authors’ code</a>
            </>
          )}
        </dd>
      </div>
    </dl>
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
