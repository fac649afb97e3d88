import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArguments, UsageError, type Command } from "@offprint/experiment";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ArtefactError } from "../errors.ts";
import { UnknownLabelError } from "../data/errors.ts";
import { splitNames } from "../data/dataset.ts";
import { plantedFamilies } from "../inference/testing.ts";
import { evaluateCommand } from "./evaluate.ts";
import { infoCommand } from "./info.ts";
import { neighboursCommand } from "./neighbours.ts";
import { predictCommand } from "./predict.ts";
import { rulesCommand } from "./rules.ts";
import { trainCommand } from "./train.ts";

let folder: string;
let data: string;
let model: string;

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

const json = async (command: unknown, ...words: string[]): Promise<Record<string, never>> =>
  JSON.parse(await call(command, ...words, "--json")) as Record<string, never>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "offprint-commands-"));
  [data, model] = [folder, join(folder, "model")];
  const { entities, relations, splits } = plantedFamilies();
  for (const split of splitNames) {
    const { length, heads, relations: rows, tails } = splits[split];
    if (length === 0) continue;
    const lines = Array.from({ length }, (_, i) =>
      [entities.label(heads[i]!), relations.label(rows[i]!), entities.label(tails[i]!)].join("\t"),
    );
    await writeFile(join(data, `${split}.tsv`), `${lines.join("\n")}\n`);
  }
  const settings = ["--model", "rotate", "--dimension", "16", "--epochs", "40", "--learning-rate", "0.05"];
  await call(trainCommand, "--dataset", data, "--out", model, "--batch-size", "64", ...settings);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("kge evaluate", () => {
  it("gives one JSON document with the metrics by their usual names", async () => {
    const report = await json(evaluateCommand, model, "--split", "test");
    expect(report).toMatchObject({ model: "rotate", split: "test", triples: 51, queries: 102, entities: 96 });
    expect(report["mrr"]).toBeGreaterThan(0.5);
    expect(Object.keys(report["hits"]!)).toEqual(["1", "3", "10"]);
    expect(report["mr"]).toBeGreaterThanOrEqual(1);
    expect(report["perCategory"]).toBeDefined();
  });

  it("says the same in a table", async () => {
    const { mrr } = await json(evaluateCommand, model);
    const text = await call(evaluateCommand, model);
    expect(text).toContain("RotatE on test of");
    expect(text).toMatch(new RegExp(`^MRR +${Number(mrr).toFixed(4)}`, "m"));
    expect(text).toContain("childOf");
  });

  it("refuses a folder that no run wrote", async () => {
    await expect(call(evaluateCommand, join(folder, "nothing"))).rejects.toThrow(/is not a run folder/);
    await writeFile(join(folder, "config.json"), JSON.stringify({ schema: "other", schemaVersion: 1, config: {} }));
    await expect(call(evaluateCommand, folder)).rejects.toThrow(ArtefactError);
  });
});

describe("kge predict", () => {
  it("ranks tails and heads", async () => {
    const tails = await json(predictCommand, model, "--head", "emil0", "--relation", "childOf", "--top", "3");
    expect(tails["answers"]).toHaveLength(3);
    const heads = await json(predictCommand, model, "--tail", "carl1", "--relation", "marriedTo", "--include-known");
    expect(heads["answers"]).toMatchObject({ 0: { entity: "dora1", known: true } });
  });

  it("shows question, answers and what the numbers mean", async () => {
    const text = await call(predictCommand, model, "--head", "emil0", "--relation", "childOf", "--include-known");
    expect(text).toContain("emil0 — childOf → ?");
    expect(text).toMatch(/^ *1 +carl0|^ *1 +dora0/m);
    expect(text).toContain("96 entities ranked.");
    expect(text).toContain("RotatE places entities at points");
  });

  it("wants one end, and answers unknown labels with near ones", async () => {
    await expect(call(predictCommand, model, "--relation", "childOf")).rejects.toThrow(UsageError);
    const both = ["--head", "emil0", "--tail", "carl0", "--relation", "childOf"];
    await expect(call(predictCommand, model, ...both)).rejects.toThrow(/both came/);
    await expect(call(predictCommand, model, "--head", "emill0", "--relation", "childOf")).rejects.toThrow(
      UnknownLabelError,
    );
    await expect(call(predictCommand, model, "--head", "emill0", "--relation", "childOf")).rejects.toThrow(/emil0/);
  });
});

describe("kge neighbours", () => {
  it("lists near entities with their distance", async () => {
    const found = await json(neighboursCommand, model, "--entity", "emil0", "--top", "4");
    expect(found["neighbours"]).toHaveLength(4);
    expect(await call(neighboursCommand, model, "--entity", "emil0")).toContain("distance: squared Euclidean distance");
  });
});

describe("kge rules", () => {
  it("shows directions and conclusions", async () => {
    const rules = await json(rulesCommand, model);
    expect(rules["relations"]).toHaveLength(5);
    const text = await call(rulesCommand, model);
    expect(text).toMatch(/^marriedTo .* symmetric /m);
    expect(text).toMatch(/^parentOf backwards ⇒ childOf +learned/m);
  });
});

describe("kge info", () => {
  it("describes a folder of triples", async () => {
    const info = await json(infoCommand, data);
    expect(info["statistics"]).toMatchObject({ entities: 96, relations: 5, test: 51 });
    expect(info["split"]).toHaveProperty("inverseRelations");
    const text = await call(infoCommand, data);
    expect(text).toContain("96 entities, 5 relations");
    expect(text).toMatch(/^marriedTo +\d+/m);
    expect(text).toMatch(/parentOf and childOf are inverse|childOf and parentOf are inverse/);
  });
});
