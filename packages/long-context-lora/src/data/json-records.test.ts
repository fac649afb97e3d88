import { describe, expect, it } from "vitest";
import { jsonRecords } from "./json-records.ts";

async function count(chunks: readonly string[], limit: number): Promise<number> {
  async function* bytes() {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  let records = 0;
  for await (const { record } of jsonRecords("x.jsonl", bytes(), limit)) records += Object.keys(record).length;
  return records;
}

describe("jsonRecords", () => {
  it("holds no more than the bound, of a record or of the space before the first one", async () => {
    expect(await count(["  ", '\n{"a":1}\n'], 20)).toBe(1);
    const spaces = Array.from({ length: 1000 }, () => " ".repeat(10));
    await expect(count(spaces, 20)).rejects.toThrow(
      /x\.jsonl: the space before the first record is longer than 20 bytes/,
    );
    await expect(count(['[{"a":"', "b".repeat(30), '"}]'], 20)).rejects.toThrow(
      /x\.jsonl:1: a record is longer than 20/,
    );
    await expect(count(['{"a":"', "b".repeat(30), '"}'], 20)).rejects.toThrow(/x\.jsonl:1: a line is longer than 20/);
  });
});
