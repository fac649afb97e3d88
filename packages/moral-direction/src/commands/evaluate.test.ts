import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Command, RunOutcome } from "@offprint/experiment";
import { RandomStream } from "@offprint/training";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { z } from "zod";
import type { GenerationLine } from "../evaluation/generation-log.ts";
import type { EvaluationResults } from "../evaluation/results.ts";
import { evaluateCommand } from "./evaluate.ts";
import { reportCommand } from "./report.ts";

const offprint = fileURLToPath(new URL("../../../../apps/offprint/bin/offprint.mjs", import.meta.url));
const model = fileURLToPath(new URL("../../../long-context-lora/models/novels-1m", import.meta.url));

let folder = "";
const at = (...names: string[]): string => join(folder, ...names);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "offprint-evaluate-"));
  const random = RandomStream.create(0, "rows");
  const rows = Array.from({ length: 60 }, (_, i) => {
    const [a, b] = [random.uniform(), random.uniform()];
    return {
      prompt: { text: `The ${a > 0.5 ? "wolf" : "lamb"} number ${i} went to`, toxicity: a },
      continuation: { text: ` the ${b > 0.5 ? "wolf" : "lamb"} with the ${i} keys.`, toxicity: b },
    };
  });
  await writeFile(at("rows.jsonl"), `${rows.map((row) => JSON.stringify(row)).join("\n")}\n{broken\n`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run<Config extends z.ZodObject>(
  command: Command<Config>,
  settings: z.input<Config>,
  signal = new AbortController().signal,
): Promise<{ readonly stdout: string; readonly stderr: string; readonly outcome: RunOutcome | void }> {
  let [stdout, stderr] = ["", ""];
  const outcome = await command.run(command.config.parse(settings), {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
    signal,
    env: {},
    version: "0",
  });
  return { stdout, stderr, outcome };
}

const settings = (out: string) => ({
  model,
  prompts: at("rows.jsonl"),
  limit: 8,
  mix: true,
  generations: 2,
  tokens: 4,
  batch: 2,
  threshold: [0],
  toxicityData: [at("rows.jsonl")],
  out: at(out),
});

const linesOf = async (out: string): Promise<GenerationLine[]> =>
  (await readFile(at(out, "generations.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => ({ ...(JSON.parse(line) as GenerationLine), seconds: 0 }));

describe("offprint moral evaluate", { timeout: 120_000 }, () => {
  it("measures both arms, with intervals, and keeps every continuation", async () => {
    const { stdout, stderr, outcome } = await run(evaluateCommand, { ...settings("straight"), json: true });
    expect(outcome).toBe("completed");
    expect(stderr).toContain("1 of 61 rows is of no use: line 61 (it is no JSON)");
    expect(stderr).toContain("training the toxicity measure on 104 texts; 8 rows with a drawn prompt are left out");
    const results = JSON.parse(stdout) as EvaluationResults;
    expect(results.groups.map(({ name, prompts }) => [name, prompts])).toEqual([
      ["all prompts", 8],
      ["toxic prompts", 4],
      ["other prompts", 4],
    ]);
    const [unguided, guided] = results.groups[0]!.arms;
    expect([unguided!.name, guided!.name]).toEqual(["unguided", "threshold 0"]);
    for (const { values, intervals } of [unguided!, guided!])
      for (const [name, [low, high]] of Object.entries(intervals)) {
        expect(low).toBeLessThanOrEqual(values[name as keyof typeof values]);
        expect(high).toBeGreaterThanOrEqual(values[name as keyof typeof values]);
      }
    expect(guided!.difference?.values.perplexity).toBeCloseTo(guided!.values.perplexity - unguided!.values.perplexity);
    expect(results.bindings).toMatchObject({ judgeIsModel: true, seenPrompts: 0 });
    const lines = await linesOf("straight");
    expect(new Set(lines.map(({ arm, prompt, generation }) => `${arm}/${prompt}/${generation}`)).size).toBe(32);
    expect((await readdir(at("straight"))).toSorted()).toEqual([
      "config.json",
      "generations.jsonl",
      "measured-with.json",
      "metrics.jsonl",
      "prompts.jsonl",
      "record.json",
      "results.json",
      "threshold-curve.svg",
      "toxicity",
    ]);
  });

  it("goes on after kill -9 and after Ctrl-C without redoing, losing or doubling a continuation", async () => {
    const { threshold: _, toxicityData: __, mix: ___, prompts, out, ...numbers } = settings("stopped");
    const flags = Object.entries(numbers).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const given = ["--prompts", prompts, "--toxicity-data", prompts, "--mix", "--threshold", "0", "--out", out];
    const child = spawn(process.execPath, [offprint, "moral", "evaluate", ...flags, ...given], { stdio: "ignore" });
    const ended = new Promise((resolve) => child.on("close", resolve));
    for (let i = 0; i < 6000 && !(await hasLines(out, 4)); i++) await delay(10);
    child.kill("SIGKILL");
    await ended;
    const before = await readFile(join(out, "generations.jsonl"), "utf8");

    const controller = new AbortController();
    const watch = setInterval(() => {
      void hasLines(out, before.trim().split("\n").length + 4).then((more) => more && controller.abort());
    }, 2);
    const stopped = await run(evaluateCommand, { out, resume: true }, controller.signal);
    clearInterval(watch);
    expect(["cancelled", "completed"]).toContain(stopped.outcome);
    if (stopped.outcome === "cancelled")
      expect((await run(evaluateCommand, { out, resume: true })).outcome).toBe("completed");

    expect(
      (await readFile(join(out, "generations.jsonl"), "utf8")).startsWith(before.slice(0, before.lastIndexOf("\n"))),
    ).toBe(true);
    expect(await linesOf("stopped")).toEqual(await linesOf("straight"));
  });

  it("refuses to go on with other settings, a complete run, or changed prompts", async () => {
    const out = at("straight");
    await expect(run(evaluateCommand, { out, resume: true, tokens: 9 })).rejects.toThrow("where tokens is 4, not 9");
    await expect(run(evaluateCommand, { out, resume: true })).rejects.toThrow("holds a run that is complete");
    await expect(run(evaluateCommand, settings("straight"))).rejects.toMatchObject({ code: "RUN_FOLDER_OCCUPIED" });
  });

  it("refuses to measure without a measure, and two selections at once", async () => {
    await expect(run(evaluateCommand, { ...settings("x"), toxicityData: [] })).rejects.toThrow("--toxicity SOURCE");
    await expect(run(evaluateCommand, { ...settings("x"), toxicOnly: true })).rejects.toThrow("exclude each other");
  });
});

describe("offprint moral report", () => {
  it("shows tables, curves, the measure's error and settings, but no text unless asked", async () => {
    const [plain, full] = [at("plain.html"), at("full.html")];
    await run(reportCommand, { runs: [at("straight")], out: plain });
    await run(reportCommand, { runs: [at("straight")], out: full, showTexts: true });
    const page = await readFile(plain, "utf8");
    expect(page).toContain("Toxicity by threshold, all prompts");
    expect(page).toContain("over-flags words for groups of people");
    expect(page).toContain("Perspective API of 2020");
    expect(page).not.toContain("<script");
    expect(page.replaceAll(/xmlns(:xlink)?="[^"]*"/g, "")).not.toMatch(/https?:\/\//);
    expect(page).not.toContain("Warning: slurs");
    expect(await readFile(full, "utf8")).toContain("Warning: slurs");
  });

  it("refuses a folder without results", async () => {
    await rm(at("straight", "results.json"));
    await expect(run(reportCommand, { runs: [at("straight")], out: at("x.html") })).rejects.toThrow("--resume");
  });
});

const hasLines = async (out: string, count: number): Promise<boolean> =>
  (await readFile(join(out, "generations.jsonl"), "utf8").catch(() => "")).split("\n").length > count;
