import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArguments, UsageError } from "@offprint/experiment";
import { describe, expect, it, onTestFinished } from "vitest";
import { DamagedDirectionError } from "../errors.ts";
import type { GuidanceRecord } from "../guidance/audit.ts";
import { generateCommand } from "./generate.ts";

const model = fileURLToPath(new URL("../../../long-context-lora/models/novels-1m", import.meta.url));

async function call(...words: string[]): Promise<{ text: string; pieces: readonly string[]; told: string }> {
  const [pieces, told]: [string[], string[]] = [[], []];
  await generateCommand.run(parseArguments(generateCommand, ["--model", model, ...words]), {
    stdout: { write: (text) => pieces.push(text) },
    stderr: { write: (text) => told.push(text) },
    signal: new AbortController().signal,
    env: {},
    version: "0.0.0",
  });
  return { text: pieces.join(""), pieces, told: told.join("") };
}

async function testFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "offprint-moral-generate-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const prompt = ["--prompt", "My friend said that I", "--max-tokens", "8"];

describe("moral generate, with the encoder and the direction that come along", () => {
  it("streams token by token, and records for each what was offered, removed and chosen", async () => {
    const file = join(await testFolder(), "audit.jsonl");
    const { text, pieces, told } = await call(...prompt, "--audit", file);
    expect(pieces.filter((piece) => piece.trim() !== "").length).toBeGreaterThan(4);
    expect(told).toMatch(/^8 tokens written .*; the encoder read \d+ texts in 8 runs/);
    const lines = (await readFile(file, "utf8")).trim().split("\n");
    const records = lines.map((line) => JSON.parse(line) as GuidanceRecord);
    expect(records.map(({ position }) => position)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    for (const { candidates, chosen, fallback } of records) {
      const came = candidates.find(({ token }) => token === chosen);
      expect(came?.kept).toBe(true);
      if (!fallback) expect(came?.score).toBeGreaterThan(0);
    }
    const again = await call(...prompt, "--json");
    const json = JSON.parse(again.text) as { guided: { text: string }[]; encoder: string };
    expect(json.guided[0]?.text).toBe(text.trimEnd());
    expect(json.encoder).toMatch(/^use-lite@/);
  });

  it("writes several texts in turn, guided and unguided, lazily, softly, in a window, and going back", async () => {
    const several = await call(...prompt, "--count", "2", "--unguided", "--scoring", "lazy");
    expect(several.text.match(/^== (un)?guided, text [12] of 2 ==$/gm)).toHaveLength(4);
    const soft = await call(...prompt, "--soft", "20", "--window", "sentence", "--compare");
    expect(soft.text).toMatch(/^guided +│ unguided\n─+ │ ─+\n/);
    const back = await call(...prompt, "--threshold", "2", "--backtrack", "2", "--window", "5", "--json");
    const { guided, statistics } = JSON.parse(back.text) as {
      guided: { tokens: number[] }[];
      statistics: { rollBacks: number };
    };
    expect([guided[0]?.tokens.length, statistics.rollBacks]).toEqual([8, 3]);
  });

  it("says that nothing is judged behind the encoder's limit, unless a window is", async () => {
    const long = ["--prompt", "My friend said that I went on and on. ".repeat(20), "--max-tokens", "2"];
    expect((await call(...long)).told).toMatch(/^The prompt is too long: the encoder reads \d+ tokens/);
    expect((await call(...long, "--window", "sentence")).told).not.toContain("too long");
  });

  it("reads the prompt from a file, and refuses none, two, another encoding and a file that is no direction", async () => {
    const folder = await testFolder();
    const [good, bad] = [join(folder, "good.txt"), join(folder, "bad.txt")];
    await writeFile(good, "My friend said that I");
    await writeFile(bad, Buffer.from([0xff, 0xfe, 0x41]));
    expect((await call("--file", good, "--max-tokens", "3")).text).not.toBe("");
    await expect(call()).rejects.toThrow(UsageError);
    await expect(call("--prompt", "a", "--file", good)).rejects.toThrow("either --prompt TEXT or --file FILE");
    await expect(call("--file", bad)).rejects.toThrow("wanted UTF-8 text");
    await expect(call("--prompt", "a", "--direction", good)).rejects.toThrow(DamagedDirectionError);
  });
});
