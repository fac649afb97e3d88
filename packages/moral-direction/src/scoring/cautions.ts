import type { Form } from "../direction/direction.ts";

/** What there is to know about a text beside its vector. */
export interface Circumstances {
  readonly text: string;
  readonly form: Form;
  /** Tokens of the longest text that was embedded, and what the encoder reads. */
  readonly tokens: number;
  readonly limit: number;
  /** Share of the fit's phrases that lie nearer; absent where the direction does not know. */
  readonly percentile: number | undefined;
  readonly interval: readonly [low: number, high: number] | undefined;
}

/** Share of the fit's own phrases beyond which a text counts as far from them. */
const farPercentile = 0.95;

/** What to think of before believing a score, a sentence each. */
export function cautionsOf({ text, form, tokens, limit, percentile, interval }: Circumstances): string[] {
  const said: [boolean, string][] = [
    [tokens > limit, `only the first ${limit} of ${tokens} tokens were read: use a window`],
    [!looksLikeAction(text), "not a phrase about an action, which is what the direction was fitted on"],
    [
      percentile !== undefined && percentile > farPercentile,
      `far from the fitted phrases: ${Math.round(100 * (percentile ?? 0))} % of them lie nearer`,
    ],
    [
      interval !== undefined && interval[0] <= 0 && interval[1] >= 0,
      "the interval crosses zero: other verbs or questions may turn the sign",
    ],
    [form !== "questions", "zero is not calibrated for this form: compare scores, or calibrate a threshold"],
  ];
  return said.filter(([holds]) => holds).map(([, sentence]) => sentence);
}

/** Words of a phrase that is a verb with its objects, as a question takes it: "help old people". */
const mostWords = 8;

/** Words no English infinitive begins with. */
const noVerbs = new Set(
  "a an the this that these those i you he she it we they my your his her its our their there who what when where why how is are was were am and or but if of in on at with for from to not no yes".split(
    " ",
  ),
);

/** Whether a text may be an action in the infinitive: a few words, no sentence. */
function looksLikeAction(text: string): boolean {
  const words = text.trim().split(/\s+/u).filter(Boolean);
  const [first = ""] = words;
  return (
    words.length > 0 &&
    words.length <= mostWords &&
    /\p{L}/u.test(first) &&
    !/[.?!…;:]["'”’)]*$/u.test(text.trim()) &&
    !/\p{Cc}/u.test(text) &&
    !noVerbs.has(first.toLowerCase().replaceAll(/[^\p{L}]/gu, ""))
  );
}
