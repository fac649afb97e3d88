import { readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";
import { describe, expect, it } from "vitest";
import { CorrelationError } from "../errors.ts";
import { hasSharedMoral, sharedMoral } from "../testing/shared-data.ts";
import { agreement } from "./agreement.ts";
import { auc, ranks } from "./auc.ts";

/** Study, column, then n, r, p, the 95 % interval, Spearman, equal signs, AUC, as the released data gives them in SciPy. */
const table = [
  ["userstudy_regional", "md_qt", 113, 0.815078, 4.5e-28, "0.742–0.869", 0.796, 0.8761, 0.942],
  ["userstudy_regional", "md_raw", 113, 0.777152, 4.6e-24, "0.692–0.841", 0.7657, 0.8673, 0.9341],
  ["userstudy_regional", "md_noq", 113, 0.802798, 1.1e-26, "0.726–0.860", 0.791, 0.8584, 0.9316],
  ["userstudy_regional", "mcm_bert", 113, 0.660707, 1.7e-15, "0.542–0.753", 0.6599, 0.7611, 0.8827],
  ["userstudy_regional", "mcm_use", 113, 0.454841, 4.2e-7, "0.295–0.590", 0.4687, 0.5044, 0.7637],
  ["userstudy_regional", "mcm_glove", 113, 0.270974, 3.7e-3, "0.091–0.434", 0.2842, 0.5398, 0.628],
  ["userstudy_globalAMT", "md_qt", 116, 0.835169, 2.2e-31, "0.770–0.883", 0.8434, 0.8276, 0.9263],
  ["userstudy_globalAMT", "md_raw", 116, 0.788217, 8.7e-26, "0.708–0.849", 0.8113, 0.8276, 0.9098],
  ["userstudy_globalAMT", "md_noq", 116, 0.831929, 6.2e-31, "0.766–0.881", 0.8436, 0.8103, 0.9153],
  ["userstudy_globalAMT", "mcm_bert", 113, 0.713511, 7.4e-19, "0.609–0.794", 0.763, 0.7168, 0.8798],
  ["userstudy_globalAMT", "mcm_use", 113, 0.486788, 4.6e-8, "0.332–0.616", 0.5295, 0.4602, 0.7487],
  ["userstudy_globalAMT", "mcm_glove", 113, 0.268539, 4e-3, "0.088–0.432", 0.2592, 0.5841, 0.6296],
] as const;

const rowsOf = (name: string) =>
  parse(readFileSync(`${sharedMoral}${name}.csv`, "utf8"), { columns: true, bom: true }) as Record<string, string>[];

/** The pairs of two columns that both have a number. */
function columns(rows: readonly Record<string, string>[], scores: string, human: string): [number[], number[]] {
  const full = rows.filter((row) => row[scores] !== "" && row[human] !== "");
  return [full.map((row) => Number(row[scores])), full.map((row) => Number(row[human]))];
}

describe.skipIf(!hasSharedMoral)("the correlation tables of the paper's data", () => {
  it.each(table)("%s · %s", (file, column, n, r, p, interval, rho, sign, area) => {
    const found = agreement(...columns(rowsOf(file), column, "human_score"));
    expect(found.n).toBe(n);
    expect(Math.abs(found.r - r)).toBeLessThan(1e-6);
    expect(found.p / p).toBeCloseTo(1, 1);
    expect(found.interval.map((end) => end.toFixed(3)).join("–")).toBe(interval);
    expect(found.rho).toBeCloseTo(rho, 4);
    expect(found.sameSign).toBeCloseTo(sign, 4);
    expect(found.auc).toBeCloseTo(area, 4);
  });

  it.each([
    ["md_qt", 0.887376],
    ["md_raw", 0.884108],
    ["mcm_bert", 0.8576],
    ["mcm_use", 0.782438],
    ["mcm_glove", 0.439687],
  ] as const)("WEAT verbs · %s", (column, r) => {
    const found = agreement(...columns(rowsOf("weat_verbs"), column, "weat"));
    expect(found.n).toBe(100);
    expect(Math.abs(found.r - r)).toBeLessThan(1e-6);
  });

  it("the pilot's share of yes against the raw score", () => {
    const rows = rowsOf("pilot_yes_no");
    const share = rows.map((row) => Number(row["yes"]) / (Number(row["yes"]) + Number(row["no"])));
    const found = agreement(
      rows.map((row) => Number(row["bert_pc1_raw_positive_is_do"])),
      share,
    );
    expect(found.n).toBe(107);
    expect(Math.abs(found.r - 0.818483)).toBeLessThan(1e-6);
    expect(Math.abs(found.rho - 0.789716)).toBeLessThan(1e-6);
  });

  it("the two studies with each other", () => {
    const [regional, global] = ["userstudy_regional", "userstudy_globalAMT"].map(
      (name) => new Map(rowsOf(name).map((row) => [row["action"], Number(row["human_score"])])),
    );
    const common = [...regional!.keys()].filter((action) => global!.has(action));
    const { r } = agreement(
      common.map((action) => regional!.get(action)!),
      common.map((action) => global!.get(action)!),
    );
    expect(common).toHaveLength(113);
    expect(r).toBeCloseTo(0.9627, 4);
  });
});

describe("ranks and areas", () => {
  it("share the places of ties", () => {
    expect(ranks([3, 1, 3, 2, 3])).toEqual([4, 1, 4, 2, 4]);
  });
  it("count each pair of a positive and a negative once, ties half", () => {
    const [scores, positive] = [
      [0.1, 0.5, 0.5, 0.9, 0.2],
      [false, true, false, true, true],
    ];
    let [won, pairs] = [0, 0];
    for (const [i, a] of scores.entries())
      for (const [j, b] of scores.entries())
        if (positive[i] === true && positive[j] === false) {
          pairs++;
          won += a > b ? 1 : a === b ? 0.5 : 0;
        }
    expect(auc(scores, positive)).toBeCloseTo(won / pairs, 12);
    expect(auc([1, 2], [true, true])).toBeNaN();
  });
  it("refuse columns that cannot be correlated", () => {
    expect(() => agreement([1, 2, 3], [1, 2, 3])).toThrow(CorrelationError);
    expect(() => agreement([1, 2, 3, Number.NaN], [1, 2, 3, 4])).toThrow(/not finite/);
    expect(() => agreement([1, 1, 1, 1], [1, 2, 3, 4])).toThrow(/constant/);
  });
});
