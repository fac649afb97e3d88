import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { kgeConfig } from "./config.ts";

const folder = new URL("../experiments/", import.meta.url);
const number = z.strictObject({
  metric: z.literal("mrr"),
  value: z.number().min(0).max(1),
  official: z.number().optional(),
  source: z.string().min(1),
});
const experiment = z.strictObject({
  dataset: z.string(),
  config: kgeConfig.partial(),
  source: z.string().min(1),
  seeds: z.array(z.int()).optional(),
  reach: number.optional(),
  compareWith: number.optional(),
  open: z.array(z.string()),
});

describe("published settings", () => {
  it.each(readdirSync(folder))("%s is a complete config with its source, named after model and graph", (file) => {
    const { config, dataset } = experiment.parse(JSON.parse(readFileSync(new URL(file, folder), "utf8")));
    expect(kgeConfig.parse(config)).toMatchObject(config);
    expect(file).toBe(`${config.model}-${dataset}.json`);
  });
});
