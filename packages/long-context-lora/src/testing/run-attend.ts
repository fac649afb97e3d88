import type { Attend } from "@offprint/language-model";
import { compile, mul, sum, valueAndGrad, type HostTensor, type Tensor } from "@offprint/tensor";

/** Queries, keys and values of one layer, and the gradient by its output. */
export interface AttendCase {
  readonly q: HostTensor;
  readonly k: HostTensor;
  readonly v: HostTensor;
  readonly gradOut: HostTensor;
  readonly documents?: HostTensor;
}

/** Output and gradients of an attention. */
export async function runAttend(
  attendFor: (documents: Tensor | undefined) => Attend,
  { q, k, v, gradOut, documents }: AttendCase,
): Promise<Readonly<Record<"out" | "dq" | "dk" | "dv", HostTensor>>> {
  const given = { q, k, v, gradOut, ...(documents && { documents }) };
  const program = await compile({
    inputs: Object.fromEntries(Object.entries(given).map(([name, { dtype, shape }]) => [name, { dtype, shape }])),
    run: ({ inputs }) => {
      const { q, k, v, gradOut, documents } = inputs as Readonly<Record<keyof typeof given, Tensor>>;
      const attend = attendFor(documents);
      const out = attend({ layer: 0, q, k, v });
      const { grads } = valueAndGrad((by: { q: Tensor; k: Tensor; v: Tensor }) =>
        sum(mul(attend({ layer: 0, ...by }), gradOut)),
      )({ q, k, v });
      return { outputs: { out, dq: grads.q, dk: grads.k, dv: grads.v } };
    },
  });
  try {
    return await program.run(given);
  } finally {
    await program.dispose();
  }
}
