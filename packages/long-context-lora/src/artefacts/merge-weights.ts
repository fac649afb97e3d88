import type { LinearLayout } from "@offprint/language-model";
import { hostTensor, type HostTensor } from "@offprint/tensor";
import { loraScale, type LoraConfig } from "../lora.ts";
import { lowRankNames, moduleOf } from "./adapter.ts";

/** What of an adapter changes weights. */
export interface Changes {
  readonly lora: LoraConfig;
  readonly tensors: Readonly<Record<string, HostTensor>>;
}

/**
 * A weight of the base as it is with the adapter: replaced, or W + s·B·A, under DoRA with the rows brought to their learnt
 * lengths. Sums are made in float64 and rounded to float32 once.
 */
export function mergeWeight(
  name: string,
  base: HostTensor,
  { lora, tensors }: Changes,
  stored: LinearLayout,
): HostTensor {
  const whole = tensors[name];
  if (whole) return whole;
  const { a, b, magnitude } = lowRankNames(moduleOf(name));
  const [down, up] = [tensors[a], tensors[b]];
  if (!down || !up || !name.endsWith(".weight")) return base;
  const [inputs = 0] = down.shape.slice(1);
  const [outputs = 0] = up.shape;
  const values = Float64Array.from(base.data as Float32Array);
  const at =
    stored === "in-out"
      ? (output: number, input: number) => input * outputs + output
      : (output: number, input: number) => output * inputs + input;
  const [downValues, upValues] = [down.data as Float32Array, up.data as Float32Array];
  const scale = loraScale(lora);
  for (let output = 0; output < outputs; output++) {
    for (let r = 0; r < lora.rank; r++) {
      const factor = scale * upValues[output * lora.rank + r]!;
      for (let input = 0; input < inputs; input++) {
        const place = at(output, input);
        values[place] = values[place]! + factor * downValues[r * inputs + input]!;
      }
    }
  }
  if (lora.dora) {
    const lengths = tensors[magnitude]?.data as Float32Array;
    for (let output = 0; output < outputs; output++) {
      let squares = 0;
      for (let input = 0; input < inputs; input++) squares += values[at(output, input)]! ** 2;
      const factor = lengths[output]! / Math.sqrt(squares);
      for (let input = 0; input < inputs; input++) {
        const place = at(output, input);
        values[place] = values[place]! * factor;
      }
    }
  }
  return hostTensor(Float32Array.from(values), base.shape);
}
