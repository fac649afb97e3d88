/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { raw } from "hono/html";
import { renderToString } from "katex";
import { daysPerTenfold, hotness, rankingEpoch, rankingVersion } from "../papers/ranking.ts";
import { countingHours } from "../votes/new-accounts.ts";

const formula = renderToString(
  String.raw`\text{hotness} = \log_{10}(1 + v + e) + \frac{t - t_0}{${daysPerTenfold}\ \text{days}}`,
  { output: "mathml", displayMode: true },
);

/** How much later a paper with fewer votes has to come to stand level with one of `votes`. */
const examples = [1, 9, 30, 99, 300].map((votes) => {
  const facts = { votesElsewhere: 0, featuredAt: rankingEpoch };
  return { votes, days: daysPerTenfold * (hotness({ votes, ...facts }) - hotness({ votes: 0, ...facts })) };
});

/** The published formula of the trending papers. */
export function RankingPage() {
  return (
    <article class="prose">
      <h1>How ranking works</h1>
      <p>
        This is version {rankingVersion} of the formula. When it changes, the number changes with it; programs find it
        in the API as <code>rankingVersion</code>.
      </p>
      <h2>Trending</h2>
      <div class="formula" role="region" aria-label="The formula" tabindex={0}>
        {raw(formula)}
      </div>
      <dl class="symbols">
        <dt>
          <i>v</i>
        </dt>
        <dd>
          votes of readers of this site, one a person; those of an account younger than {countingHours} hours count when
          it is older
        </dd>
        <dt>
          <i>e</i>
        </dt>
        <dd>votes that a source counted where the paper came from</dd>
        <dt>
          <i>t</i>
        </dt>
        <dd>when the paper first came into the feed</dd>
        <dt>
          <i>t</i>
          <sub>0</sub>
        </dt>
        <dd>
          <time datetime={rankingEpoch.toISOString()}>1 January 2020</time>, so that the numbers stay small
        </dd>
      </dl>
      <p>
        Ten times as many votes are worth {daysPerTenfold} days. A paper’s hotness does not change while nobody votes;
        it falls because younger papers come above it. Papers of equal hotness stand in the order of publication, newest
        first, then by their ids, so that nothing moves without a cause.
      </p>
      <table class="plain-table">
        <caption>A paper with so many votes stands level with one without votes that came later by</caption>
        <thead>
          <tr>
            <th scope="col">Votes</th>
            <th scope="col">Days</th>
          </tr>
        </thead>
        <tbody>
          {examples.map(({ votes, days }) => (
            <tr>
              <td>{votes}</td>
              <td>{days.toFixed(1)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h2>Day, week and month</h2>
      <p>
        Most votes first, <i>v</i> + <i>e</i>. On a day, papers with equal votes keep the order in which they came; in a
        week or month they stand in the order of publication, newest first.
      </p>
      <h2>Search</h2>
      <p>
        By the words that match: in the title they count most, then among the authors, then in the abstract. Of words
        that many papers have, the newest 500 papers are ranked, and the page says so.
      </p>
      <h2>What is not in it</h2>
      <p>
        No clicks, no time spent on a page, nobody’s money, and nothing about you. Comments, stars of code and runs are
        shown beside a paper, and do not move it.
      </p>
    </article>
  );
}
