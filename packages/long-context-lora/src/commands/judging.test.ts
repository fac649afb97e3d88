import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArguments, UsageError, type Command } from "@offprint/experiment";
import { extendContext } from "@offprint/language-model";
import { hostTensor } from "@offprint/tensor";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { saveAdapter } from "../artefacts/adapter.ts";
import { AnotherBaseError } from "../artefacts/errors.ts";
import { toyAdapter, toyModel } from "../artefacts/testing.ts";
import { toyText, writeToyFolder } from "../testing/toy-folder.ts";
import { compareCommand } from "./compare.ts";
import { mergeCommand } from "./merge.ts";
import { passkeyCommand } from "./passkey.ts";
import { perplexityCommand } from "./perplexity.ts";
import { reportCommand } from "./report.ts";

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "offprint-judging-"));
  await writeToyFolder(at("base"));
  await writeToyFolder(at("other"), { num_hidden_layers: 1 });
  await writeFile(at("text.txt"), toyText(300));
  await writeFile(at("empty.txt"), "");
  const base = toyModel();
  const saved = await toyAdapter(base);
  const near = Object.entries(saved.tensors).map(([name, { data, shape }]) => {
    const old = base.weights[name]?.data as Float32Array | undefined;
    return [
      name,
      hostTensor(
        (data as Float32Array).map((value, i) => (old?.[i] ?? 0) + 0.1 * value),
        shape,
      ),
    ] as const;
  });
  const config = extendContext(base.config, 128);
  await saveAdapter(at("run/adapter"), { ...saved, config, tensors: Object.fromEntries(near) });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function call(command: unknown, ...words: string[]): Promise<string> {
  const written: string[] = [];
  const declared = command as Command;
  await declared.run(parseArguments(declared, words), {
    stdout: { write: (text) => written.push(text) },
    stderr: { write: () => true },
    signal: new AbortController().signal,
    env: {},
    version: "0.0.0",
  });
  return written.join("");
}

const json = async (command: unknown, ...words: string[]): Promise<Record<string, unknown>> =>
  JSON.parse(await call(command, ...words, "--json")) as Record<string, unknown>;

describe("longlora perplexity", () => {
  it("judges a model with and without its adapter, at several contexts", async () => {
    const words = ["--model", at("base"), "--adapter", at("run"), "--text", at("text.txt"), "--context", "16", "128"];
    const result = await json(perplexityCommand, ...words, "--base", "--out", at("run"));
    expect(result).toMatchObject({ context: 128, documents: 1, protocol: "strided" });
    const contexts = result["contexts"] as { perplexity: number; tokens: number }[];
    expect(contexts.map(({ tokens }) => tokens)).toEqual([301, 301]);
    expect(result["perplexity"]).toBe(contexts[1]?.perplexity);
    const alone = await json(
      perplexityCommand,
      "--model",
      at("base"),
      "--text",
      at("text.txt"),
      "--context",
      "16",
      "128",
    );
    expect(alone["contexts"]).toEqual(result["base"]);
    expect(alone["perplexity"]).not.toBe(result["perplexity"]);
    expect(JSON.parse(await readFile(at("run/evaluation/perplexity-strided.json"), "utf8"))).toEqual(result);
    const text = await call(perplexityCommand, ...words, "--by-position");
    expect(text).toContain(contexts[1]?.perplexity.toFixed(4));
    expect(text).toContain("By the number of tokens before, context 128:");
  });

  it("scales positions without training when asked to, for the comparison", async () => {
    const judge = ["--model", at("base"), "--text", at("text.txt"), "--context", "64"];
    const [kept, scaled] = [
      await json(perplexityCommand, ...judge),
      await json(perplexityCommand, ...judge, "--rope", "linear"),
    ];
    expect(scaled["rope"]).toBe("linear");
    expect(scaled["perplexity"]).not.toBe(kept["perplexity"]);
    await expect(call(perplexityCommand, ...judge, "--rope", "yarn", "--adapter", at("run"))).rejects.toThrow(
      UsageError,
    );
  });

  it("refuses an adapter for another base, an empty file and a text that is too short", async () => {
    const judge = (...words: string[]) => call(perplexityCommand, "--context", "16", ...words);
    await expect(judge("--model", at("other"), "--adapter", at("run"), "--text", at("text.txt"))).rejects.toThrow(
      AnotherBaseError,
    );
    const [own, foreign] = [at("run/adapter"), at("foreign")];
    await cp(own, foreign, { recursive: true });
    const config = JSON.parse(await readFile(join(own, "config.json"), "utf8")) as object;
    await writeFile(join(foreign, "config.json"), JSON.stringify({ ...config, num_hidden_layers: 3 }));
    await expect(judge("--model", at("base"), "--adapter", foreign, "--text", at("text.txt"))).rejects.toThrow(
      /config.json is of another model than the base: they differ in "model.layers.2/,
    );
    await expect(judge("--model", at("base"), "--text", at("empty.txt"))).rejects.toThrow(/the file is empty/);
    const long = ["--model", at("base"), "--text", at("text.txt"), "--protocol", "longlora", "--context", "4096"];
    await expect(call(perplexityCommand, ...long)).rejects.toThrow(/302 tokens, too few for one window/);
  });
});

describe("longlora merge", () => {
  it("writes a model that is judged as base and adapter are", async () => {
    const report = await json(mergeCommand, "--model", at("base"), "--adapter", at("run"), "--out", at("merged"));
    expect(report).toMatchObject({ dtype: "float32", contextLength: 128, ropeScaling: { factor: 4 } });
    const judge = ["--text", at("text.txt"), "--context", "64"];
    const apart = await json(perplexityCommand, "--model", at("base"), "--adapter", at("run"), ...judge);
    const merged = await json(perplexityCommand, "--model", at("merged"), ...judge);
    expect(merged["perplexity"]).toBeCloseTo(apart["perplexity"] as number, 4);
    const again = call(mergeCommand, "--model", at("base"), "--adapter", at("run"), "--out", at("merged"));
    await expect(again).rejects.toThrow(/holds files already/);
  });

  it("tells people what the config of the merged model means", async () => {
    const text = await call(
      mergeCommand,
      "--model",
      at("base"),
      "--adapter",
      at("run"),
      "--out",
      at("half"),
      "--dtype",
      "float16",
    );
    expect(text).toMatch(
      /rope_scaling .*"factor":4.* and max_position_embeddings 32: positions are scaled for up to 128 tokens/,
    );
    expect(text).toMatch(/Read again: logits differ .* by at most [\d.]+/);
  });
});

describe("longlora compare, passkey and report", () => {
  it("keep their results where the report finds them", async () => {
    const both = ["--model", at("base"), "--adapter", at("run"), "--out", at("kept")];
    const compared = await json(
      compareCommand,
      ...both,
      "--text",
      at("text.txt"),
      "--prompt",
      "abc",
      "--max-tokens",
      "4",
    );
    expect(compared["contexts"]).toMatchObject([{ context: 16 }, { context: 32 }]);
    expect(compared["sideBySide"]).toMatchObject([{ prompt: "abc" }]);
    const grid = await json(
      passkeyCommand,
      ...both,
      "--length",
      "420",
      "--depth",
      "0",
      "1",
      "--tests",
      "1",
      "--distractors",
      "1",
    );
    expect(grid["cells"]).toMatchObject([{ length: 420, depth: 0, tests: 1 }, { depth: 1 }]);
    await call(perplexityCommand, ...both, "--text", at("text.txt"), "--context", "32");
    expect((await readdir(at("kept/evaluation"))).toSorted()).toEqual([
      "comparison.json",
      "passkey-ranked.svg",
      "passkey-said.svg",
      "passkey.json",
      "perplexity-strided.json",
    ]);
    await call(reportCommand, at("kept"), "--out", at("report.html"));
    const html = await readFile(at("report.html"), "utf8");
    for (const title of ["Perplexity, strided", "Short contexts", "Pass keys"])
      expect(html).toContain(`<h2>${title}</h2>`);
  });
});
