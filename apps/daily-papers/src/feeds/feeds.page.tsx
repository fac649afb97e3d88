/** @jsxRuntime automatic @jsxImportSource hono/jsx */
const views = [
  { name: "daily", what: "Each paper of the feed, once, when it comes in" },
  { name: "trending", what: "The hottest papers, each once, when it gets among them" },
  { name: "weekly", what: "One entry a week, when it is over: its papers, the most voted for first" },
  { name: "monthly", what: "The same for each month" },
  { name: "runnable", what: "Papers that run here" },
] as const;
const made = [
  { path: "keyword/graphs", what: "Papers with a keyword" },
  { path: "category/cs.CL", what: "Papers of an arXiv category" },
  { path: "submitter/ada", what: "Papers that one reader brought" },
  { path: "search/papers.atom?q=mamba", what: "Papers that a search finds" },
  { path: "comments/2409.19977", what: "Comments on a paper" },
] as const;

/** All feeds, and how the addresses of the others are made. */
export function FeedsPage({ site }: { site: string }) {
  return (
    <article class="sheet">
      <header>
        <h1>Feeds</h1>
        <p>
          Every view of the papers can be followed with a feed reader. A paper appears once, dated by the time that it
          came into the feed; votes and corrections do not bring it back.
        </p>
      </header>
      <ul class="lines">
        {views.map(({ name, what }) => (
          <li>
            {what}:{" "}
            <a href={`/feeds/${name}.atom`}>
              Atom<span class="unseen">, {name}</span>
            </a>{" "}
            ·{" "}
            <a href={`/feeds/${name}.rss`}>
              RSS<span class="unseen">, {name}</span>
            </a>{" "}
            ·{" "}
            <a href={`/feeds/${name}.json`}>
              JSON Feed<span class="unseen">, {name}</span>
            </a>
          </li>
        ))}
      </ul>
      <h2>Made for you</h2>
      <p>Put your own word, category, name or id in the place of the example; end with .atom, .rss or .json.</p>
      <ul class="lines">
        {made.map(({ path, what }) => (
          <li>
            {what}:{" "}
            <code class="address">
              {site}/feeds/{path.includes(".atom") ? path : `${path}.atom`}
            </code>
          </li>
        ))}
      </ul>
    </article>
  );
}
