/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { formatCount } from "@offprint/experiment";
import { writeProbability, writeShare } from "../../look/numbers.ts";
import type { Run } from "../run.ts";
import { metricsOf, type Evaluation } from "./evaluation.ts";
import type { LearnedRules, Question, Reply, Term } from "./trained-model.ts";

/** What came out: the numbers first, with what they mean beside them. */
export function Numbers({ evaluation }: { evaluation: Evaluation }) {
  const { split, triples, entities, intervals, protocol } = evaluation;
  return (
    <>
      <dl class="metrics">
        {metricsOf(evaluation).map(({ name, meaning, value, interval, isShare }) => {
          const write = isShare ? writeShare : formatCount;
          return (
            <div>
              <dt>{name}</dt>
              <dd class="metric-value">{write(value)}</dd>
              {interval !== undefined && (
                <dd class="metric-interval">
                  {write(interval[0])} to {write(interval[1])}
                </dd>
              )}
              <dd class="metric-meaning">{meaning}</dd>
            </div>
          );
        })}
      </dl>
      <p class="meaning">
        Judged on the {formatCount(triples)} triples of the {split} split, both ends asked for, among{" "}
        {formatCount(entities)} entities.
        {intervals !== undefined &&
          ` The ranges hold ${Math.round(100 * intervals.level)}\u202F% of resampled splits; another seed can lie outside.`}
      </p>
      <PerRelation evaluation={evaluation} />
      <details class="numbers">
        <summary>How it was judged</summary>
        <ul class="protocol">
          <li>Candidates: {protocol.candidates}.</li>
          <li>Filter: {protocol.filter}.</li>
          <li>Ties: {protocol.ties}.</li>
        </ul>
      </details>
    </>
  );
}

function PerRelation({ evaluation }: { evaluation: Evaluation }) {
  const rows = evaluation.perRelation.toSorted((a, b) => b.queries - a.queries);
  return (
    <details class="numbers">
      <summary>The same for each relation</summary>
      <div class="table-frame" tabindex={0} role="region" aria-label="Results for each relation">
        <table>
          <thead>
            <tr>
              <th>Relation</th>
              <th class="number">Questions</th>
              <th class="number">MRR</th>
              <th class="number">Hits@10</th>
              <th class="number">MR</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ label, queries, mrr, mr, hits }) => (
              <tr>
                <td>{label}</td>
                <td class="number">{formatCount(queries)}</td>
                <td class="number">{writeShare(mrr)}</td>
                <td class="number">{hits["10"] === undefined ? "–" : writeShare(hits["10"])}</td>
                <td class="number">{formatCount(mr)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

export interface AskProps {
  readonly run: Run;
  readonly relations: readonly Term[];
  readonly question: Question | undefined;
  readonly reply: Reply | undefined;
}

/** The form that asks the model for one end of a triple, and what it replied. */
export function Ask({ run, relations, question, reply }: AskProps) {
  const list = `suggestions-${run.id}`;
  return (
    <section class="ask" id="ask" aria-labelledby="ask-title">
      <h2 id="ask-title">Ask what it learned</h2>
      <form class="ask-form" method="get" action={`/runs/${run.id}#ask`} data-suggest={`/runs/${run.id}/suggest`}>
        <p class="run-sentence">
          Find the{" "}
          <select name="find" aria-label="End to find">
            <option value="tail">tail</option>
            <option value="head" selected={question?.find === "head"}>
              head
            </option>
          </select>{" "}
          for{" "}
          <input
            name="words"
            aria-label="Entity"
            placeholder="an entity"
            value={question?.words ?? ""}
            required
            maxlength={200}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            list={list}
          />{" "}
          and{" "}
          <select name="relation" aria-label="Relation">
            {relations.map(({ label, name }) => (
              <option value={label} selected={label === question?.relation}>
                {name}
              </option>
            ))}
          </select>
        </p>
        <datalist id={list}></datalist>
        <button class="primary">Ask</button>
      </form>
      {question !== undefined && reply !== undefined && <Replied run={run} question={question} reply={reply} />}
    </section>
  );
}

function Replied({ run, question, reply }: { run: Run; question: Question; reply: Reply }) {
  const linkTo = ({ label }: Term) => `/runs/${run.id}?${new URLSearchParams({ ...question, words: label })}#ask`;
  if (reply.type !== "answers") {
    const said =
      reply.type === "ambiguous"
        ? `“${question.words}” has several meanings:`
        : `The graph has no “${question.words}”.`;
    return (
      <div class="answers" role="status">
        <p>
          {said}
          {reply.type === "unknown" &&
            (reply.terms.length > 0
              ? " These come near:"
              : " Nothing comes near it; try another spelling or another word.")}
        </p>
        <ul class="nearest">
          {reply.terms.map((term) => (
            <li>
              <a href={linkTo(term)}>{term.name}</a> <span class="id">{term.label}</span>
              {term.description !== undefined && <span class="gloss">{term.description}</span>}
            </li>
          ))}
        </ul>
      </div>
    );
  }
  const { given, relation, answers, candidates, meaning } = reply;
  const hasProbability = answers.some(({ probability }) => probability !== undefined);
  const hasSpread = answers.some(({ spread }) => spread !== undefined);
  const ends = [<strong>{given.name}</strong>, <span class="blank">?</span>];
  const [head, tail] = question.find === "tail" ? ends : ends.toReversed();
  return (
    <div class="answers">
      <p class="triple">
        {head} <em>{relation.name}</em> {tail}
      </p>
      {given.description !== undefined && (
        <p class="gloss">
          {given.name}: {given.description}
        </p>
      )}
      <div class="table-frame" tabindex={0} role="region" aria-label="Answers">
        <table>
          <caption class="unseen">
            The {answers.length} best of {formatCount(candidates)} entities
          </caption>
          <thead>
            <tr>
              <th class="number">Rank</th>
              <th>Answer</th>
              {hasProbability && <th class="number">Probability</th>}
              {hasSpread && <th class="number">Spread</th>}
            </tr>
          </thead>
          <tbody>
            {answers.map((answer, index) => (
              <tr>
                <td class="number">{index + 1}</td>
                <td>
                  <a href={linkTo(answer)}>{answer.name}</a> <span class="id">{answer.label}</span>
                  {answer.split !== undefined && <span class="known"> a fact of {answer.split}</span>}
                  {answer.description !== undefined && <span class="gloss">{answer.description}</span>}
                </td>
                {hasProbability && (
                  <td class="number">
                    {answer.probability === undefined ? "–" : writeProbability(answer.probability)}
                  </td>
                )}
                {hasSpread && (
                  <td class="number">
                    {answer.spread === undefined ? "–" : answer.spread.relative.toPrecision(2)}
                    {answer.spread !== undefined && (
                      <span class="spread-place">
                        {" "}
                        wider than {`${Math.round(100 * answer.spread.moreUncertainThan)}\u202F%`}
                      </span>
                    )}
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <dl class="meaning">
        <div>
          <dt>Probability</dt>
          <dd>{meaning.probability}</dd>
        </div>
        <div>
          <dt>Spread</dt>
          <dd>{meaning.spread}</dd>
        </div>
      </dl>
    </div>
  );
}

/** What the relations have learned to be; a page without script asks for it by a link, for it takes seconds. */
export function Rules({ run, learned }: { run: Run; learned: LearnedRules | undefined }) {
  return (
    <section class="rules" id="rules" aria-labelledby="rules-title">
      <h2 id="rules-title">Rules it learned</h2>
      <div data-fragment="rules" {...(learned === undefined ? { "data-load": `/runs/${run.id}/parts/rules` } : {})}>
        {learned === undefined ? (
          <p>
            <a href={`/runs/${run.id}?rules=on#rules`}>Look for rules</a>: the model is asked some thousand questions,
            which takes a few seconds.
          </p>
        ) : (
          <RulesTable learned={learned} />
        )}
      </div>
    </section>
  );
}

export function RulesTable({ learned }: { learned: LearnedRules }) {
  const { rules, sampling } = learned;
  if (rules.length === 0) return <p>No rule was found. Tried: {sampling}</p>;
  return (
    <>
      <div class="table-frame tall" tabindex={0} role="region" aria-label="Table of rules">
        <table>
          <thead>
            <tr>
              <th>Relation</th>
              <th>Rule</th>
              <th>Verdict</th>
              <th>Evidence</th>
            </tr>
          </thead>
          <tbody>
            {rules.map(({ relation, rule, verdict, evidence }) => (
              <tr>
                <td>{relation}</td>
                <td>{rule}</td>
                <td>{verdict}</td>
                <td class="evidence">{evidence}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="meaning">Tried: {sampling}</p>
    </>
  );
}
