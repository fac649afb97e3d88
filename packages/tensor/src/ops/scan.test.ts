import { describe, expect, it } from "vitest";
import { InvalidArgumentError } from "../errors.ts";
import { constant, float32, placeholder, type Tensor } from "../graph/tensor.ts";
import { hostTensor } from "../host-tensor.ts";
import { evaluate, expectClose, numbers, randomTensor } from "../testing.ts";
import { add, mul, reshape, sum } from "./arithmetic.ts";
import { exp } from "./elementwise.ts";
import { matmul } from "./matmul.ts";
import { concat } from "./movement.ts";
import { scan } from "./scan.ts";

/** Running sums of rows times a matrix from outside, and the last one. */
const runningSums = (rows: Tensor, matrix: Tensor): Tensor => {
  const scaled = mul(matrix, 2);
  const { carry, keep } = scan(
    ({ total, row }) => {
      const next = add(total, reshape(matmul(reshape(row, [1, -1]), scaled), total.shape));
      return { carry: { total: next }, keep: { total: next, plain: row } };
    },
    { carry: { total: constant(hostTensor(new Float32Array(3), [3])) }, over: { row: rows } },
  );
  return concat([keep.total, keep.plain, reshape(carry.total, [1, 3])], 0);
};

describe("scan", () => {
  it.each([1, 2, 5])("carries values through %i steps and keeps those of each", async (steps) => {
    const [rows, matrix] = [randomTensor([steps, 3], numbers(1)), randomTensor([3, 3], numbers(2))];
    const found = await evaluate(runningSums, rows, matrix);
    const [x, m] = [Array.from(rows.data as Float32Array), Array.from(matrix.data as Float32Array)];
    const sums: number[] = [];
    for (let step = 0; step < steps; step++) {
      for (let c = 0; c < 3; c++) {
        const own = [0, 1, 2].reduce((total, i) => total + 2 * (x[step * 3 + i] ?? 0) * (m[i * 3 + c] ?? 0), 0);
        sums.push(own + (step > 0 ? (sums[(step - 1) * 3 + c] ?? 0) : 0));
      }
    }
    expectClose(found.data as Float32Array, [...sums, ...x, ...sums.slice(-3)]);
  });

  it("scans inside of a scan", async () => {
    const x = randomTensor([2, 3, 4], numbers(3));
    const twice = (x: Tensor): Tensor =>
      scan(
        ({ page }) => ({
          carry: {},
          keep: {
            y: scan(({ row }) => ({ carry: {}, keep: { y: exp(add(row, sum(page))) } }), {
              carry: {},
              over: { row: page },
            }).keep.y,
          },
        }),
        { carry: {}, over: { page: x } },
      ).keep.y;
    const wanted = (x: Tensor): Tensor => exp(add(x, sum(x, [1, 2], { keepDims: true })));
    const [found, expected] = [await evaluate(twice, x), await evaluate(wanted, x)];
    expectClose(found.data as Float32Array, expected.data as Float32Array);
  });

  it("counts the work of all steps", () => {
    const rows = placeholder("rows", float32([7, 3]));
    const { keep } = scan(({ row }) => ({ carry: {}, keep: { y: exp(row) } }), { carry: {}, over: { row: rows } });
    const node = keep.y.inputs[0] as Tensor;
    expect(node.op.flops?.(node, node.attributes)).toBe(7 * 3);
  });

  it("wants sequences of one length", () => {
    const [a, b] = [placeholder("a", float32([2])), placeholder("b", float32([3]))];
    const attempt = () => scan(({ a, b }) => ({ carry: {}, keep: { y: add(a, b) } }), { carry: {}, over: { a, b } });
    expect(attempt).toThrow(InvalidArgumentError);
  });
});
