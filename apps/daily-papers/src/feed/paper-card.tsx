/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { formatCount } from "@offprint/experiment";
import { raw } from "hono/html";
import { writeDay } from "../look/dates.ts";
import { writeAmount } from "../look/numbers.ts";
import { paperPath } from "../papers/arxiv-id.ts";
import { beginningOf } from "../papers/beginning.ts";
import { Authors, RunsHere } from "../papers/paper-parts.tsx";
import type { Paper } from "../papers/paper.ts";
import { Tex } from "../papers/tex-html.tsx";
import type { Implementations } from "../runs/implementations.ts";
import { VoteButton } from "../votes/vote-button.tsx";

/** Characters of an abstract on a card: more than its three lines hold. */
const abstractCharacters = 420;

interface PaperCardsProps {
  readonly papers: readonly Paper[];
  readonly implementations: Implementations;
  /** The path of the page that they stand on. */
  readonly from: string;
}

/** A list of papers as cards. */
export function PaperCards({ papers, implementations, from }: PaperCardsProps) {
  return (
    <div class="feed">
      {papers.map((paper) => (
        <PaperCard {...{ paper, from }} runsHere={implementations.find(paper.implementation) !== undefined} />
      ))}
    </div>
  );
}

/** The vote button in both its forms: the page takes the one that is the reader's, and the rest is the same for all. */
function VotePlace({ paper, from }: { paper: Paper; from: string }) {
  const button = (voted: boolean) => (
    <VoteButton paper={paper} voted={voted} votes={paper.votes + paper.votesElsewhere} from={from} />
  );
  return (
    <>
      {raw(`<offprint-either name="${paper.id}">`)}
      {button(false)}
      {raw("<offprint-or></offprint-or>")}
      {button(true)}
      {raw("</offprint-either>")}
    </>
  );
}

function PaperCard({ paper, runsHere, from }: { paper: Paper; runsHere: boolean; from: string }) {
  const href = paperPath(paper.id);
  const comments = paper.comments + paper.commentsElsewhere;
  return (
    <article class="card" aria-labelledby={`title-${paper.id}`}>
      <div class="card-margin">
        <VotePlace paper={paper} from={from} />
        <p>
          <span>
            Published <time datetime={paper.publishedOn}>{writeDay(paper.publishedOn)}</time>
          </span>
          <span class="id">{paper.id}</span>
        </p>
      </div>
      <div class="card-text">
        <h2 id={`title-${paper.id}`}>
          <a href={href}>
            <Tex text={paper.title} />
          </a>
        </h2>
        <p class="authors">
          <Authors names={paper.authors} most={3} />
        </p>
        <p class="card-abstract">
          <Tex text={beginningOf(paper.abstract, abstractCharacters)} />
        </p>
        <ul class="facts">
          <li>
            <a href={href}>
              Read on<span class="unseen">: {paper.title}</span>
            </a>
          </li>
          {paper.authors.length > 1 && <li>{writeAmount(paper.authors.length, "author")}</li>}
          {comments > 0 && (
            <li>
              <a href={`${href}#discussion`}>
                {writeAmount(comments, "comment")}
                <span class="unseen"> on {paper.title}</span>
              </a>
            </li>
          )}
          {paper.codeUrl !== undefined && (
            <li>
              <a href={paper.codeUrl} rel="noopener">
                Code<span class="unseen"> of {paper.title}</span>
              </a>
              {paper.codeStars !== undefined && <Stars count={paper.codeStars} />}
            </li>
          )}
          {paper.submittedBy !== undefined && (
            <li>
              Submitted by <a href={`/people/${paper.submittedBy}`}>{paper.submittedBy}</a>
            </li>
          )}
          {paper.withdrawnAt !== undefined && <li class="withdrawn">Withdrawn</li>}
          {runsHere && (
            <li>
              <RunsHere href={`${href}#run`} title={paper.title} />
            </li>
          )}
        </ul>
      </div>
      <a class="card-page" href={href} tabindex={-1} aria-hidden="true">
        <img src={`${href}/thumbnail.svg`} alt="" width="150" height="200" loading="lazy" decoding="async" />
      </a>
    </article>
  );
}

/** The stars of a paper's code. */
function Stars({ count }: { count: number }) {
  return <span class="stars">, {count === 1 ? "1 star" : `${formatCount(count)} stars`}</span>;
}
