/** Weights laid out for reading one token at a time, where a matrix travels through memory once for a single row. */
import { constant, full, hostTensor, slice, type HostTensor, type Tensor } from "@offprint/tensor";
import type { CausalLanguageModel, LinearLayout, Weights } from "../model.ts";
import { addBias, logitsOf, timesMatrix, weightsOf } from "../weights.ts";

/** Linear layers that read the same value: their matrices side by side make one product. */
interface Joint {
  /** Of the matrix that stands for theirs. */
  readonly name: string;
  readonly parts: readonly Part[];
  /** A matrix is read fastest in long rows: `[out, in]` unless more goes out than in. */
  readonly layout: LinearLayout;
}

interface Part {
  readonly name: string;
  readonly layout: LinearLayout;
  readonly inputs: number;
  readonly outputs: number;
  /** Of its first output among those of all parts. */
  readonly start: number;
}

/** Weights in other matrices than the model's own, and how the model reads them. */
export interface PackedWeights {
  readonly weights: Readonly<Record<string, HostTensor>>;
  /** Single matrices of linear layers are not to be had from what it returns. */
  reading(this: void, tensors: Readonly<Record<string, Tensor>>): Weights;
}

/**
 * Packs a model's weights for a {@link CachedDecoder}. A matrix that is no linear layer's alone, as that of a tied head, is
 * there twice.
 */
export function packWeights(model: CausalLanguageModel, weights: Readonly<Record<string, HostTensor>>): PackedWeights {
  const { joints, others } = jointsOf(model);
  const packed = joints.map((joint) => [joint.name, pack(joint, weights)] as const);
  const kept = Object.entries(weights).filter(([name]) => others.has(name));
  return {
    weights: Object.fromEntries([...kept, ...packed]),
    reading(tensors) {
      const plain = weightsOf(tensors);
      const joined = new Map(
        joints.flatMap((joint) => joint.parts.map((part) => [part.name, { joint, part }] as const)),
      );
      const products = new Map<Joint, { readonly x: Tensor; readonly y: Tensor }>();
      return {
        ...plain,
        linear(name, x, stored) {
          const found = joined.get(name);
          if (!found) return plain.linear(name, x, stored);
          const { joint, part } = found;
          let product = products.get(joint);
          if (product?.x !== x) {
            product = { x, y: timesMatrix(x, plain.get(joint.name), joint.layout) };
            products.set(joint, product);
          }
          const own = slice(product.y, { axis: -1, start: part.start, end: part.start + part.outputs });
          return addBias(own, tensors[`${name}.bias`]);
        },
      };
    },
  };
}

/** Which linear layers of a model read the same value, and the weights that are read otherwise, from watching one pass. */
function jointsOf(model: CausalLanguageModel): { joints: Joint[]; others: ReadonlySet<string> } {
  const readers = new Map<Tensor, Part[]>();
  const others = new Set(Object.keys(model.shapes).filter((name) => !name.endsWith(".weight")));
  const plain = weightsOf(
    Object.fromEntries(Object.entries(model.shapes).map(([name, shape]) => [name, full(shape, 0)])),
  );
  const watched: Weights = {
    ...plain,
    get(name) {
      others.add(name);
      return plain.get(name);
    },
    linear(name, x, layout = "out-in") {
      const y = plain.linear(name, x, layout);
      const parts = readers.get(x) ?? [];
      const { inputs, outputs } = { inputs: x.shape.at(-1) ?? 1, outputs: y.shape.at(-1) ?? 1 };
      parts.push({ name, layout, inputs, outputs, start: parts.reduce((sum, part) => sum + part.outputs, 0) });
      readers.set(x, parts);
      return y;
    },
  };
  const token = constant({ dtype: "int32", shape: [1, 1], data: Int32Array.of(0) });
  logitsOf(model, watched, model.hidden(watched, token));
  const joints = [...readers.values()].map((parts): Joint => {
    const outputs = parts.reduce((sum, part) => sum + part.outputs, 0);
    const layout = outputs > (parts[0]?.inputs ?? 0) ? "in-out" : "out-in";
    return { name: `${parts.map(({ name }) => name).join("+")} ${layout}`, parts, layout };
  });
  return { joints, others };
}

/** The matrices of all parts in one. */
function pack({ parts, layout }: Joint, weights: Readonly<Record<string, HostTensor>>): HostTensor {
  const matrixOf = ({ name }: Part) => weights[`${name}.weight`] as HostTensor;
  const [only] = parts;
  if (only && parts.length === 1 && only.layout === layout) return matrixOf(only);
  const [inputs, outputs] = [only?.inputs ?? 0, parts.reduce((sum, part) => sum + part.outputs, 0)];
  const joint = new Float32Array(inputs * outputs);
  const to = stepsOf(layout, inputs, outputs);
  for (const part of parts) {
    const from = stepsOf(part.layout, inputs, part.outputs);
    const data = matrixOf(part).data as Float32Array;
    // In stripes, so that the cache holds what is read or written across the rows.
    for (let stripe = 0; stripe < part.outputs; stripe += 16) {
      const end = Math.min(stripe + 16, part.outputs);
      for (let i = 0; i < inputs; i++) {
        for (let o = stripe; o < end; o++) {
          joint[i * to.input + (part.start + o) * to.output] = data[i * from.input + o * from.output] ?? 0;
        }
      }
    }
  }
  return hostTensor(joint, layout === "in-out" ? [inputs, outputs] : [outputs, inputs]);
}

/** How far it is in memory from one input to the next, and from one output to the next. */
const stepsOf = (layout: LinearLayout, inputs: number, outputs: number) =>
  layout === "in-out" ? { input: outputs, output: 1 } : { input: 1, output: inputs };
