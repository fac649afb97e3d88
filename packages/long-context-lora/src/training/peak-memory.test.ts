import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { loadLanguageModel } from "@offprint/language-model";
import { defaultEngine } from "@offprint/tensor";
import { expect, it, onTestFinished } from "vitest";
import { toyText, writeToyFolder } from "../testing/toy-folder.ts";
import { fineTuneConfig } from "./config.ts";
import { readFineTuneData } from "./fine-tune-data.ts";
import { fineTune } from "./fine-tune.ts";

const offprint = fileURLToPath(new URL("../../../../apps/offprint/bin/offprint.mjs", import.meta.url));

it("takes less memory at its peak when layers are recomputed than when their values are kept", async () => {
  const folder = await mkdtemp(join(tmpdir(), "offprint-peak-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [model, text] = [join(folder, "model"), join(folder, "text.txt")];
  await writeToyFolder(model, {
    num_hidden_layers: 8,
    hidden_size: 128,
    intermediate_size: 512,
    max_position_embeddings: 512,
  });
  await writeFile(text, toyText(6000));
  /** Bytes that a process of its own needed, as its record says. */
  const peakOf = async (out: string, ...choice: string[]): Promise<number> => {
    const given = { "--model": model, "--text": text, "--context": "512", "--attention": "full", "--out": out };
    const size = { "--steps": "1", "--batch-size": "8", "--accumulate": "1", "--evaluate-rows": "1", "--threads": "1" };
    const flags = Object.entries({ ...given, ...size }).flat();
    await promisify(execFile)(process.execPath, [offprint, "longlora", "finetune", ...flags, ...choice]);
    const record = JSON.parse(await readFile(join(out, "record.json"), "utf8")) as { peakMemoryBytes: number };
    return record.peakMemoryBytes;
  };
  const recomputed = await peakOf(join(folder, "recomputed"));
  const kept = await peakOf(join(folder, "kept"), "--no-recompute");
  // What seven layers keep: beside all else three values of 512 numbers a token, 8 · 512 tokens · 4 bytes: 24 MiB a layer.
  expect(kept - recomputed).toBeGreaterThan(64 * 2 ** 20);
}, 120_000);

it("keeps no copy of the weights beside the engine's own", async () => {
  const folder = await mkdtemp(join(tmpdir(), "offprint-copy-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [model, text] = [join(folder, "model"), join(folder, "text.txt")];
  await writeToyFolder(model);
  await writeFile(text, toyText(600));
  const settings = fineTuneConfig.parse({ model, text: [text], context: 32, steps: 2, accumulate: 1, warmup: 0 });
  const read = await loadLanguageModel(model);
  const kept: WeakRef<object>[] = [];
  const language = {
    ...read,
    async readWeights(names?: readonly string[]) {
      const weights = await read.readWeights(names);
      kept.push(...Object.values(weights).map(({ data }) => new WeakRef(data.buffer)));
      return weights;
    },
  };
  const data = await readFineTuneData(language, settings);
  const engine = await defaultEngine();
  const where = { engine, out: join(folder, "run"), resume: false, command: "test", versions: {} };
  const alive: number[] = [];
  for await (const event of fineTune(language, data, settings, where)) {
    if (event.type !== "step") continue;
    await new Promise(setImmediate); // what was looked at in a turn lives until its end
    collectGarbage();
    alive.push(kept.filter((weight) => weight.deref() !== undefined).length);
  }
  expect(kept.length).toBeGreaterThan(10);
  expect(alive).toEqual([0, 0]);
});

/** Takes away at once what nothing refers to. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}
