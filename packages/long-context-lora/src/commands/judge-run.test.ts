import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseConfig, readRun } from "@offprint/experiment";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { passkeyResult, perplexityResult } from "../evaluation/results.ts";
import { toyText, writeToyFolder } from "../testing/toy-folder.ts";
import { fineTuneConfig } from "../training/config.ts";
import { runFineTune } from "./finetune.ts";

let folder = "";
const at = (...names: string[]): string => join(folder, ...names);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "offprint-judge-"));
  await writeToyFolder(at("model"));
  await writeFile(at("text.txt"), toyText(2000));
  await writeFile(at("held-out.txt"), toyText(300).slice(-90));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A run of a few steps, judged at its end. */
async function judged(method: "lora+" | "full", out: string) {
  const config = parseConfig(
    fineTuneConfig,
    {
      model: at("model"),
      text: [at("text.txt")],
      evaluateText: [at("held-out.txt")],
      context: 128,
      group: 32,
      method,
      steps: 3,
      accumulate: 1,
      learningRate: 0.01,
      warmup: 0,
    },
    "the test",
  );
  const silent = { write: () => true };
  const output = { stdout: silent, stderr: silent, signal: new AbortController().signal, env: {}, version: "0" };
  const choices = { out, resume: false, force: false, provider: "cpu", json: true, command: "test" } as const;
  const outcome = await runFineTune(config, { ...choices, judge: [32, 128], passkey: [16] }, output);
  const read = async (name: string) => JSON.parse(await readFile(join(out, "evaluation", name), "utf8")) as unknown;
  return { outcome, read, events: await readFile(join(out, "metrics.jsonl"), "utf8") };
}

describe("a run that is judged at its end", () => {
  it.each(["lora+", "full"] as const)("finds in its files what %s had learned in the engine", async (method) => {
    const { outcome, read, events } = await judged(method, at(method));
    expect(outcome).toBe("completed");
    const { contexts, base } = perplexityResult.parse(await read("perplexity-strided.json"));
    expect(contexts.map(({ context }) => context)).toEqual([32, 128]);
    // A text shorter than the context is one window: what was measured while training must come out again.
    const told = events
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string; metrics?: Record<string, number> });
    const last = told.findLast(({ type }) => type === "evaluation");
    expect(contexts[1]?.loss).toBeCloseTo(last?.metrics?.["full-attention loss"] ?? Number.NaN, 4);
    expect(base?.[1]?.loss).not.toBeCloseTo(contexts[1]?.loss ?? Number.NaN, 3);
    const finished = told.at(-1);
    expect(finished?.metrics?.["perplexity"]).toBe(contexts[1]?.perplexity);
    expect(finished?.metrics?.["base perplexity"]).toBe(base?.[1]?.perplexity);
    expect((await readRun(at(method))).record?.outcome).toBe("completed");
    // Sixteen tokens have no room for the question: that is said, and the run is complete all the same.
    expect(events).toContain("no number was hidden");
    await expect(read("passkey.json").then((value) => passkeyResult.parse(value))).rejects.toThrow("ENOENT");
  });
});
