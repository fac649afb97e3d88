export {
  add,
  broadcastTo,
  div,
  full,
  mean,
  mul,
  neg,
  reshape,
  sub,
  sum,
  sumTo,
  type ReduceOptions,
} from "./arithmetic.ts";
export {
  abs,
  and,
  atan,
  cast,
  clamp,
  cos,
  equal,
  erf,
  exp,
  floor,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  max,
  min,
  not,
  or,
  pow,
  reciprocal,
  sign,
  sin,
  sqrt,
  square,
  stopGradient,
  tanh,
  where,
} from "./elementwise.ts";
export {
  gelu,
  geluTanh,
  logSigmoid,
  logSoftmax,
  logSumExp,
  relu,
  sigmoid,
  silu,
  softmax,
  softplus,
  swiGlu,
} from "./activation.ts";
export { argMax, reduceMax, reduceMin } from "./reduce.ts";
export { concat, pad, slice, transpose } from "./movement.ts";
export { addAlong, gather, range, scatterAdd, setRows, takeAlong } from "./indexing.ts";
export { matmul, type MatmulOptions } from "./matmul.ts";
export { layerNorm, rmsNorm, type NormOptions } from "./normalization.ts";
export { attention, rotary, type AttentionOptions } from "./attention.ts";
export { causalAttention, type CausalAttentionOptions } from "./causal-attention.ts";
export { crossEntropy, oneVersusAll } from "./loss.ts";
export { primitive } from "./primitive.ts";
export { blockwise } from "./blockwise.ts";
