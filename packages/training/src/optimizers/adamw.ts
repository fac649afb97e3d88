import { requireNumber } from "../errors.ts";
import { adamWithDecay, type AdamOptions } from "./adam.ts";
import type { Optimizer } from "./optimizer.ts";

export interface AdamWOptions extends AdamOptions {
  /** Each update first multiplies the parameters by 1 − learningRate · weightDecay; ≥ 0, default 0.01. */
  readonly weightDecay?: number | undefined;
}

/** Adam with decoupled weight decay. Loshchilov & Hutter, ICLR 2019 (arXiv:1711.05101). */
export function adamw({ weightDecay = 0.01, ...options }: AdamWOptions = {}): Optimizer {
  requireNumber("weightDecay", weightDecay, "0 or more", (decay) => decay >= 0);
  return adamWithDecay(options, weightDecay);
}
