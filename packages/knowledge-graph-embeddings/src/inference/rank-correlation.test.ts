import { describe, expect, it } from "vitest";
import { rankCorrelation } from "./rank-correlation.ts";

describe("rankCorrelation", () => {
  it("is 1 or −1 where one list rises or falls with the other, however steeply", () => {
    expect(rankCorrelation([1, 2, 3, 4], [1, 10, 100, 1000])).toBeCloseTo(1, 12);
    expect(rankCorrelation([1, 2, 3, 4], [9, 4, 1, 0])).toBeCloseTo(-1, 12);
  });

  it("agrees with 1 − 6 Σd² / (n³ − n) where nothing ties", () => {
    // Ranks 1 2 3 4 5 against 2 1 4 3 5: Σd² = 4.
    expect(rankCorrelation([10, 20, 30, 40, 50], [7, 5, 9, 8, 11])).toBeCloseTo(1 - 24 / 120, 12);
  });

  it("gives ties the mean of their ranks", () => {
    // Ranks 1.5 1.5 3 against 1 2 3: covariance 1.5, variances 1.5 and 2.
    expect(rankCorrelation([5, 5, 8], [1, 2, 3])).toBeCloseTo(1.5 / Math.sqrt(3), 12);
  });

  it("does not exist for a list of one value", () => {
    expect(rankCorrelation([1, 1, 1], [1, 2, 3])).toBeNull();
    expect(rankCorrelation([], [])).toBeNull();
  });
});
