/** A training step as a browser runs it; the same definition runs in Node for comparison. */
import {
  compile,
  createWebEngine,
  float32,
  hostTensor,
  int32,
  gather,
  matmul,
  mean,
  oneVersusAll,
  sub,
  mul,
  valueAndGrad,
  type Tensor,
} from "@offprint/tensor/web";

type Engine = Awaited<ReturnType<typeof createWebEngine>>;

/** Twenty steps of gradient descent on a tiny embedding model: the losses. */
export async function trainTiny(engine: Engine): Promise<number[]> {
  const table = Float32Array.from({ length: 12 * 4 }, (_, i) => 0.3 * Math.sin(1 + i));
  const program = await compile(
    {
      state: { params: { table: hostTensor(table, [12, 4]) } },
      inputs: { heads: int32([6]), tails: int32([6]), rate: float32() },
      run({ state, inputs }) {
        const loss = (params: { table: Tensor }): Tensor =>
          mean(
            oneVersusAll(matmul(gather(params.table, inputs.heads), params.table, { transposeB: true }), inputs.tails),
          );
        const { value, grads } = valueAndGrad(loss)(state.params as { table: Tensor });
        return {
          state: { params: { table: sub(state.params.table, mul(grads.table, inputs.rate)) } },
          outputs: { loss: value },
        };
      },
    },
    { engine },
  );
  const losses: number[] = [];
  for (let step = 0; step < 20; step++) {
    const { loss } = await program.run({
      heads: Int32Array.of(0, 1, 2, 3, 4, 0),
      tails: Int32Array.of(5, 6, 7, 8, 9, 10),
      rate: Float32Array.of(1),
    });
    losses.push(Number(loss.data[0]));
  }
  await program.dispose();
  return losses;
}

/** What the page of the browser test calls. */
export async function inBrowser(wasmPaths: string): Promise<number[]> {
  return trainTiny(await createWebEngine({ wasmPaths }));
}
