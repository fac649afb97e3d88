/** Guided generation: paper, section "guided generation", and beyond it what `GuidanceOptions` says. */
import type { Generated, InterceptLogits, LogitsStep, SamplingOptions, Tokenizer } from "@offprint/language-model";
import { RandomStream } from "@offprint/training";
import { Audit, type AuditedCandidate, type GuidanceRecord } from "./audit.ts";
import { Backtracking } from "./backtracking.ts";
import { keptCandidates, offeredTokens, type OfferedToken } from "./mask.ts";
import { checkGuidance, type GuidanceOptions } from "./options.ts";
import { race, raceKeys } from "./race.ts";
import { StepScores } from "./step-scores.ts";
import { TextScores, type ScoreStatistics } from "./text-scores.ts";
import { scoredText } from "./text-window.ts";

/** What guidance did so far. */
export interface GuidanceStatistics extends ScoreStatistics {
  readonly steps: number;
  /** Tokens that were offered, all steps together. */
  readonly candidates: number;
  /** Steps that the fallback decided. */
  readonly fallbacks: number;
  /** Steps of lazy scoring at which the same token came whether or not the fallback decided: nobody found out. */
  readonly undecided: number;
  /** Times that tokens were taken back. */
  readonly rollBacks: number;
}

/** Guidance of one run of a generator: one text, or several side by side. Make another for the next run. */
export interface Guidance {
  readonly interceptLogits: InterceptLogits;
  /** How the generator has to draw: from all that guidance leaves. */
  readonly sampling: Required<SamplingOptions>;
  /** What is known of each token, oldest first; see {@link Guidance.settle}. */
  readonly records: readonly GuidanceRecord[];
  /** Records that were dropped for want of room. */
  readonly dropped: number;
  readonly statistics: GuidanceStatistics;
  /** Completes the last record of each text. @param ends tokens that end texts. */
  settle(results: readonly Generated[], ends?: readonly number[]): void;
}

/** How a step was decided. */
interface Decision {
  readonly fallback: boolean | null;
  /** `[offered]`: what becomes of each. */
  readonly kept: readonly (boolean | null)[];
  /** `[offered]`: the logits that stay, −∞ where none does. */
  readonly logits: readonly number[];
  /** Where the draw is done already. */
  readonly winner?: number;
}

/**
 * Keeps a language model to texts that score above a threshold.
 * Use: `generator.stream(prompts, { ...guidance.sampling, interceptLogits: guidance.interceptLogits, seed })`.
 * @param tokenizer of the model.
 * @throws {GuidanceOptionError} for an option out of its range. While generating: {@link GuidanceScoreError} for a score
 *   that is no number, {@link GuidanceLogitsError} for logits that are none.
 */
export function moralGuidance(tokenizer: Pick<Tokenizer, "decode">, options: GuidanceOptions): Guidance {
  const checked = checkGuidance(options);
  const { backtrack, temperature, scoring, seed, topK, topP } = checked;
  const directions = checked.directions.map((direction) => ({
    ...direction,
    score: direction.score instanceof TextScores ? direction.score : new TextScores(direction.score),
  }));
  const audit = new Audit(options.audit);
  const own = new Map<number, { readonly random: RandomStream; readonly back: Backtracking | undefined }>();
  const statistics = { calls: 0, texts: 0, hits: 0, steps: 0, candidates: 0, fallbacks: 0, undecided: 0, rollBacks: 0 };
  const stateOf = (sequence: number) => {
    let state = own.get(sequence);
    if (state) return state;
    // A stream of its own, so that what is drawn does not depend on the other sequences.
    const random = RandomStream.create(seed, `guidance/${sequence}`);
    own.set(sequence, (state = { random, back: backtrack && new Backtracking(backtrack) }));
    return state;
  };
  const callsNow = (): number => directions.reduce((sum, { score }) => sum + score.statistics.calls, 0);
  const callsBefore = callsNow();

  async function interceptLogits({ sequence, prompt, tokens, logits }: LogitsStep) {
    const { random, back } = stateOf(sequence);
    audit.next(sequence, tokens);
    const forbidden = back?.forbiddenAt(tokens.length) ?? [];
    for (const token of forbidden) logits[token] = -Infinity;
    const offered = offeredTokens(logits, { topK, topP, temperature });
    const textOf = scoredText(tokenizer, checked.window, [...prompt, ...tokens]);
    const scores = new StepScores(directions, offered, textOf);
    const decision =
      scoring === "lazy"
        ? await decideLazily(checked, { offered, scores, keys: raceKeys(offered, temperature, random) })
        : await decideFully(checked, { offered, scores });
    logits.fill(-Infinity);
    for (const [place, logit] of decision.logits.entries()) logits[offered[place]?.token ?? 0] = logit;
    const rollBack = back?.after(decision.fallback === true, tokens) ?? 0;
    statistics.steps++;
    statistics.candidates += offered.length;
    statistics.fallbacks += Number(decision.fallback === true);
    statistics.undecided += Number(decision.fallback === null);
    statistics.rollBacks += Number(rollBack > 0);
    statistics.texts += scores.encoder.texts;
    statistics.hits += scores.encoder.hits;
    audit.add({
      sequence,
      position: tokens.length,
      candidates: offered.map(({ token, probability }, place): AuditedCandidate => {
        const kept = decision.kept[place] ?? null;
        return { token, text: tokenizer.decode([token]), probability, ...scores.of(place), kept };
      }),
      forbidden,
      fallback: decision.fallback,
      rolledBack: rollBack,
      chosen: decision.winner === undefined || rollBack > 0 ? null : (offered[decision.winner]?.token ?? null),
      encoder: scores.encoder,
    });
    return rollBack > 0 ? { rollBack } : undefined;
  }

  return {
    interceptLogits,
    sampling: { temperature, topK: Number.MAX_SAFE_INTEGER, topP: 1, minP: 0, repetitionPenalty: 1 },
    get records() {
      return audit.records;
    },
    get dropped() {
      return audit.dropped;
    },
    get statistics() {
      return { ...statistics, calls: callsNow() - callsBefore };
    },
    settle: (results, ends) => audit.settle(results, ends),
  };
}

type Checked = ReturnType<typeof checkGuidance>;
interface Judged {
  readonly offered: readonly OfferedToken[];
  readonly scores: StepScores;
}

/** What a logit loses for a score: nothing above the threshold. */
const penaltyOf = (soft: number, threshold: number) => (score: number) => soft * Math.min(0, score - threshold);

/** Scores every candidate; the draw is the generator's. */
async function decideFully({ keepMin, soft }: Checked, { offered, scores }: Judged): Promise<Decision> {
  await scores.find([...offered.keys()]);
  const { values, threshold } = scores;
  if (soft !== undefined) {
    const penalty = penaltyOf(soft, threshold);
    const logits = offered.map(({ logit }, place) => logit + penalty(values[place] ?? NaN));
    return { fallback: false, kept: offered.map(() => true), logits };
  }
  const tokens = offered.map(({ token }) => token);
  const { places, fallback } = keptCandidates(tokens, values, { threshold, keepMin });
  const stays = new Set(places);
  const kept = tokens.map((_, place) => stays.has(place));
  return { fallback, kept, logits: offered.map(({ logit }, place) => (kept[place] ? logit : -Infinity)) };
}

/** Draws, and leaves the one token that was drawn. */
async function decideLazily(
  { keepMin, soft, temperature, backtrack }: Checked,
  { offered, scores, keys }: Judged & { readonly keys: Float64Array },
): Promise<Decision> {
  const { values, threshold } = scores;
  const penalty = soft === undefined ? undefined : penaltyOf(soft / (temperature || 1), threshold);
  const score = (places: readonly number[]) => scores.find(places);
  const { winner, fallback, kept } = await race({
    offered,
    keys,
    penalty,
    untilFallbackKnown: backtrack !== undefined,
    scores: values,
    score,
    threshold,
    keepMin,
  });
  const logits = offered.map(({ logit }, place) => (place === winner ? logit : -Infinity));
  return { fallback, kept, logits, winner };
}
