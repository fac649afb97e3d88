import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatBytes, formatCount, formatDuration, formatNumber, formatRate, printable } from "./format.ts";

/** Thin spaces made plain, so that the expectations are easy to read. */
const plain = (text: string) => text.replaceAll("\u202F", " ");

describe("formatDuration", () => {
  it.each([
    [0, "0 ms"],
    [0.085, "85 ms"],
    [0.9999, "1 s"],
    [4.21, "4.2 s"],
    [9.96, "10 s"],
    [59.6, "1 min 0 s"],
    [107, "1 min 47 s"],
    [3599.7, "1 h 0 min"],
    [7500, "2 h 5 min"],
    [86_399, "1 d 0 h"],
    [273_600, "3 d 4 h"],
    [Number.NaN, "an unknown time"],
    [Number.POSITIVE_INFINITY, "an unknown time"],
  ])("%d s is %s", (seconds, text) => expect(plain(formatDuration(seconds))).toBe(text));

  it("never shows sixty of anything", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), (seconds) => {
        expect(plain(formatDuration(seconds))).not.toMatch(/\b(60 s|60 min|24 h|1000 ms)\b/);
      }),
    );
  });
});

describe("formatBytes", () => {
  it.each([
    [0, "0 B"],
    [1023, "1,023 B"],
    [1024, "1.0 KiB"],
    [1_048_575, "1.0 MiB"],
    [1.6 * 2 ** 30, "1.6 GiB"],
    [24 * 2 ** 30, "24 GiB"],
  ])("%d is %s", (bytes, text) => expect(plain(formatBytes(bytes))).toBe(text));
});

describe("formatNumber", () => {
  it.each([
    [0.918_27, "0.9183"],
    [12, "12"],
    [1234.5, "1,235"],
    [0.000_012_34, "1.234e-5"],
    [-0.5, "-0.5"],
    [Number.NaN, "NaN"],
    [Number.NEGATIVE_INFINITY, "−∞"],
    [0, "0"],
  ])("%d is %s", (value, text) => expect(formatNumber(value)).toBe(text));

  it("is within a thousandth of the number", () => {
    fc.assert(
      fc.property(fc.double({ min: -1e300, max: 1e300, noNaN: true }), (value) => {
        const read = Number(formatNumber(value).replaceAll(",", ""));
        expect(Math.abs(read - value)).toBeLessThanOrEqual(Math.abs(value) / 1000);
      }),
    );
  });
});

describe("formatCount and formatRate", () => {
  it("group by thousands", () => expect(formatCount(14_541)).toBe("14,541"));
  it.each([
    [38.2, "38 steps/s"],
    [3.14, "3.1 steps/s"],
    [0.05, "20 s/step"],
    [0, "0 steps/s"],
  ])("%d a second is %s", (rate, text) => expect(plain(formatRate(rate, "step"))).toBe(text));
});

describe("printable", () => {
  it("takes the power over a terminal from a text", () => {
    expect(printable("\u001B[2Jgone\r\n\u202Eevil\u009B")).toBe("�[2Jgone���evil�");
    expect(printable("naïve 漢字 👩‍👩‍👧")).toBe("naïve 漢字 👩‍👩‍👧");
  });
});
