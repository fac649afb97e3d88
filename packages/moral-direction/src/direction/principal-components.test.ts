import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { firstComponent, innerProducts, principalComponents } from "./principal-components.ts";
import { degreesBetween, dot, dotCentred } from "./vectors.ts";

/** Made with scikit-learn's PCA: rounded inputs, its own float64 results. */
const { pca: golden } = JSON.parse(
  readFileSync(new URL("../testing/golden-direction.json", import.meta.url), "utf8"),
) as {
  readonly pca: Readonly<Record<"X" | "components" | "projected" | "query" | "query_projected", number[][]>> &
    Readonly<Record<"mean" | "explained_variance" | "explained_variance_ratio", number[]>>;
};
const rows = golden.X.map((row) => Float64Array.from(row));

describe("principal components", () => {
  const { mean, components, explainedVariance, ratios } = principalComponents(rows, 3);

  it("have scikit-learn's centre, variances and shares", () => {
    const close = (ours: Iterable<number>, theirs: readonly number[]) => {
      for (const [index, value] of [...ours].entries()) expect(value).toBeCloseTo(theirs[index]!, 9);
    };
    close(mean, golden.mean);
    close(explainedVariance, golden.explained_variance);
    close(ratios, golden.explained_variance_ratio);
  });

  it.each([
    ["the rows of the fit", golden.X, golden.projected],
    ["rows it has not seen", golden.query, golden.query_projected],
  ])("project %s as scikit-learn's do, each up to its sign", (_, given, wanted) => {
    for (const [axis, component] of components.entries()) {
      const sign = Math.sign(dot(component, Float64Array.from(golden.components[axis]!)));
      for (const [index, row] of given.entries())
        expect(sign * dotCentred(component, Float64Array.from(row), mean)).toBeCloseTo(wanted[index]![axis]!, 9);
    }
  });

  it("are at most as many as the rows can have", () => {
    expect(principalComponents(rows.slice(0, 3), 5).components).toHaveLength(2);
  });
});

describe("the first component from inner products", () => {
  const products = innerProducts(rows);

  it("is that of the singular values", () => {
    const { component } = firstComponent(rows, products);
    const angle = degreesBetween(component, principalComponents(rows, 1).components[0]!);
    expect(Math.min(angle, 180 - angle)).toBeLessThan(1e-5);
  });

  it("of some rows is that of a fit to these, as often as they stand there", () => {
    const chosen = [0, 1, 1, 2, 3, 5, 7, 8, 9, 9, 9];
    const others = chosen.map((index) => rows[index]!);
    const { component, mean } = firstComponent(rows, products, chosen);
    const angle = degreesBetween(component, principalComponents(others, 1).components[0]!);
    expect(Math.min(angle, 180 - angle)).toBeLessThan(1e-5);
    expect(mean[0]).toBeCloseTo(others.reduce((sum, row) => sum + row[0]!, 0) / others.length, 12);
  });
});
