import { readableTex } from "../papers/readable-tex.ts";

/** What the moral direction says of a text. */
interface TextRating {
  /** About −1 (what people say not to do) to 1 (what they say to do). */
  readonly score: number;
  /** What weakens the rating of this very text, in words, e.g. that it is long or in another language. */
  readonly cautions: readonly string[];
  /** A text that scores less is held. */
  readonly threshold: number;
}

/** Rates a text. Made where the site is put together; absent where `OFFPRINT_RATE_TEXTS` is off. */
export type RateText = (text: string) => Promise<TextRating>;

/** How a new text may appear. */
export interface Verdict {
  readonly state: "shown" | "held";
  /** Why it is held, in words for its writer. */
  readonly reason: string | undefined;
  readonly score: number | undefined;
}

/**
 * Whether a new text is shown or waits for a person. A text that cannot be rated is shown: the machine's trouble is not
 * its writer's, and readers can report.
 */
export async function judgeText(
  text: string,
  rateText: RateText | undefined,
  report: (error: unknown) => void,
): Promise<Verdict> {
  if (rateText === undefined) return { state: "shown", reason: undefined, score: undefined };
  try {
    const rating = await rateText(text);
    const held = rating.score < rating.threshold;
    return { state: held ? "held" : "shown", reason: held ? reasonOf(rating) : undefined, score: rating.score };
  } catch (error) {
    report(error);
    return { state: "shown", reason: undefined, score: undefined };
  }
}

/** What of a submitted paper is rated. */
export function textOfPaper({ title, abstract }: { readonly title: string; readonly abstract: string }): string {
  return `${readableTex(title)}. ${readableTex(abstract)}`;
}

/** Said to the writer together with {@link ratingLimits}. */
function reasonOf({ score, threshold, cautions }: TextRating): string {
  const doubts = cautions.length === 0 ? "" : ` (${cautions.join("; ")})`;
  return `The moral direction rates it ${signed(score)}, below ${signed(threshold)}${doubts}; a moderator looks at it.`;
}

/** What the method cannot do; stands beside every reason that it gives. */
export const ratingLimits =
  "The rating compares the text’s vector with a direction between verbs of things to do and not to do. It reads no " +
  "argument, irony or quotation, and errs with technical words, so it never decides alone: it only asks a person to look.";

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
}
