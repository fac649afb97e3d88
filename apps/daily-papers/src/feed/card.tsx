/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { Child } from "hono/jsx";
import { writeDay } from "../look/dates.ts";
import { paperPath } from "../papers/arxiv-id.ts";
import { beginningOf } from "../papers/beginning.ts";
import { Authors } from "../papers/paper-parts.tsx";
import type { Paper } from "../papers/paper.ts";
import { readableTex } from "../papers/readable-tex.ts";
import { Tex } from "../papers/tex-html.tsx";

/** Characters of an abstract on a card: more than its three lines hold. */
const abstractCharacters = 420;

interface CardProps {
  readonly paper: Paper;
  readonly vote: Child;
  /** Why the paper is in this list, where the list is made for one reader. */
  readonly because?: Child;
  /** Items of the row of facts, after the way to read on. */
  readonly children: Child;
}

/** A paper in a list. */
export function Card({ paper, vote, because, children }: CardProps) {
  const href = paperPath(paper.id);
  return (
    <article class="card" aria-labelledby={`title-${paper.id}`}>
      <div class="card-margin">
        {vote}
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
        {because !== undefined && <p class="because">{because}</p>}
        <p class="card-abstract">
          <Tex text={beginningOf(paper.abstract, abstractCharacters)} />
        </p>
        <ul class="facts">
          <li>
            <a href={href}>
              Read on<span class="unseen">: {readableTex(paper.title)}</span>
            </a>
          </li>
          {children}
        </ul>
      </div>
      <a class="card-page" href={href} tabindex={-1} aria-hidden="true">
        <img src={`${href}/thumbnail.svg`} alt="" width="150" height="200" loading="lazy" decoding="async" />
      </a>
    </article>
  );
}
