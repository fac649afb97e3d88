/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { formatCount } from "@offprint/experiment";
import { PaperCards } from "../feed/paper-card.tsx";
import { writeAmount } from "../look/numbers.ts";
import type { Implementations } from "../runs/implementations.ts";
import { searchPath, type SearchFields } from "./search-fields.ts";
import { mostRanked, type SearchResult } from "./search.queries.ts";

export interface SearchPageProps {
  readonly fields: SearchFields;
  /** Undefined before anything was asked for. */
  readonly result: SearchResult | undefined;
  /** From 1. */
  readonly page: number;
  readonly implementations: Implementations;
  /** An arXiv id that was looked for and that is not here. */
  readonly missing?: string | undefined;
}

export function SearchPage({ fields, result, page, implementations, missing }: SearchPageProps) {
  return (
    <>
      <header class="masthead search-head">
        <h1>Search</h1>
        <SearchForm fields={fields} />
        {missing !== undefined && (
          <p class="search-line" role="status">
            <span class="id">{missing}</span> is not here yet. <a href={`/submit?paper=${missing}`}>Submit it</a>, and
            it is fetched from arXiv.
          </p>
        )}
        {result !== undefined && missing === undefined && <ResultLine {...{ fields, result, page }} />}
      </header>
      {result !== undefined && (
        <>
          <PaperCards papers={result.papers} implementations={implementations} from={searchPath(fields, page)} />
          <Pages {...{ fields, result, page }} />
        </>
      )}
      {result === undefined && missing === undefined && <Hints />}
    </>
  );
}

function SearchForm({ fields }: { fields: SearchFields }) {
  const filtered = fields.from !== "" || fields.to !== "" || fields.category !== "" || fields.runs;
  return (
    <form class="search-form" action="/search" role="search">
      <p class="search-words">
        <label for="search-q">Title, abstract, authors or arXiv id</label>
        <span>
          <input id="search-q" type="search" name="q" value={fields.q} maxlength={250} autocomplete="off" />
          <button>Search</button>
        </span>
      </p>
      <details open={filtered}>
        <summary>Narrow it down</summary>
        <div class="search-filters">
          <p>
            <label for="search-from">Published from</label>
            <input id="search-from" type="date" name="from" value={fields.from} />
          </p>
          <p>
            <label for="search-to">to</label>
            <input id="search-to" type="date" name="to" value={fields.to} />
          </p>
          <p>
            <label for="search-category">Category or keyword</label>
            <input id="search-category" name="category" value={fields.category} maxlength={80} />
          </p>
          <p class="check">
            <label>
              <input type="checkbox" name="runs" value="on" checked={fields.runs} /> Runs here
            </label>
          </p>
        </div>
      </details>
    </form>
  );
}

function ResultLine({ fields, result, page }: { fields: SearchFields; result: SearchResult; page: number }) {
  const { suggestion, corrected } = result;
  const other = suggestion === undefined ? undefined : searchPath({ ...fields, q: suggestion }, 1);
  return (
    <p class="search-line" role="status">
      {corrected ? (
        <>
          Nothing was found for “{fields.q}”. This is for <a href={other}>{suggestion}</a>: {countOf(result)}.
        </>
      ) : (
        <>
          {result.count === 0 ? "Nothing was found" : countOf(result)}
          {page > 1 && `, page ${page}`}.
          {other !== undefined && (
            <>
              {" "}
              Did you mean <a href={other}>{suggestion}</a>?
            </>
          )}
        </>
      )}
      {result.isCut && " The newest of them are ranked and shown."}
    </p>
  );
}

function countOf({ count, isCut }: SearchResult): string {
  return isCut ? `More than ${formatCount(mostRanked)} papers` : writeAmount(count, "paper");
}

function Pages({ fields, result, page }: { fields: SearchFields; result: SearchResult; page: number }) {
  if (page === 1 && !result.hasNext) return <></>;
  return (
    <nav class="more" aria-label="Pages">
      {page > 1 && (
        <a rel="prev" href={searchPath(fields, page - 1)}>
          ← Better matches
        </a>
      )}
      {result.hasNext && (
        <a rel="next" href={searchPath(fields, page + 1)}>
          More papers →
        </a>
      )}
    </nav>
  );
}

function Hints() {
  return (
    <dl class="search-hints">
      <dt>
        <code>"knowledge graph"</code>
      </dt>
      <dd>words that stand beside one another</dd>
      <dt>
        <code>embed*</code>
      </dt>
      <dd>words that begin like this</dd>
      <dt>
        <code>author:chen title:lora</code>
      </dt>
      <dd>words in the names of authors, in the title</dd>
      <dt>
        <code>attention -vision</code>
      </dt>
      <dd>one word without the other</dd>
      <dt>
        <code>2409.19977</code>
      </dt>
      <dd>the paper of an arXiv id or link</dd>
    </dl>
  );
}
