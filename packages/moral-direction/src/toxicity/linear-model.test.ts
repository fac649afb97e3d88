import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { hasSharedMoral, sharedJson, sharedMoral } from "../testing/shared-data.ts";
import { readLinearModel } from "./linear-model.ts";

it.skipIf(!hasSharedMoral)("rates as the model's makers do, to 5e-5", async () => {
  const golden = sharedJson("profanity_linear_golden.json") as { text: string; probability: number }[];
  const measure = await readLinearModel(`${sharedMoral}profanity_linear.json.gz`);
  const rates = await measure.rate(golden.map(({ text }) => text));
  const largest = Math.max(...golden.map(({ probability }, i) => Math.abs(probability - rates[i]!)));
  expect(largest).toBeLessThan(5e-5);
});

it("refuses a file that is no such model, with its name", async () => {
  const folder = await mkdtemp(join(tmpdir(), "offprint-linear-"));
  await writeFile(join(folder, "x.json"), "{}");
  await expect(readLinearModel(join(folder, "x.json"))).rejects.toThrow("x.json: the file is no linear model");
  await expect(readLinearModel(join(folder, "none.json"))).rejects.toMatchObject({ code: "TOXICITY_MODEL" });
  await rm(folder, { recursive: true });
});
