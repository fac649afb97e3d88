import {
  add,
  crossEntropy,
  gather,
  logSigmoid,
  matmul,
  mean,
  mul,
  neg,
  oneVersusAll,
  reshape,
  softmax,
  stopGradient,
  sum,
  type Tensor,
} from "@offprint/tensor";
import { scoreAll } from "./scoring.ts";

/** How a batch of queries and their answers becomes one number. */
export const lossNames = ["one-vs-all-softplus", "one-vs-all-softmax", "self-adversarial"] as const;
export type LossName = (typeof lossNames)[number];

/** What a loss looks at. */
export interface LossInputs {
  /** `[b, K]`, see `queryMatrix`. */
  readonly queries: Tensor;
  /** `[N, K]`, see `candidateMatrix`. */
  readonly candidates: Tensor;
  /** `[b]`, the entity that answers each query. */
  readonly answers: Tensor;
  /** `[b, m]`, random entities; only for "self-adversarial". */
  readonly negatives?: Tensor | undefined;
  /** Temperature of the weights of negatives; only for "self-adversarial". */
  readonly adversarialTemperature: number;
}

/** Mean loss of a batch, a scalar. */
export const losses: Readonly<Record<LossName, (inputs: LossInputs) => Tensor>> = {
  /** Σⱼ softplus((1 − 2yⱼ)·scoreⱼ) over all entities, y one at the answer alone: the released code's loss. */
  "one-vs-all-softplus": ({ queries, candidates, answers }) =>
    mean(oneVersusAll(scoreAll(queries, candidates), answers)),

  /** −log softmax(scores)[answer] over all entities. Lacroix et al., ICML 2018. */
  "one-vs-all-softmax": ({ queries, candidates, answers }) =>
    mean(crossEntropy(scoreAll(queries, candidates), answers)),

  /**
   * −½ (log σ(s⁺) + Σᵢ pᵢ log σ(−s⁻ᵢ)), p = softmax(temperature · s⁻) taken as constant: hard negatives weigh more.
   * Sun et al., ICLR 2019 (arXiv:1902.10197), equation 5.
   */
  "self-adversarial": ({ queries, candidates, answers, negatives, adversarialTemperature }) => {
    if (!negatives) throw new Error("internal: the self-adversarial loss needs negatives");
    const scoresOf = (entities: Tensor): Tensor => {
      const rows = gather(candidates, entities); // [b, m, K]
      return reshape(matmul(rows, reshape(queries, [...queries.shape, 1])), entities.shape); // [b, m]
    };
    const positive = scoresOf(reshape(answers, [answers.size, 1])); // [b, 1]
    const negative = scoresOf(negatives);
    const weights = stopGradient(softmax(mul(negative, adversarialTemperature)));
    const byNegatives = sum(mul(weights, logSigmoid(neg(negative))), -1); // [b]
    return neg(mul(0.5, mean(add(sum(logSigmoid(positive), -1), byNegatives))));
  },
};
