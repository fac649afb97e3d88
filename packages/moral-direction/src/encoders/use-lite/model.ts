/**
 * Universal Sentence Encoder lite: a Transformer of two layers over sentence pieces, averaged. Cer et al. 2018
 * (arXiv:1803.11175), Vaswani et al. 2017 (arXiv:1706.03762); read from the graph of its TensorFlow.js port.
 *
 * Several texts lie in one row of tokens, one after the other, and attention is masked between them: nothing is padded to the
 * longest text, and one program serves every mixture of lengths.
 */
import {
  add,
  attention,
  cast,
  concat,
  cos,
  div,
  equal,
  gather,
  layerNorm,
  matmul,
  max,
  min,
  mul,
  range,
  relu,
  reshape,
  type Shape,
  sin,
  slice,
  sqrt,
  square,
  sub,
  sum,
  tanh,
  type Tensor,
  transpose,
} from "@offprint/tensor";

/** Tokens of a text that are read; the graph drops later ones. */
export const maximumLength = 128;
/** Numbers of an embedding. */
export const dimensions = 512;
const embeddingWidth = 256;
const feedForwardWidth = 1536;
const heads = 4;
const normEpsilon = 1e-6;
/** Added to a score that must not count: e to this is 0 in float32. */
const never = -1e9;

/** Weights by the names of {@link weightShapes}. */
export type UseLiteWeights = Readonly<Record<string, Tensor>>;

/** Widths into and out of each layer. */
const layers = [
  { into: embeddingWidth, out: dimensions },
  { into: dimensions, out: dimensions },
] as const;

/** Every weight's name and shape; matrices are `[in, out]`. */
export const weightShapes: Readonly<Record<string, Shape>> = {
  embeddings: [8002, embeddingWidth],
  frequencies: [1, embeddingWidth / 2],
  ...Object.assign({}, ...layers.map(({ into, out }, index) => layerShapes(`layers.${index}`, into, out))),
  ...linearShapes("output", dimensions, dimensions),
};

function layerShapes(name: string, into: number, out: number): Record<string, Shape> {
  return {
    ...(into === out ? {} : linearShapes(`${name}.residual`, into, out)),
    ...normShapes(`${name}.attention.norm`, into),
    ...linearShapes(`${name}.attention.qkv`, into, 3 * into),
    ...linearShapes(`${name}.attention.output`, into, out),
    ...normShapes(`${name}.feedForward.norm`, out),
    ...linearShapes(`${name}.feedForward.up`, out, feedForwardWidth),
    ...linearShapes(`${name}.feedForward.down`, feedForwardWidth, out),
  };
}

function linearShapes(name: string, into: number, out: number): Record<string, Shape> {
  return { [`${name}.weight`]: [into, out], [`${name}.bias`]: [out] };
}

function normShapes(name: string, width: number): Record<string, Shape> {
  return { [`${name}.weight`]: [width], [`${name}.bias`]: [width] };
}

/** Texts side by side in one row of tokens, each `[t]`, int32. */
export interface TextTokens<T> {
  readonly ids: T;
  /** Of each token in its text, from 0. */
  readonly positions: T;
  /** Which text each token belongs to; −1 where it is padding. */
  readonly texts: T;
}

/** Embeddings of `count` texts, `[count, 512]`, each of length 1. */
export function embedTexts(
  weights: UseLiteWeights,
  { ids, positions, texts }: TextTokens<Tensor>,
  count: number,
): Tensor {
  const [tokens = 0] = ids.shape;
  const row = reshape(texts, [1, tokens]);
  const ofOneText = cast(equal(reshape(texts, [tokens, 1]), row), "float32");
  const mask = mul(sub(1, ofOneText), never); // [t, t]
  // The graph adds the sum of embedding and timing to the embedding once more.
  let x = add(mul(gather(weight(weights, "embeddings"), ids), 2), timing(weights, positions)); // [t, 256]
  x = layer(weights, "layers.0", x, mask); // [t, 512]
  const members = cast(equal(reshape(cast(range(count), "int32"), [count, 1]), row), "float32"); // [count, t]
  const sizes = sum(members, -1, { keepDims: true }); // [count, 1]
  const average = (x: Tensor): Tensor => div(matmul(members, x), max(sizes, 1)); // [t, d] → [count, d]
  const averages = mul(layer(weights, "layers.1", x, mask, average), min(sizes, 1)); // 0 for a text without tokens
  return unitLength(tanh(linear(weights, "output", averages)));
}

/** Sines, then cosines, of the position times each frequency: `[t] → [t, 256]`. */
function timing(weights: UseLiteWeights, positions: Tensor): Tensor {
  const angles = mul(cast(reshape(positions, [-1, 1]), "float32"), weight(weights, "frequencies")); // [t, 128]
  return concat([sin(angles), cos(angles)], -1);
}

/**
 * Attention and feed-forward, each on the norm of what it is added to: `[t, into] → [t, out]`.
 * @param summary of the result; a linear one, so that it is taken before the last product, which then has fewer rows.
 */
function layer(weights: UseLiteWeights, name: string, x: Tensor, mask: Tensor, summary = (x: Tensor) => x): Tensor {
  const widened = `${name}.residual.weight` in weights ? linear(weights, `${name}.residual`, x) : x;
  const attended = add(widened, selfAttention(weights, `${name}.attention`, x, mask));
  const wide = relu(linear(weights, `${name}.feedForward.up`, norm(weights, `${name}.feedForward.norm`, attended)));
  return add(summary(attended), linear(weights, `${name}.feedForward.down`, summary(wide)));
}

/** softmax(q·kᵀ/√d)·v among the tokens of one text. */
function selfAttention(weights: UseLiteWeights, name: string, x: Tensor, mask: Tensor): Tensor {
  const [tokens = 0, width = 0] = x.shape;
  const qkv = linear(weights, `${name}.qkv`, norm(weights, `${name}.norm`, x)); // [t, 3 · into]
  const part = (index: number): Tensor => {
    const own = slice(qkv, { axis: -1, start: index * width, end: (index + 1) * width });
    return transpose(reshape(own, [tokens, heads, width / heads]), [1, 0, 2]); // [heads, t, d]
  };
  const seen = transpose(attention(part(0), part(1), part(2), { mask }), [1, 0, 2]); // [t, heads, d]
  return linear(weights, `${name}.output`, reshape(seen, [tokens, width]));
}

function unitLength(x: Tensor): Tensor {
  return div(x, sqrt(max(sum(square(x), -1, { keepDims: true }), 1e-12)));
}

function norm(weights: UseLiteWeights, name: string, x: Tensor): Tensor {
  return layerNorm(x, weight(weights, `${name}.weight`), weight(weights, `${name}.bias`), { epsilon: normEpsilon });
}

/** `x · W + b` */
function linear(weights: UseLiteWeights, name: string, x: Tensor): Tensor {
  return add(matmul(x, weight(weights, `${name}.weight`)), weight(weights, `${name}.bias`));
}

function weight(weights: UseLiteWeights, name: string): Tensor {
  const tensor = weights[name];
  if (!tensor) throw new Error(`internal: Universal Sentence Encoder lite has no weight "${name}"`);
  return tensor;
}
