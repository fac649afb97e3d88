/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { Card } from "../feed/card.tsx";
import { writeAmount } from "../look/numbers.ts";
import { paperPath } from "../papers/arxiv-id.ts";
import { readableTex } from "../papers/readable-tex.ts";
import { Tex } from "../papers/tex-html.tsx";
import { VoteButton } from "../votes/vote-button.tsx";
import type { ForYou, Recommendation } from "./for-you.queries.ts";
import { beginning, writeSpread } from "./reason.ts";

interface ForYouPageProps {
  readonly forYou: ForYou;
  /** The paper that the reader has just sent away. */
  readonly passed: { readonly id: string; readonly title: string } | undefined;
}

export function ForYouPage({ forYou, passed }: ForYouPageProps) {
  const { votes, papers } = forYou;
  return (
    <>
      <header class="masthead for-you-head">
        <h1>For you</h1>
        {passed !== undefined && <Passed paper={passed} />}
        {votes === 0 ? (
          <NoVotes />
        ) : papers.length === 0 ? (
          <p>
            Nothing lies near what you voted for yet. New papers are compared with it as they come;{" "}
            <a href="/trending">more votes</a> help.
          </p>
        ) : (
          <p>
            Near the {votes === 1 ? "paper" : writeAmount(votes, "paper")} that you voted for. Nobody else sees this
            list.
          </p>
        )}
      </header>
      {papers.length > 0 && (
        <div class="feed">
          {papers.map((one) => (
            <Recommended one={one} />
          ))}
        </div>
      )}
      {papers.some(({ spread }) => spread !== undefined) && (
        <p class="for-you-note quiet-text">
          The spread is the model’s own word on how sure it is of a paper’s place, as a share of the distance that
          usually lies between two papers: surely, roughly and loosely are thirds of all papers. It is not a probability
          and not calibrated.
        </p>
      )}
    </>
  );
}

function NoVotes() {
  return (
    <>
      <p>
        Vote for papers that you are glad to have read, and this page fills with papers near them: by the same people,
        about the same things, in similar words.
      </p>
      <p class="ways">
        <a href="/">Today’s papers</a> <a href="/trending">Trending papers</a> <a href="/search">Search</a>
      </p>
    </>
  );
}

function Passed({ paper }: { paper: { id: string; title: string } }) {
  return (
    <form class="passed" method="post" action="/for-you/let-back">
      <input type="hidden" name="paper" value={paper.id} />
      <p role="status">
        “<Tex text={paper.title} />” will not be shown here again.
      </p>
      <button class="link-button">
        Undo<span class="unseen">: show {readableTex(paper.title)} again</span>
      </button>
    </form>
  );
}

function Recommended({ one }: { one: Recommendation }) {
  const { paper, votedFor, link, nearTo, spread } = one;
  const because = (
    <>
      You voted for{" "}
      <a href={paperPath(votedFor.id)}>
        <Tex text={votedFor.title} />
      </a>
      , {link}
      {nearTo > 1 && <>; near {writeAmount(nearTo - 1, "other paper")} of yours</>}.
    </>
  );
  const votes = paper.votes + paper.votesElsewhere;
  return (
    <Card paper={paper} because={because} vote={<VoteButton {...{ paper, votes }} voted={false} from="/for-you" />}>
      {spread !== undefined && <li>{beginning(writeSpread(spread))}</li>}
      <li>
        <form method="post" action="/for-you/pass-over">
          <input type="hidden" name="paper" value={paper.id} />
          <button class="link-button">
            Not this<span class="unseen">: {readableTex(paper.title)}</span>
          </button>
        </form>
      </li>
    </Card>
  );
}
