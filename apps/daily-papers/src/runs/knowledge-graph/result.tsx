/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { formatCount } from "@offprint/experiment";
import { writeShare } from "../../look/numbers.ts";
import type { FormValues } from "../implementation.ts";
import type { Run } from "../run.ts";
import type { LearnedRule, Prediction, Term, TrainedModel } from "./trained-model.ts";
import { readMetrics, type Metric } from "./metrics.ts";

/** What a reader asked the trained model. */
export interface Question {
  readonly words: string;
  readonly relation: string;
  /** What the words are of the triple; the other one is asked for. */
  readonly given: "head" | "tail";
}

export type Answer =
  | { readonly type: "unknown"; readonly nearest: readonly Term[] }
  | { readonly type: "ranked"; readonly entity: Term; readonly predictions: readonly Prediction[] };

export interface ResultProps {
  readonly run: Run;
  /** Absent when the run's files cannot be read any more; the sentence says why. */
  readonly model: TrainedModel | undefined;
  readonly trouble: string | undefined;
  readonly question: Question | undefined;
  readonly answer: Answer | undefined;
  readonly rules: readonly LearnedRule[];
}

/** Most answers that are shown of a question. */
export const mostAnswers = 10;

export function readQuestion(query: FormValues): Question | undefined {
  const words = (query["words"] ?? "").trim();
  const relation = query["relation"] ?? "";
  if (words === "" || relation === "") return undefined;
  return { words, relation, given: query["given"] === "tail" ? "tail" : "head" };
}

export function Result(props: ResultProps) {
  const { run, model, trouble } = props;
  return (
    <>
      <Metrics metrics={readMetrics(run.metrics ?? {})} />
      {model === undefined ? (
        <p class="problems">{trouble}</p>
      ) : (
        <>
          <Ask {...props} model={model} />
          <Rules rules={props.rules} />
        </>
      )}
    </>
  );
}

function Metrics({ metrics }: { metrics: readonly Metric[] }) {
  return (
    <dl class="metrics">
      {metrics.map(({ name, meaning, value, low, high, isShare }) => {
        const write = isShare ? writeShare : formatCount;
        return (
          <div>
            <dt>
              <abbr title={meaning}>{name}</abbr>
            </dt>
            <dd>
              <span class="metric-value">{write(value)}</span>
              {low !== undefined && high !== undefined && (
                <span class="metric-interval">
                  {write(low)} to {write(high)}
                </span>
              )}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function Ask({ run, model, question, answer }: ResultProps & { model: TrainedModel }) {
  const list = `suggestions-${run.id}`;
  return (
    <section class="ask" id="ask" aria-labelledby="ask-title">
      <h2 id="ask-title">Ask what it learned</h2>
      <form class="ask-form" method="get" action={`/runs/${run.id}#ask`} data-suggest={`/runs/${run.id}/suggest`}>
        <p class="run-sentence">
          Given{" "}
          <input
            name="words"
            aria-label="Entity"
            value={question?.words ?? ""}
            required
            maxlength={200}
            autocomplete="off"
            list={list}
          />{" "}
          as{" "}
          <select name="given" aria-label="Place of the entity">
            <option value="head">head</option>
            <option value="tail" selected={question?.given === "tail"}>
              tail
            </option>
          </select>{" "}
          of{" "}
          <select name="relation" aria-label="Relation">
            {model.relations.map(({ label, text }) => (
              <option value={label} selected={label === question?.relation}>
                {text}
              </option>
            ))}
          </select>
        </p>
        <datalist id={list}></datalist>
        <button class="primary">Ask</button>
      </form>
      {question !== undefined && answer !== undefined && <Answers run={run} question={question} answer={answer} />}
    </section>
  );
}

function Answers({ run, question, answer }: { run: Run; question: Question; answer: Answer }) {
  if (answer.type === "unknown") {
    return (
      <div role="status">
        <p>
          The graph has no “{question.words}”.
          {answer.nearest.length > 0 && " It has:"}
        </p>
        <ul class="nearest">
          {answer.nearest.map((term) => (
            <li>
              <a href={`/runs/${run.id}?${new URLSearchParams({ ...question, words: term.label })}#ask`}>{term.text}</a>
              {term.description !== undefined && <span class="quiet-text"> {term.description}</span>}
            </li>
          ))}
        </ul>
      </div>
    );
  }
  const { entity, predictions } = answer;
  const hasSpread = predictions.some(({ spread }) => spread !== undefined);
  const hasProbability = predictions.some(({ probability }) => probability !== undefined);
  const other = question.given === "head" ? "tail" : "head";
  return (
    <div class="answers">
      <p>
        <strong>{entity.text}</strong>
        {entity.description !== undefined && <span class="quiet-text"> {entity.description}</span>}
      </p>
      <div class="table-frame" tabindex={0} role="region" aria-label="Answers">
        <table>
          <caption class="unseen">The {other}s that the model ranks first</caption>
          <thead>
            <tr>
              <th class="number">Rank</th>
              <th>{other === "tail" ? "Tail" : "Head"}</th>
              {hasProbability && <th class="number">Probability</th>}
              {hasSpread && <th class="number">Spread</th>}
            </tr>
          </thead>
          <tbody>
            {predictions.map((prediction, index) => (
              <tr>
                <td class="number">{index + 1}</td>
                <td>
                  <a href={`/runs/${run.id}?${new URLSearchParams({ ...question, words: prediction.label })}#ask`}>
                    {prediction.text}
                  </a>
                  {prediction.known === true && <span class="known"> in the graph</span>}
                  {prediction.description !== undefined && <span class="gloss">{prediction.description}</span>}
                </td>
                {hasProbability && (
                  <td class="number">
                    {prediction.probability === undefined ? "–" : writeShare(prediction.probability)}
                  </td>
                )}
                {hasSpread && (
                  <td class="number">{prediction.spread === undefined ? "–" : prediction.spread.toPrecision(2)}</td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="meaning">
        {hasProbability &&
          "Probability is calibrated on the validation split: of answers given .8, about four in five were true there. "}
        {hasSpread &&
          "Spread is the model’s own σ for the answer: it compares answers of this run with one another and is no error bar. "}
        Every answer is a guess from the graph alone.
      </p>
    </div>
  );
}

function Rules({ rules }: { rules: readonly LearnedRule[] }) {
  if (rules.length === 0) return <></>;
  return (
    <section class="rules" aria-labelledby="rules-title">
      <h2 id="rules-title">Rules it learned</h2>
      <div class="table-frame" tabindex={0} role="region" aria-labelledby="rules-title">
        <table>
          <thead>
            <tr>
              <th>Rule</th>
              <th>Evidence</th>
            </tr>
          </thead>
          <tbody>
            {rules.map(({ rule, evidence }) => (
              <tr>
                <td>{rule}</td>
                <td class="quiet-text">{evidence}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
