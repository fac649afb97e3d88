import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRunFolder, parseArguments, type Command } from "@offprint/experiment";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reportCommand } from "../commands/report.ts";
import { EvaluationInputError } from "../evaluation/errors.ts";
import { passkeySchema, perplexitySchema, type PasskeyResult, type PerplexityResult } from "../evaluation/results.ts";
import { fineTuneSchema } from "../training/config.ts";
import { metricNames } from "../training/held-out.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "offprint-report-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const time = "2026-01-02T03:04:05.000Z";

async function makeRun(name: string, method: string, perplexity: number): Promise<string> {
  const path = join(folder, name);
  const config = { method, attention: "s2", context: 2048, rank: 8, steps: 30, model: "<model> & co" };
  const facts = { command: "offprint longlora finetune …", versions: { node: "20" }, seed: 1 };
  await using run = await createRunFolder(path, { ...fineTuneSchema, config, ...facts });
  await run.append({ type: "step", step: 10, total: 30, loss: 3.125, time });
  await run.append({ type: "step", step: 20, total: 30, loss: 2.875, time });
  const metrics = { [metricNames.full]: 2.625, [metricNames.training]: 2.5, perplexity };
  await run.append({ type: "evaluation", step: 20, split: "valid", metrics, time });
  await run.append({ type: "finished", outcome: "completed", metrics, time });
  return path;
}

const perplexityAt = (context: number, perplexity: number): PerplexityResult["contexts"][number] => ({
  context,
  protocol: "strided",
  stride: 256,
  perplexity,
  loss: Math.log(perplexity),
  standardError: 0.01,
  interval: [perplexity - 0.5, perplexity + 0.5],
  tokens: 1000,
  windows: 4,
  allWindows: 4,
  byPosition: [
    { from: 1, to: 64, loss: perplexity / 7, perplexity: 9, tokens: 63 },
    { from: 64, to: 128, loss: perplexity / 9, perplexity: 8, tokens: 64 },
  ],
});

async function keep(path: string, name: string, result: PerplexityResult | PasskeyResult): Promise<void> {
  await mkdir(join(path, "evaluation"), { recursive: true });
  await writeFile(join(path, "evaluation", name), JSON.stringify(result));
}

const perplexity: PerplexityResult = {
  ...perplexitySchema,
  model: "models/stories",
  adapter: "runs/plus",
  attention: { kind: "full" },
  protocol: "strided",
  protocolText: "",
  texts: ["novel.txt"],
  documents: 1,
  textTokens: 5000,
  perplexity: 31.75,
  context: 2048,
  contexts: [perplexityAt(512, 33.25), perplexityAt(2048, 31.75)],
  base: [perplexityAt(512, 32.5), perplexityAt(2048, 871.5)],
};

const passkey: PasskeyResult = {
  ...passkeySchema,
  model: "models/stories",
  tests: 8,
  distractors: 9,
  seed: 0,
  lengths: [512, 2048],
  depths: [0, 1],
  chance: 0.1,
  cells: [512, 2048].flatMap((length) =>
    [0, 1].map((depth) => ({
      length,
      depth,
      promptTokens: length - 10,
      tests: 8,
      found: depth * 3,
      rankedFirst: depth * 5,
      share: 0.2,
    })),
  ),
};

async function report(...paths: string[]): Promise<string> {
  const out = join(folder, "report.html");
  const command = reportCommand as unknown as Command;
  await command.run(parseArguments(command, [...paths, "--out", out]), {
    stdout: { write: () => true },
    stderr: { write: () => true },
    signal: new AbortController().signal,
    env: {},
    version: "0.0.0",
  });
  return await readFile(out, "utf8");
}

/** The texts of all elements of a name; throws where the page is not well formed. */
function textsOf(html: string, name: string): string[] {
  const open: { name: string; text: string }[] = [];
  const found: string[] = [];
  for (const [, before = "", slash, tag = "", end] of html
    .replace("<!doctype html>\n", "")
    .matchAll(/([^<]*)<(\/?)([a-z][\w]*)(?:\s+[\w:-]+="[^"<]*")*\s*(\/?)>/gi)) {
    const last = open.at(-1);
    if (last) last.text += before;
    if (slash === "/") {
      const closed = open.pop();
      if (closed?.name !== tag) throw new Error(`</${tag}> closes <${closed?.name}>`);
      if (tag === name) found.push(closed.text);
    } else if (end !== "/") {
      open.push({ name: tag, text: "" });
    }
  }
  expect(open).toEqual([]);
  return found;
}

describe("longlora report", () => {
  it("puts runs, curves, perplexities and grids on one well-formed page that asks for nothing", async () => {
    const [lora, plus] = [await makeRun("lora", "lora", 17.125), await makeRun("plus", "lora+", 14.875)];
    await keep(plus, "perplexity-strided.json", perplexity);
    await keep(plus, "passkey.json", passkey);
    const html = await report(lora, plus);
    const cells = textsOf(html, "td");
    const times = (cell: string) => cells.filter((one) => one === cell).length;
    for (const once of ["17.13", "14.88", "33.25 (32.75 to 33.75)", "871.5 (871 to 872)"])
      expect([once, times(once)]).toEqual([once, 1]);
    expect(times("38")).toBe(2); // said, at two lengths
    expect(times("3.125")).toBe(2); // one curve a run
    expect(times("63")).toBe(2); // ranked first
    expect(times("&lt;model&gt; &amp; co")).toBe(2);
    const svgs = html.match(/<svg /g);
    expect(svgs).toHaveLength(2 + 2 + 2);
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(html.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:|src=|@import|url\(|<script|<link/);
    expect(html).toContain("prefers-color-scheme:dark");
    expect(textsOf(html, "h2")).toEqual([
      "Runs",
      "Training",
      "Perplexity, strided",
      "Pass keys",
      "Settings and machine",
    ]);
  });

  it("shows a folder of evaluations alone, and a run that has not ended", async () => {
    const only = join(folder, "only");
    await keep(only, "perplexity.json", perplexity);
    expect(textsOf(await report(only), "h2")).toEqual(["Perplexity, strided"]);
    const begun = join(folder, "begun");
    const facts = { command: "c", versions: {} };
    await (await createRunFolder(begun, { ...fineTuneSchema, config: { method: "lora" }, ...facts })).close();
    expect(textsOf(await report(begun), "td")).toContain("not ended");
  });

  it("refuses folders with nothing to show and results that are damaged, naming them", async () => {
    await expect(report(folder)).rejects.toThrow(/holds neither a fine-tuning nor results/);
    const bad = join(folder, "bad");
    await keep(bad, "passkey.json", { ...passkey, schemaVersion: 99 as 1 });
    await expect(report(bad)).rejects.toThrow(EvaluationInputError);
    await expect(report(bad)).rejects.toThrow(/passkey.json cannot be shown/);
  });
});
