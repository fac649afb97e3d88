/** Scores of rules in words. */
import type { DataFrequency } from "./rule-candidates.ts";
import type { ClaimScore } from "./rule-claims.ts";

export type RuleVerdict = "learned" | "partly learned" | "not learned";
export type SymmetryVerdict = "symmetric" | "partly symmetric" | "one-way" | "unclear";

/**
 * A rule is learned when conclusions rank high (strength: 1 is perfect, 0 is chance) and most of them are believed; it is not
 * when they rank low or hardly any is believed.
 */
const learned = { strength: 0.6, believed: 0.5 } as const;
const notLearned = { strength: 0.2, believed: 0.25 } as const;
/** Facts below which nothing is said of a relation's direction. */
const fewestFacts = 5;

const isLearned = ({ strength, believed }: ClaimScore): boolean =>
  strength >= learned.strength && believed >= learned.believed;

export function ruleVerdict(score: ClaimScore): RuleVerdict {
  if (isLearned(score)) return "learned";
  const isNot = score.strength < notLearned.strength || score.believed < notLearned.believed;
  return isNot ? "not learned" : "partly learned";
}

/**
 * A relation is one-way when the model does not believe it backwards, whatever the rank: few entities may fit better. It
 * must know the relation's facts the right way round for that to say anything.
 */
export function symmetryVerdict(score: ClaimScore, own: ClaimScore): SymmetryVerdict {
  if (score.asked < fewestFacts) return "unclear";
  if (isLearned(score)) return "symmetric";
  if (own.strength < learned.strength) return "unclear";
  return score.believed < notLearned.believed ? "one-way" : "partly symmetric";
}

export function describeSymmetry(
  verdict: SymmetryVerdict,
  score: ClaimScore,
  own: ClaimScore,
  data: DataFrequency,
): string {
  const said = {
    symmetric: "Holds both ways for the model",
    "partly symmetric": "Neither clearly both ways nor one way for the model",
    "one-way": "Holds one way for the model",
    unclear:
      score.asked < fewestFacts ? "Too few facts to tell" : "The model knows too little of this relation to tell",
  }[verdict];
  const ranks = `MRR ${mrr(score)} backwards against ${mrr(own)} as the facts stand${chancePart(score)}${unseenPart(score)}`;
  return `${said}: ${ranks}; ${believedPart(score)}. In train ${percent(data.confidence)} of its facts hold both ways.`;
}

export function describeRule(verdict: RuleVerdict, score: ClaimScore, data: DataFrequency): string {
  const said = {
    learned: "The model draws this conclusion",
    "partly learned": "The model draws this conclusion for some",
    "not learned": "The model does not draw this conclusion",
  }[verdict];
  const ranks = `MRR ${mrr(score)}${chancePart(score)}${unseenPart(score)}`;
  const premises = `the ${data.premises.toLocaleString("en-US")} times that the premises hold`;
  return `${said}: ${ranks}; ${believedPart(score)}. In train it holds ${percent(data.confidence)} of ${premises}.`;
}

/** Among few candidates, chance is worth telling. */
const chancePart = ({ chance }: ClaimScore): string => (chance >= 0.1 ? `, ${chance.toFixed(2)} by chance` : "");

function unseenPart({ asked, unseen }: ClaimScore): string {
  if (unseen === null || unseen.asked === asked) return "";
  return `, ${mrr(unseen)} on the ${unseen.asked} of ${asked} conclusions that train does not hold`;
}

const believedPart = ({ believed }: ClaimScore): string => `${percent(believed)} of them score like facts`;
const mrr = (score: { readonly mrr: number }): string => score.mrr.toFixed(2);
const percent = (share: number): string => `${Math.round(100 * share)} %`;
