import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { valueAndGrad } from "./autodiff.ts";
import { checkpoint } from "./checkpoint.ts";
import { compile } from "./default-engine.ts";
import type { Tensor } from "./graph/tensor.ts";
import { hostTensor } from "./host-tensor.ts";
import { gelu, matmul, mean, square } from "./ops/index.ts";

/** Sixteen layers whose intermediate values are 4 MiB each; prints the peak memory of the gradient in MiB and its sum. */
const program = (wrap: boolean): string => `
  import { checkpoint, compile, gelu, hostTensor, matmul, mean, square, sum, valueAndGrad } from "${new URL("index.ts", import.meta.url).href}";
  const layer = (x, w) => matmul(gelu(matmul(x, w)), w, { transposeB: true });
  const block = ${wrap ? "checkpoint(layer)" : "layer"};
  const values = (n, scale) => Float32Array.from({ length: n }, (_, i) => scale * Math.sin(i));
  const program = await compile({
    state: { w: hostTensor(values(256 * 1024, 0.004), [256, 1024]), x: hostTensor(values(1024 * 256, 1), [1024, 256]) },
    run: ({ state }) => {
      const loss = ({ w }) => { let y = state.x; for (let i = 0; i < 16; i++) y = block(y, w); return mean(square(y)); };
      const { grads } = valueAndGrad(loss)({ w: state.w });
      return { outputs: { total: sum(grads.w), norm: sum(square(grads.w)) } };
    },
  });
  const before = process.resourceUsage().maxRSS;
  const { norm } = await program.run({});
  console.log((process.resourceUsage().maxRSS - before) / 1024, norm.data[0]);
  process.exit(0);
`;

function measure(wrap: boolean): { readonly mebibytes: number; readonly norm: number } {
  const args = ["--conditions=source", "--import", "tsx", "--input-type=module", "--eval", program(wrap)];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: fileURLToPath(new URL("../", import.meta.url)),
    encoding: "utf8",
  });
  const [mebibytes = NaN, norm = NaN] = stdout.split(" ").map(Number);
  if (!Number.isFinite(norm)) throw new Error(stderr);
  return { mebibytes, norm };
}

it("recomputes instead of keeping: well under half of the memory for the same gradient", () => {
  const [kept, recomputed] = [measure(false), measure(true)];
  expect(recomputed.norm / kept.norm).toBeCloseTo(1, 4);
  expect(recomputed.mebibytes).toBeLessThan(0.5 * kept.mebibytes);
});

it("computes no gradient of what is frozen", async () => {
  const [rows, width] = [8, 16];
  const zeros = (...shape: [number, number]) => hostTensor(new Float32Array(shape[0] * shape[1]), shape);
  const program = await compile({
    state: { x: zeros(rows, width), frozen: zeros(width, width), trained: zeros(width, width) },
    run: ({ state: { x, frozen, trained } }) => {
      const block = checkpoint((x: Tensor, a: Tensor, b: Tensor) => matmul(gelu(matmul(x, a)), b));
      const { grads } = valueAndGrad(({ trained }: { trained: Tensor }) => mean(square(block(x, trained, frozen))))({
        trained,
      });
      return { outputs: { grad: grads.trained } };
    },
  });
  // The value, its recomputation up to the last product, which no gradient needs, and one product each for gelu and `trained`.
  expect(program.describe().ops["matmul"]).toBe(2 + 1 + 2);
  expect(program.describe().flops).toBeLessThan(1.2 * 5 * 2 * rows * width * width);
  await program.dispose();
});
