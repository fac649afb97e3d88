import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { displayWidth, formatTable, truncate } from "./table.ts";

describe("formatTable", () => {
  it("aligns words to the left and numbers to the right, with the decimals a column needs", () => {
    const table = formatTable(
      ["relation", "mrr", "triples", "note"],
      [
        ["is a", 0.9183, 14_541, "ok"],
        ["部分", 0.5, 7, ""],
      ],
    );
    expect(table).toBe(
      ["relation     mrr  triples  note", "is a      0.9183   14,541  ok", "部分      0.5000        7", ""].join("\n"),
    );
  });

  it("shows what is not finite as it is", () => {
    expect(formatTable(["x"], [[Number.NaN], [1.5]])).toBe("    x\n  NaN\n1.500\n");
  });

  it("aligns numbers with units to the right", () => {
    expect(formatTable(["memory"], [["1.6\u202FGiB"], ["24\u202FGiB"]])).toBe(" memory\n1.6\u202FGiB\n 24\u202FGiB\n");
  });

  it("gives a header alone for no rows", () => {
    expect(formatTable(["a", "b"], [])).toBe("a  b\n");
  });

  it("has one line a row whatever the cells hold", () => {
    const cell = fc.oneof(fc.string({ unit: "binary" }), fc.double());
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell)), (rows) => {
        expect(formatTable(["a", "b"], rows).split("\n")).toHaveLength(rows.length + 2);
      }),
    );
  });
});

describe("displayWidth", () => {
  it.each([
    ["abc", 3],
    ["漢字", 4],
    ["é", 1],
    ["e\u0301", 1],
    ["👩‍👩‍👧", 2],
    ["", 0],
  ])("of %s is %d", (text, width) => expect(displayWidth(text)).toBe(width));
});

describe("truncate", () => {
  it("fits any text into the width, and leaves one that fits", () => {
    expect(truncate("漢字漢字", 4)).toBe("漢…");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 20 }), (text, width) => {
        expect(displayWidth(truncate(text, width))).toBeLessThanOrEqual(width);
        if (displayWidth(text) <= width) expect(truncate(text, width)).toBe(text);
      }),
    );
  });
});
