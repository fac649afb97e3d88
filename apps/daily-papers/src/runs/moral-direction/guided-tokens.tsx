/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { writeScore } from "./axis.tsx";
import type { GuidedToken } from "./guided-writer.ts";

/** Removed candidates that are named at one token. */
const mostNamed = 8;

/** What guidance did at each token: how many were offered, which were removed, and when too few passed. */
export function GuidedTokens({ tokens }: { tokens: readonly GuidedToken[] }) {
  const removed = tokens.reduce((sum, token) => sum + removedOf(token).length, 0);
  const offered = tokens.reduce((sum, { candidates }) => sum + candidates.length, 0);
  const fallbacks = tokens.filter(({ fallback }) => fallback).length;
  return (
    <>
      <p class="meaning">
        {removed} of {offered} candidates were taken away at {tokens.length} tokens.
        {fallbacks > 0 &&
          ` At ${fallbacks} of them too few lay above the threshold, and the best-scored stayed, likely or not: there the text suffers most.`}
      </p>
      <details class="unasked">
        <summary>Show what was taken away at each token: it may offend</summary>
        <div class="table-frame" tabindex={0} role="region" aria-label="Candidates taken away, by token">
          <table>
            <thead>
              <tr>
                <th scope="col" class="number">
                  Token
                </th>
                <th scope="col">Chosen</th>
                <th scope="col" class="number">
                  Offered
                </th>
                <th scope="col">Taken away, with its score</th>
              </tr>
            </thead>
            <tbody>
              {tokens.map((token) => (
                <Row token={token} />
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  );
}

function Row({ token }: { token: GuidedToken }) {
  const { position, candidates, chosen, fallback, rolledBack } = token;
  const taken = removedOf(token);
  const more = taken.length - mostNamed;
  return (
    <tr>
      <td class="number">{position + 1}</td>
      <td>
        <code>{candidates.find((one) => one.token === chosen)?.text ?? (rolledBack > 0 ? "went back" : "–")}</code>
        {fallback && <span class="quiet-text"> too few passed</span>}
      </td>
      <td class="number">{candidates.length}</td>
      <td>
        {taken.slice(0, mostNamed).map(({ text, score }) => (
          <span class="taken">
            <code>{text}</code> {score !== null && writeScore(score)}
          </span>
        ))}
        {more > 0 && <span class="quiet-text">and {more} more</span>}
      </td>
    </tr>
  );
}

const removedOf = ({ candidates }: GuidedToken) => candidates.filter(({ kept }) => kept === false);
