import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GenerationLog, type GenerationLine } from "./generation-log.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "offprint-log-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const line = (prompt: number, generation: number, arm = "unguided"): GenerationLine => {
  return {
    prompt,
    seed: 0,
    arm,
    generation,
    text: "t",
    reason: "length",
    toxicity: 0,
    loss: 1,
    judged: 1,
    tokens: 1,
    seconds: 1,
  };
};
/** Two prompts a batch, two continuations each. */
const batch = (number: number, arm?: string) =>
  [0, 1].flatMap((prompt) => [0, 1].map((generation) => line(2 * number + prompt, generation, arm)));
const open = (path: string) => GenerationLog.open(path, { batchSize: 2, expected: () => 4 });

describe("the log of generations", () => {
  it("knows after a kill exactly the batches that were whole, and goes on behind them", async () => {
    const path = join(folder, "killed.jsonl");
    {
      using log = await open(path);
      log.append(batch(0));
      log.append(batch(0, "guided"));
    }
    const whole = await readFile(path, "utf8");
    const torn = batch(1)
      .map((one) => JSON.stringify(one))
      .join("\n");
    for (const length of [1, 40, torn.length]) {
      await appendFile(path, torn.slice(0, length));
      using log = await open(path);
      expect(await readFile(path, "utf8")).toBe(whole);
      expect([log.has(0, "unguided", 0), log.has(0, "guided", 0), log.has(0, "unguided", 1)]).toEqual([
        true,
        true,
        false,
      ]);
      expect(log.lines).toHaveLength(8);
    }
    {
      using log = await open(path);
      log.append(batch(1));
      expect(log.has(0, "unguided", 1)).toBe(true);
    }
    expect((await open(path)).lines).toHaveLength(12);
  });

  it("is refused where a line within is damaged, with its number", async () => {
    const path = join(folder, "damaged.jsonl");
    await writeFile(path, `${JSON.stringify(line(0, 0))}\n{"prompt":\n${JSON.stringify(line(0, 1))}\n`);
    await expect(open(path)).rejects.toThrow("line 2 is damaged");
  });
});
