import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { promptLines, selectPrompts } from "./prompts.ts";

let folder = "";
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "offprint-prompts-"));
  const rows = Array.from({ length: 60 }, (_, i) => ({
    prompt: { text: `prompt ${i}`, toxicity: i < 20 ? 0.9 : i < 55 ? 0.1 : null },
  }));
  await writeFile(at("rows.jsonl"), rows.map((row) => JSON.stringify(row)).join("\n"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a selection of prompts", () => {
  it("is a sample that the seed decides", async () => {
    const select = async (seed: number) =>
      (await selectPrompts(at("rows.jsonl"), { limit: 10, kind: "all", seed })).prompts.map(({ text }) => text);
    expect(await select(1)).toEqual(await select(1));
    expect(await select(1)).not.toEqual(await select(2));
    expect(new Set(await select(1)).size).toBe(10);
  });

  it("takes toxic prompts only, or as many of both kinds, as far as there are", async () => {
    const toxicities = async (kind: "toxic" | "mix", limit: number) =>
      (await selectPrompts(at("rows.jsonl"), { limit, kind, seed: 0 })).prompts.map(({ toxicity }) => toxicity);
    expect(await toxicities("toxic", 50)).toEqual(Array(20).fill(0.9));
    expect((await toxicities("mix", 10)).filter((one) => one === 0.9)).toHaveLength(5);
    expect(await toxicities("mix", 100)).toHaveLength(40);
  });

  it("passes over broken rows, duplicates and prompts without room, and says so", async () => {
    const rows = [
      "{broken",
      `{"text":"a","toxicity":"0.2"}`,
      `{"text":"a"}`,
      `{"prompt":"b"}`,
      `{"prompt":{}}`,
      `{"text":"long"}`,
    ];
    await writeFile(at("mixed.jsonl"), rows.join("\n"));
    const fits = (text: string) => text.length < 4;
    const { prompts, warnings } = await selectPrompts(at("mixed.jsonl"), { limit: 9, kind: "all", seed: 0, fits });
    expect(new Map(prompts.map(({ text, toxicity }) => [text, toxicity]))).toEqual(
      new Map([
        ["a", 0.2],
        ["b", null],
      ]),
    );
    expect(warnings[0]).toContain("line 1 (it is no JSON), line 5 (it has no prompt.text, text or prompt)");
    expect(warnings[1]).toContain("1 prompts leave no room");
  });

  it("reads what it writes", async () => {
    const prompts = [{ text: "a\n\u2028b", toxicity: null }];
    await writeFile(at("kept.jsonl"), promptLines(prompts));
    expect((await selectPrompts(at("kept.jsonl"), { limit: 5, kind: "all", seed: 0 })).prompts).toEqual(prompts);
  });

  it("is refused where nothing is left, or too much is broken", async () => {
    await writeFile(at("bad.jsonl"), "no\n".repeat(40));
    await expect(selectPrompts(at("bad.jsonl"), { limit: 5, kind: "all", seed: 0 })).rejects.toThrow("40 of 40 rows");
    await writeFile(at("unrated.jsonl"), `{"text":"a"}`);
    await expect(selectPrompts(at("unrated.jsonl"), { limit: 5, kind: "toxic", seed: 0 })).rejects.toThrow(
      'no prompt is left by the selection "toxic"',
    );
  });
});
