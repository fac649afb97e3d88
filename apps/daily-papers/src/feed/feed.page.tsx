/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { Day } from "../database/schema.ts";
import { writeDay, writeHeadline } from "../look/dates.ts";
import { writeAmount } from "../look/numbers.ts";
import { Authors, RunsHere } from "../papers/paper-parts.tsx";
import type { Paper } from "../papers/paper.ts";
import { Tex } from "../papers/tex-html.tsx";
import type { Implementations } from "../runs/implementations.ts";
import type { FeedDay } from "./feed.queries.ts";

/** One day of Daily Papers. */
export function FeedPage({ feed, implementations }: { feed: FeedDay; implementations: Implementations }) {
  return (
    <>
      <header class="masthead">
        <p class="masthead-by">
          <span class="masthead-name">Daily Papers</span>, by AK and the research community
        </p>
        <h1>
          <time datetime={feed.day}>
            {writeHeadline(feed.day)} <span class="masthead-year">{feed.day.slice(0, 4)}</span>
          </time>
        </h1>
        <Neighbours earlier={feed.earlier} later={feed.later} />
      </header>
      <div class="feed">
        {feed.papers.map((paper) => (
          <PaperCard paper={paper} runsHere={implementations.find(paper.implementation) !== undefined} />
        ))}
      </div>
    </>
  );
}

/** Links to the days beside this one. A day that is not there has no link: dead controls say nothing. */
function Neighbours({ earlier, later }: { earlier: Day | undefined; later: Day | undefined }) {
  if (earlier === undefined && later === undefined) return <></>;
  return (
    <nav class="neighbours" aria-label="Days">
      {earlier !== undefined && (
        <a rel="prev" href={`/date/${earlier}`}>
          ← {writeHeadline(earlier)}
        </a>
      )}
      {later !== undefined && (
        <a rel="next" href={`/date/${later}`}>
          {writeHeadline(later)} →
        </a>
      )}
    </nav>
  );
}

function PaperCard({ paper, runsHere }: { paper: Paper; runsHere: boolean }) {
  const href = `/papers/${paper.id}`;
  return (
    <article class="card" aria-labelledby={`title-${paper.id}`}>
      <p class="card-margin">
        <span>
          Published <time datetime={paper.publishedOn}>{writeDay(paper.publishedOn)}</time>
        </span>
        <span class="id">{paper.id}</span>
      </p>
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
          <Tex text={paper.abstract} />
        </p>
        <ul class="facts">
          <li>
            <a href={href}>
              Read on<span class="unseen">: {paper.title}</span>
            </a>
          </li>
          <li>{writeAmount(paper.authors.length, "author")}</li>
          {paper.codeUrl !== undefined && (
            <li>
              <a href={paper.codeUrl}>
                Code<span class="unseen"> of {paper.title}</span>
              </a>
            </li>
          )}
          {runsHere && (
            <li>
              <RunsHere href={`${href}#run`} title={paper.title} />
            </li>
          )}
        </ul>
      </div>
      <img class="card-page" src={`${href}/thumbnail.svg`} alt="" width="150" height="200" loading="lazy" />
    </article>
  );
}
