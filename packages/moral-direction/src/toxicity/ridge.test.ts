import { Matrix, solve } from "ml-matrix";
import { RandomStream } from "@offprint/training";
import { expect, it } from "vitest";
import type { SparseMatrix } from "./features.ts";
import { ridge } from "./ridge.ts";

it("ridge regression finds what the normal equations of the centred data give", () => {
  const random = RandomStream.create(1, "ridge");
  const [n, d, penalty] = [30, 12, 0.7];
  const dense = Array.from({ length: n }, () =>
    Array.from({ length: d }, () => (random.uniform() < 0.4 ? Math.fround(random.normal()) : 0)),
  );
  const targets = Float64Array.from({ length: n }, () => random.uniform());
  const { weights, intercept } = ridge(sparse(dense), targets, { penalty, tolerance: 1e-12 });

  const mean = targets.reduce((a, b) => a + b, 0) / n;
  const x = new Matrix(dense);
  const centred = x.clone().subRowVector(x.mean("column"));
  const gram = centred.transpose().mmul(centred).add(Matrix.eye(d, d).mul(penalty));
  const wanted = solve(gram, centred.transpose().mmul(Matrix.columnVector([...targets].map((y) => y - mean))));
  for (let i = 0; i < d; i++) expect(weights[i]).toBeCloseTo(wanted.get(i, 0), 5);
  const fitted = x.mmul(wanted).to1DArray();
  expect(intercept).toBeCloseTo(mean - fitted.reduce((a, b) => a + b, 0) / n, 5);
});

function sparse(dense: readonly (readonly number[])[]): SparseMatrix {
  const entries = dense.map((row) => row.flatMap((value, place) => (value === 0 ? [] : [{ value, place }])));
  const starts = Int32Array.from([0, ...entries.map((_, i) => entries.slice(0, i + 1).flat().length)]);
  const all = entries.flat();
  return {
    rows: dense.length,
    columns: dense[0]!.length,
    starts,
    places: Int32Array.from(all, ({ place }) => place),
    values: Float32Array.from(all, ({ value }) => value),
  };
}
