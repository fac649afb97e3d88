import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandArguments } from "@offprint/experiment";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "../testing/run-command.ts";
import { toxicityCommand } from "./toxicity.ts";

let folder = "";
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "offprint-toxicity-command-"));
  const rows = Array.from({ length: 80 }, (_, i) => `${i % 2 ? "the wolf" : "the lamb"} of day ${i},${i % 2}`);
  await writeFile(at("rows.csv"), `comment,score\n${rows.join("\n")}\n`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (settings: Parameters<typeof commandArguments<(typeof toxicityCommand)["config"]>>[1]) =>
  runCommand(toxicityCommand, ...commandArguments(toxicityCommand, settings));

describe("offprint moral toxicity", () => {
  it("trains on a table, tells how well, and rates with the result and its known error", async () => {
    const settings = { textField: ["comment"], scoreField: ["score"], bits: 12, scores: "toy votes", out: at("model") };
    const trained = await run({ action: "train", data: [at("rows.csv")], ...settings });
    expect(trained.stdout).toMatch(/^held-out texts +count +AUC/);
    expect(trained.stdout).toContain("80 texts with a score, 0 without.");
    expect(trained.stderr).toContain("Toxicity of 80 texts");

    const text = ["the wolf", "the lamb"];
    const rated = await run({ action: "rate", toxicity: at("model"), text });
    expect(rated.stderr).toContain("Checked against toy votes, cross-validated on 80 texts: AUC 1.000");
    const json = await run({ action: "rate", toxicity: at("model"), text, json: true });
    const { results } = JSON.parse(json.stdout) as { results: { toxicity: number }[] };
    expect(results[0]!.toxicity).toBeGreaterThan(0.7);
    expect(results[1]!.toxicity).toBeLessThan(0.3);
  });

  it("says what an action needs", async () => {
    await expect(run({ action: "train" })).rejects.toThrow("train needs --data FILE and --out DIR");
    await expect(run({ action: "rate" })).rejects.toThrow("rate needs --toxicity");
    const uneven = { action: "train" as const, data: [at("rows.csv")], out: at("x"), textField: ["comment"] };
    await expect(run(uneven)).rejects.toThrow("1 text fields and 2 score fields came");
  });
});
