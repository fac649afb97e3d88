import type { Encoder, PhraseScorer } from "@offprint/moral-direction";
import type { RateText } from "./text-rating.ts";

/** Rates texts by the direction that comes along, in the site's own process. */
export interface DirectionRater {
  readonly rateText: RateText;
  readonly close: () => Promise<void>;
}

/** Said of every text of this form; the threshold stands for it. */
const calibrated = /^zero is not calibrated/;

/**
 * Rates a text by the mean of its sentences, each as it is. The encoder is loaded with the first text; one that cannot
 * be loaded is tried again with the next.
 * @param threshold for this encoder and this form; `offprint moral calibrate --form phrase --window sentence` finds one.
 */
export function directionRater(threshold: number): DirectionRater {
  let opening: Promise<{ encoder: Encoder; scorer: PhraseScorer }> | undefined;
  const open = () => {
    opening ??= openScorer();
    opening.catch(() => (opening = undefined));
    return opening;
  };
  return {
    async rateText(text) {
      const [score] = await (await open()).scorer.score([text]);
      if (score === undefined) throw new Error("internal: a text without a score");
      const cautions = score.cautions.filter((caution) => !calibrated.test(caution));
      return { score: score.score, cautions, threshold };
    },
    async close() {
      const opened = await opening?.catch(() => undefined);
      await opened?.encoder[Symbol.asyncDispose]();
    },
  };
}

async function openScorer() {
  const { defaultDirection, openEncoder, scorer } = await import("@offprint/moral-direction");
  const encoder = await openEncoder(undefined, { threads: 1 });
  return { encoder, scorer: scorer(encoder, await defaultDirection(), { form: "phrase", window: "sentence" }) };
}
