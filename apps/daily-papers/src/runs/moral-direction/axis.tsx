/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { Score } from "@offprint/moral-direction";
import type { KnownPhrase } from "./rater.ts";

const width = 240;
const height = 18;
/** Known phrases that are shown beside the reader's: enough to see the axis, few enough to find one's own. */
const mostKnown = 9;

/** The reader's phrases among known ones, the best at the top, each with its interval and what to be wary of. */
export function Axis({ scores, known }: { scores: readonly Score[]; known: readonly KnownPhrase[] }) {
  const rows = [
    ...scores.map((score) => ({ ...score, own: true })),
    ...spread(known).map((phrase) => ({ ...phrase, interval: undefined, cautions: [], own: false })),
  ].toSorted((a, b) => b.score - a.score);
  const ends = rows.flatMap(({ score, interval }) => [score, ...(interval ?? [])]);
  const reach = Math.max(1, ...ends.map(Math.abs)) * 1.05;
  return (
    <div class="table-frame" tabindex={0} role="region" aria-label="Phrases on the moral direction">
      <table class="axis">
        <thead>
          <tr>
            <th scope="col">Phrase</th>
            <th scope="col">
              <span class="axis-ends">
                <span>−{reach.toFixed(1)}</span>
                <span>0</span>
                <span>{reach.toFixed(1)}</span>
              </span>
            </th>
            <th scope="col" class="number">
              Score
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ text, score, interval, cautions, own }) => (
            <>
              <tr class={own ? "own" : "known"} {...(cautions.length > 0 ? { "data-cautions": "" } : {})}>
                <th scope="row">{text}</th>
                <td>
                  <Place score={score} interval={interval} reach={reach} />
                </td>
                <td class="number">
                  {writeScore(score)}
                  {interval !== undefined && (
                    <span class="axis-interval">
                      {writeScore(interval[0])} to {writeScore(interval[1])}
                    </span>
                  )}
                </td>
              </tr>
              {cautions.length > 0 && (
                <tr class="cautions">
                  <td colspan={3}>{cautions.map(asSentence).join(" ")}</td>
                </tr>
              )}
            </>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A score with a true minus sign. */
export function writeScore(score: number): string {
  return score.toFixed(2).replace(/^-/, "−");
}

const asSentence = (caution: string): string => `${caution.charAt(0).toUpperCase()}${caution.slice(1)}.`;

/** A dot on the axis, with its interval as a line. */
function Place({ score, interval, reach }: { score: number; interval: Score["interval"]; reach: number }) {
  const x = (value: number): string => (((value / reach + 1) / 2) * width).toFixed(1);
  const middle = height / 2;
  return (
    <svg viewBox={`0 0 ${width} ${height}`} class="axis-place" aria-hidden="true">
      <line x1={width / 2} y1="0" x2={width / 2} y2={height} class="axis-zero" />
      <line x1="0" y1={middle} x2={width} y2={middle} class="axis-line" />
      {interval !== undefined && (
        <line x1={x(interval[0])} y1={middle} x2={x(interval[1])} y2={middle} class="axis-range" />
      )}
      <circle cx={x(score)} cy={middle} r="4" class={score < 0 ? "axis-bad" : "axis-good"} />
    </svg>
  );
}

/** Of phrases in their order, some that are evenly apart. */
function spread(known: readonly KnownPhrase[]): KnownPhrase[] {
  if (known.length <= mostKnown) return [...known];
  const step = (known.length - 1) / (mostKnown - 1);
  return Array.from({ length: mostKnown }, (_, i) => known[Math.round(i * step)]).filter((one) => one !== undefined);
}
