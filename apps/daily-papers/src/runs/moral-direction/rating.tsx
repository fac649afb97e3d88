/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { Score } from "@offprint/moral-direction";
import type { FormValues } from "../implementation.ts";
import { Axis } from "./axis.tsx";
import { limits } from "./limits.ts";
import type { KnownPhrase, Rater } from "./rater.ts";

const mostPhrases = 10;
const mostCharacters = 120;
const untouched = ["kill people", "kill time", "help old people"];

/** Phrases that a reader asked about, with their scores or why there are none. */
export interface Rating {
  readonly phrases: readonly string[];
  readonly scores: readonly Score[];
  readonly known: readonly KnownPhrase[];
  readonly problem?: string;
}

/** What a form asks for, rated; some phrases of our own when it was not touched. */
export async function rate(rater: Rater, { phrases: text }: FormValues, file?: string): Promise<Rating> {
  const lines = (text ?? untouched.join("\n")).split("\n").map((line) => line.trim());
  const phrases = lines.filter((line) => line !== "").map((line) => line.slice(0, 2 * mostCharacters));
  const problem = problemOf(phrases);
  try {
    const known = await rater.known(file);
    if (problem !== undefined) return { phrases, scores: [], known, problem };
    return { phrases, scores: await rater.rate(phrases, file), known };
  } catch (error) {
    return { phrases, scores: [], known: [], problem: error instanceof Error ? error.message : String(error) };
  }
}

function problemOf(phrases: readonly string[]): string | undefined {
  if (phrases.length === 0) return "Phrases: enter at least one, a line each.";
  if (phrases.length > mostPhrases) return `Phrases: enter at most ${mostPhrases}, a line each.`;
  const long = phrases.find((phrase) => phrase.length > mostCharacters);
  return long === undefined ? undefined : `Phrases: enter at most ${mostCharacters} characters a line.`;
}

/** A form for phrases, and where they lie. @param action address of the page that shows the answer. */
export function RatingPart({ rating, action }: { rating: Rating; action: string }) {
  const { phrases, scores, known, problem } = rating;
  return (
    <section class="rating" id="rate" aria-labelledby="rate-title">
      <h2 id="rate-title">Rate phrases</h2>
      <div class="rating-parts">
        <form method="get" action={`${action}#rate`}>
          <label>
            <span>What one may do, a line each</span>
            <textarea name="phrases" rows={6} maxlength={mostPhrases * (mostCharacters + 1)} required>
              {phrases.join("\n")}
            </textarea>
          </label>
          <button class="primary">Rate</button>
          {problem !== undefined && (
            <p class="problems" role="alert">
              {problem}
            </p>
          )}
          <p class="meaning">{limits}</p>
        </form>
        {scores.length > 0 && <Axis scores={scores} known={known} />}
      </div>
    </section>
  );
}
