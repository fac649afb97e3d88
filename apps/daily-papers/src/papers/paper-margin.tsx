/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { Child } from "hono/jsx";
import type { Day } from "../database/schema.ts";
import { writeDay, writeHeadline } from "../look/dates.ts";
import { writeAmount } from "../look/numbers.ts";
import { paperPath } from "./arxiv-id.ts";
import { submitterOf } from "./paper-parts.tsx";
import type { Paper } from "./paper.ts";

/** What is known of a paper beside its text. */
export function PaperMargin({ paper, days, vote }: { paper: Paper; days: readonly Day[]; vote: Child }) {
  const [firstShown] = days;
  const submitter = submitterOf(paper);
  const revised = paper.version !== undefined && paper.version > 1 ? paper.revisedAt : undefined;
  return (
    <dl class="paper-margin">
      <Fact name="Votes">{vote}</Fact>
      <Fact name="Published">
        <time datetime={paper.publishedOn}>{writeDay(paper.publishedOn)}</time>
        {revised !== undefined && (
          <>
            <br />
            revised <time datetime={revised.toISOString()}>{writeDay(revised.toISOString().slice(0, 10))}</time>
          </>
        )}
      </Fact>
      {paper.version !== undefined && (
        <Fact name="Versions">
          <Versions id={paper.id} newest={paper.version} />
        </Fact>
      )}
      {firstShown !== undefined && (
        <Fact name="In the feed of">
          <a href={`/date/${firstShown}`}>
            <time datetime={firstShown}>
              {writeHeadline(firstShown)} {firstShown.slice(0, 4)}
            </time>
          </a>
          {submitter !== undefined && (
            <>
              <br />
              submitted by {submitter}
            </>
          )}
        </Fact>
      )}
      <Fact name="By">
        {writeAmount(paper.authors.length, "author")}
        {paper.organization !== undefined && (
          <>
            <br />
            {paper.organization}
          </>
        )}
      </Fact>
      <Fact name="Read">
        <Reading paper={paper} />
      </Fact>
      {(paper.codeUrl !== undefined || paper.projectUrl !== undefined) && (
        <Fact name="Code">
          {paper.codeUrl !== undefined && (
            <a href={paper.codeUrl} rel="noopener">
              authors’ code
            </a>
          )}
          {paper.codeStars !== undefined && `, ${writeAmount(paper.codeStars, "star")}`}
          {paper.codeUrl !== undefined && paper.projectUrl !== undefined && <br />}
          {paper.projectUrl !== undefined && (
            <a href={paper.projectUrl} rel="noopener">
              project page
            </a>
          )}
        </Fact>
      )}
      {paper.categories.length > 0 && (
        <Fact name="Subjects">
          {paper.categories.map((category, index) => (
            <>
              {index > 0 && ", "}
              <a href={`/search?${new URLSearchParams({ q: "", category })}`}>{category}</a>
            </>
          ))}
        </Fact>
      )}
      {paper.journalRef !== undefined && <Fact name="Appeared in">{paper.journalRef}</Fact>}
      {paper.doi !== undefined && (
        <Fact name="DOI">
          <a href={`https://doi.org/${encodeURI(paper.doi)}`}>{paper.doi}</a>
        </Fact>
      )}
      {paper.authorComment !== undefined && <Fact name="Authors’ comment">{paper.authorComment}</Fact>}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children?: Child }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** How many of the versions are named: the newest, and the first. */
const mostVersions = 6;

/** Links to arXiv's versions of the paper, the newest first. */
function Versions({ id, newest }: { id: string; newest: number }) {
  const numbers = Array.from({ length: newest }, (_, index) => newest - index);
  const shown = numbers.length <= mostVersions ? numbers : [...numbers.slice(0, mostVersions - 1), 1];
  return (
    <>
      {shown.map((number, index) => (
        <>
          {index > 0 && (number + 1 < (shown[index - 1] ?? 0) ? " … " : " · ")}
          <a href={`https://arxiv.org/abs/${id}v${number}`} aria-label={`Version ${number}`}>
            v{number}
          </a>
        </>
      ))}
    </>
  );
}

/** Since December 2023 arXiv makes a page of nearly every paper. */
function hasHtml(id: string): boolean {
  return /^\d{4}\./.test(id) && Number(id.slice(0, 4)) >= 2312;
}

function Reading({ paper: { id } }: { paper: Paper }) {
  return (
    <>
      <a href={`https://arxiv.org/abs/${id}`}>
        arXiv <span class="id">{id}</span>
      </a>
      <br />
      <a href={`https://arxiv.org/pdf/${id}`}>PDF</a>
      {" · "}
      {hasHtml(id) && (
        <>
          <a href={`https://arxiv.org/html/${id}`}>HTML</a>
          {" · "}
        </>
      )}
      <a href={`${paperPath(id)}.md`}>Markdown</a>
    </>
  );
}
