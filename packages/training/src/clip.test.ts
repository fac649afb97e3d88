import { compile, float32, hostTensor } from "@offprint/tensor";
import { describe, expect, it } from "vitest";
import { clipByGlobalNorm } from "./clip.ts";
import { InvalidOptionError } from "./errors.ts";

async function clip(a: number[], b: number[], maxNorm: number): Promise<{ a: number[]; b: number[]; norm: number }> {
  const program = await compile({
    inputs: { a: float32([a.length]), b: float32([b.length, 1]) },
    run: ({ inputs }) => {
      const { grads, norm } = clipByGlobalNorm({ a: inputs.a, layers: [inputs.b] }, maxNorm);
      return { outputs: { a: grads.a, b: grads.layers[0] ?? inputs.b, norm } };
    },
  });
  const { norm, ...grads } = await program.run({
    a: Float32Array.from(a),
    b: hostTensor(Float32Array.from(b), [b.length, 1]),
  });
  await program.dispose();
  return { a: Array.from(grads.a.data, Number), b: Array.from(grads.b.data, Number), norm: Number(norm.data[0]) };
}

describe("clipByGlobalNorm", () => {
  it("scales all gradients by one factor to the greatest norm", async () => {
    const { a, b, norm } = await clip([3, 0], [4, 12], 6.5);
    expect(norm).toBeCloseTo(13, 5);
    expect(a).toEqual([expect.closeTo(1.5, 5), 0]);
    expect(b).toEqual([expect.closeTo(2, 5), expect.closeTo(6, 5)]);
  });

  it("leaves gradients below the norm exactly as they are", async () => {
    expect(await clip([0.1, -0.2], [0.3], 1)).toMatchObject({ a: [0.1, -0.2].map(Math.fround), b: [Math.fround(0.3)] });
  });

  it("leaves zeros zero", async () => {
    expect(await clip([0], [0], 1)).toEqual({ a: [0], b: [0], norm: 0 });
  });

  it("refuses a greatest norm of 0", async () => {
    await expect(clip([1], [1], 0)).rejects.toThrow(InvalidOptionError);
  });
});
