import {
  add,
  addAlong,
  cast,
  concat,
  full,
  greaterEqual,
  log,
  matmul,
  max,
  mul,
  primitive,
  reduceMax,
  reshape,
  slice,
  softmax,
  sub,
  sum,
  takeAlong,
  type Tensor,
} from "@offprint/tensor";

/** Logits alive at once: 32 MiB; their softmax and its error take as much again each. */
export const logitsAtOnce = 2 ** 23;

/** Hidden states and what is to be told from them. */
export interface Prediction {
  /** `[t, hidden]` */
  readonly hidden: Tensor;
  /** `[vocabulary, hidden]`: logits are hidden · headᵀ. */
  readonly head: Tensor;
  /** int32 `[t]`: the token that each place should tell; below 0, nothing is asked. */
  readonly labels: Tensor;
}

/** The negative log-likelihood of each label, 0 where none is asked: `[t]`. No derivative; the logits are never all there. */
export function tokenLosses(prediction: Prediction): Tensor {
  const losses: Tensor[] = [];
  for (const part of slicesOf(prediction)) {
    losses.push(lossesOf(part(losses.slice(-1))));
  }
  return concat(losses);
}

/**
 * `scale` · Σ of the losses of all labels, whose gradient is made slice by slice together with the value: a slice's logits are
 * computed once, and gone before the next slice's are there.
 * @param scale scalar; 1 / (supervised tokens of the whole step), so that a step in parts equals the step at once.
 * @param headTrained whether the gradient of the head is wanted; it costs a product as large as the logits'.
 */
export function supervisedLoss(prediction: Prediction, scale: Tensor, headTrained: boolean): Tensor {
  const { hidden, head, labels } = prediction;
  const losses: Tensor[] = [];
  const byHidden: Tensor[] = [];
  let byHead: Tensor | undefined;
  for (const part of slicesOf(prediction)) {
    const slice = part([...losses.slice(-1), ...byHidden.slice(-1), ...(byHead ? [byHead] : [])]);
    losses.push(sum(lossesOf(slice)));
    // softmax − onehot; the weight of a row goes to the narrow factors of both products.
    const error = addAlong(slice.likelihoods, slice.wanted, full(slice.wanted.shape, -1));
    const weight = mul(slice.asked, scale);
    byHidden.push(mul(matmul(error, head), weight));
    if (!headTrained) continue;
    const own = matmul(error, mul(slice.hidden, weight), { transposeA: true });
    byHead = byHead ? add(byHead, own) : own;
  }
  return primitive({
    name: "supervisedLoss",
    forward: () =>
      mul(
        losses.reduce((total, loss) => add(total, loss)),
        scale,
      ),
    backward: ({ grad }) => [mul(concat(byHidden), grad), byHead && mul(byHead, grad), undefined, undefined],
  })(hidden, head, labels, scale);
}

/** Rows of a prediction with their logits. */
interface Slice {
  /** `[rows, hidden]` */
  readonly hidden: Tensor;
  /** `[rows, vocabulary]` */
  readonly logits: Tensor;
  /** Softmax of the logits. */
  readonly likelihoods: Tensor;
  /** int32 `[rows, 1]`, never below 0. */
  readonly wanted: Tensor;
  /** `[rows, 1]`: 1 where a label is asked for, else 0. */
  readonly asked: Tensor;
}

/** The slices of a prediction; each is traced behind what it is told to wait for. */
function slicesOf({ hidden, head, labels }: Prediction): ((behind: readonly Tensor[]) => Slice)[] {
  const [tokens = 0] = hidden.shape;
  const count = Math.ceil((tokens * (head.shape[0] ?? 0)) / logitsAtOnce);
  const rows = Math.ceil(tokens / count);
  return Array.from({ length: Math.ceil(tokens / rows) }, (_, i) => (behind: readonly Tensor[]) => {
    const at = { axis: 0, start: i * rows, end: Math.min(tokens, (i + 1) * rows) };
    const own = waitFor(slice(hidden, at), behind);
    const label = reshape(slice(labels, at), [at.end - at.start, 1]);
    const logits = matmul(own, head, { transposeB: true });
    return {
      hidden: own,
      logits,
      likelihoods: softmax(logits),
      wanted: max(label, 0),
      asked: cast(greaterEqual(label, 0), "float32"),
    };
  });
}

/**
 * log Σ eˡ − l[label] of each row: `[rows]`. The sum is read off the softmax at the row's maximum, where it cannot underflow:
 * log Σ eˡ = max l − log max p.
 */
function lossesOf({ logits, likelihoods, wanted, asked }: Slice): Tensor {
  const keep = { keepDims: true };
  const total = sub(reduceMax(logits, -1, keep), log(reduceMax(likelihoods, -1, keep)));
  return reshape(mul(sub(total, takeAlong(logits, wanted)), asked), [-1]);
}

/** `x`, but not before `others` are known: the engine would otherwise compute all logits first. */
function waitFor(x: Tensor, others: readonly Tensor[]): Tensor {
  const zeros = others.map((other) => mul(slice(reshape(other, [-1]), { axis: 0, start: 0, end: 1 }), 0));
  return zeros.length === 0
    ? x
    : add(
        x,
        reshape(
          zeros.reduce((total, zero) => add(total, zero)),
          [],
        ),
      );
}
