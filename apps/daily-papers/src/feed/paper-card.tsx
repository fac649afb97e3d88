/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { formatCount } from "@offprint/experiment";
import { raw } from "hono/html";
import { writeAmount } from "../look/numbers.ts";
import { paperPath } from "../papers/arxiv-id.ts";
import { RunsHere, submitterOf } from "../papers/paper-parts.tsx";
import type { Paper } from "../papers/paper.ts";
import { readableTex } from "../papers/readable-tex.ts";
import type { Implementations } from "../runs/implementations.ts";
import { VoteButton } from "../votes/vote-button.tsx";
import { Card } from "./card.tsx";

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
  const title = readableTex(paper.title);
  const comments = paper.comments + paper.commentsElsewhere;
  const submitter = submitterOf(paper);
  return (
    <Card paper={paper} vote={<VotePlace paper={paper} from={from} />}>
      {paper.authors.length > 1 && <li>{writeAmount(paper.authors.length, "author")}</li>}
      {comments > 0 && (
        <li>
          <a href={`${href}#discussion`}>
            {writeAmount(comments, "comment")}
            <span class="unseen"> on {title}</span>
          </a>
        </li>
      )}
      {paper.codeUrl !== undefined && (
        <li>
          <a href={paper.codeUrl} rel="noopener">
            Code<span class="unseen"> of {title}</span>
          </a>
          {paper.codeStars !== undefined && <Stars count={paper.codeStars} />}
        </li>
      )}
      {submitter !== undefined && <li>Submitted by {submitter}</li>}
      {paper.withdrawnAt !== undefined && <li class="withdrawn">Withdrawn</li>}
      {runsHere && (
        <li>
          <RunsHere href={`${href}#run`} title={title} />
        </li>
      )}
    </Card>
  );
}

/** The stars of a paper's code. */
function Stars({ count }: { count: number }) {
  return <>, {count === 1 ? "1 star" : `${formatCount(count)} stars`}</>;
}
