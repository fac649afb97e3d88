import {
  add,
  causalAttention,
  compile,
  createResident,
  matmul,
  sum,
  type Engine,
  type HostTensor,
} from "@offprint/tensor";
import { tiledScores } from "./settings.ts";

/** How quickly a machine does what training consists of. */
export interface MachineRates {
  /** Floating-point operations a second in products of matrices. */
  readonly flops: number;
  /** Attention scores a second that are masked and passed through a softmax. */
  readonly scores: number;
}

/** Each of the two measurements ends after this time, or one run. */
const seconds = 0.5;

/**
 * Measures for about a second: a product as wide as the model, and attention without its products.
 * @param widths columns of the product's matrices: hidden and feed-forward size; at most 2,048 are used.
 */
export async function measureRates(engine: Engine, widths: readonly [number, number]): Promise<MachineRates> {
  const [rows, into, out] = [1024, ...widths.map((width) => Math.min(2048, width))] as [number, number, number];
  const products = await timeOf(engine, { x: [rows, into], w: [into, out] }, ({ x, w }) => sum(matmul(x!, w!)));
  const [heads, length, size] = [4, 1024, 64];
  const qkv = [1, heads, length, size];
  const attended = await timeOf(engine, { q: qkv, k: qkv, v: qkv }, ({ q, k, v }) =>
    sum(add(causalAttention(q!, k!, v!), 0)),
  );
  const flops = (2 * rows * into * out) / products;
  const scores = heads * tiledScores(length);
  return { flops, scores: scores / Math.max(attended - (4 * scores * size) / flops, 0.1 * attended) };
}

type Shapes = Readonly<Record<string, readonly number[]>>;

/** Seconds of one run, the quickest of those that fit the time. */
async function timeOf(
  engine: Engine,
  shapes: Shapes,
  run: (tensors: Readonly<Record<string, ReturnType<typeof matmul>>>) => ReturnType<typeof matmul>,
): Promise<number> {
  const values = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, filled(shape)]));
  const state = await createResident(values, { engine });
  const program = await compile({
    state,
    inputs: {},
    run: ({ state: tensors }) => ({ outputs: { result: run(tensors) } }),
  });
  try {
    let quickest = Infinity;
    const end = performance.now() + 1000 * seconds;
    do {
      const start = performance.now();
      await program.run({});
      quickest = Math.min(quickest, (performance.now() - start) / 1000);
    } while (performance.now() < end);
    return quickest;
  } finally {
    await program.dispose();
    state.dispose();
  }
}

/** Numbers that are not all alike, so that nothing is folded away. */
const filled = (shape: readonly number[]): HostTensor => ({
  dtype: "float32",
  shape: [...shape],
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => ((i * 31) % 17) / 17 - 0.5),
});
