import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readExcluded, readSamples, realToxicityFields } from "./read-samples.ts";

let folder = "";
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "offprint-samples-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const row = (prompt: string, toxicity: number | null, continuation: string) =>
  JSON.stringify({ prompt: { text: prompt, toxicity }, continuation: { text: continuation, toxicity: 0.25 } });
const plain = { textFields: ["text"], scoreFields: ["score"] };

describe("samples", () => {
  it("are read from the two texts of each row of RealToxicityPrompts, packed or not", async () => {
    await writeFile(at("rows.jsonl.gz"), gzipSync(`${row("one", 0.5, "two")}\n${row("three", null, "four")}\n`));
    const { samples, unscored } = await readSamples([at("rows.jsonl.gz")], realToxicityFields);
    expect(samples.map(({ text, score, field, record }) => [text, score, field, record])).toEqual([
      ["one", 0.5, "prompt.text", 0],
      ["two", 0.25, "continuation.text", 0],
      ["four", 0.25, "continuation.text", 1],
    ]);
    expect(unscored).toBe(1);
  });

  it("are read from a table, with quotes, line ends in fields and a byte order mark", async () => {
    await writeFile(at("rows.csv"), `\uFEFFtext,score\r\n"a, ""b""\nc",1\r\nd,0.5\r\n`);
    const { samples } = await readSamples([at("rows.csv")], plain);
    expect(samples.map(({ text, score }) => [text, score])).toEqual([
      [`a, "b"\nc`, 1],
      ["d", 0.5],
    ]);
  });

  it("leave out rows with a text that is excluded", async () => {
    await writeFile(at("rows.jsonl"), [row("one", 0.5, "two"), row("three", 0.5, "four")].join("\n"));
    await writeFile(at("prompts.jsonl"), JSON.stringify({ prompt: { text: " ONE" } }));
    const exclude = await readExcluded([at("prompts.jsonl")], realToxicityFields.textFields);
    const { samples, excluded } = await readSamples([at("rows.jsonl")], realToxicityFields, exclude);
    expect(samples.map(({ text }) => text)).toEqual(["three", "four"]);
    expect(excluded).toBe(1);
  });

  it("count and name broken rows, without repeating them, and go on", async () => {
    const good = Array.from({ length: 20 }, (_, i) => JSON.stringify({ text: `t${i}`, score: 0.5 }));
    await writeFile(
      at("broken.jsonl"),
      [...good, "{oops", `{"text": 3, "score": 0.1}`, `{"text":"x","score":7}`].join("\n"),
    );
    const { samples, warnings } = await readSamples([at("broken.jsonl")], plain);
    expect(samples).toHaveLength(20);
    expect(warnings).toEqual([
      `${at("broken.jsonl")}: 3 of 23 rows are of no use: line 21 (it is no JSON), line 22 (text is no text), line 23 (score is no number from 0 to 1)`,
    ]);
  });

  it("are refused when most rows are broken, the file is damaged, absent or empty", async () => {
    await writeFile(at("bad.jsonl"), "x\n".repeat(30));
    await expect(readSamples([at("bad.jsonl")], plain)).rejects.toThrow("30 of 30 rows are of no use");
    await writeFile(at("cut.jsonl.gz"), gzipSync("{}\n".repeat(10_000)).subarray(0, 40));
    await expect(readSamples([at("cut.jsonl.gz")], plain)).rejects.toThrow("cut.jsonl.gz is damaged");
    await expect(readSamples([at("none.jsonl")], plain)).rejects.toThrow("none.jsonl does not exist");
    await writeFile(at("empty.jsonl"), "");
    await expect(readSamples([at("empty.jsonl")], plain)).rejects.toMatchObject({ code: "TOXICITY_DATA" });
  });

  it("do not hold a line without end", async () => {
    await writeFile(at("long.jsonl"), `${"x".repeat(3_000_000)}\n${JSON.stringify({ text: "t", score: 1 })}\n`);
    const { samples, warnings } = await readSamples([at("long.jsonl")], plain);
    expect(samples).toHaveLength(1);
    expect(warnings[0]).toContain("line 1 (it is longer than 1048576 characters)");
  });
});
