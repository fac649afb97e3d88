import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArguments, UsageError } from "@offprint/experiment";
import { loadLanguageModel } from "@offprint/language-model";
import { describe, expect, it, onTestFinished } from "vitest";
import { saveAdapter } from "../artefacts/adapter.ts";
import { fingerprintOf, weightSource } from "../artefacts/base-fingerprint.ts";
import { randomTensors } from "../artefacts/testing.ts";
import { adapterShapes, type LoraConfig } from "../lora.ts";
import { generateCommand } from "./generate.ts";

const model = fileURLToPath(new URL("../../../../../shared/data/models/stories260K", import.meta.url));

async function call(...words: string[]): Promise<{ text: string; told: string }> {
  const [written, told]: string[][] = [[], []];
  await generateCommand.run(parseArguments(generateCommand, ["--model", model, ...words]), {
    stdout: { write: (text) => written!.push(text) },
    stderr: { write: (text) => told!.push(text) },
    signal: new AbortController().signal,
    env: {},
    version: "0.0.0",
  });
  return { text: written!.join(""), told: told!.join("") };
}

async function testFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "offprint-generate-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe.skipIf(!existsSync(model))("longlora generate on stories260K (skipped where shared/data is absent)", () => {
  it("writes the golden story", async () => {
    const { greedy_text: story } = JSON.parse(readFileSync(join(model, "golden.json"), "utf8")) as {
      greedy_text: string;
    };
    const { text, told } = await call("--prompt", "Once upon a time", "--max-tokens", "20");
    expect(story).toContain(`Once upon a time${text.trimEnd()}`);
    expect(told).toMatch(/^5 tokens read, 20 written \([\d.,]+ a second\); ended at the number of tokens/);
  });

  it("gives one JSON document, ends at a stop text, and draws the same for the same seed", async () => {
    const drawn = ["--prompt", "Lily", "--temperature", "1", "--seed", "3", "--max-tokens", "30", "--json"];
    const first = JSON.parse((await call(...drawn)).text) as { text: string; reason: string; tokens: number };
    expect(first).toMatchObject({ prompt: "Lily", tokens: 30, reason: "length" });
    const stop = first.text.slice(8, 12);
    const stopped = JSON.parse((await call(...drawn, "--stop", stop)).text) as typeof first;
    expect(stopped.reason).toBe("stop");
    expect(stopped.text).toBe(first.text.slice(0, first.text.indexOf(stop)));
  });

  it("reads the prompt from a file, and refuses none, two, another encoding and a chat without template", async () => {
    const folder = await testFolder();
    const [good, bad] = [join(folder, "good.txt"), join(folder, "bad.txt")];
    await writeFile(good, "Once upon a time");
    await writeFile(bad, Buffer.from([0xff, 0xfe, 0x41]));
    const plain = await call("--prompt", "Once upon a time", "--max-tokens", "3");
    expect((await call("--prompt-file", good, "--max-tokens", "3")).text).toBe(plain.text);
    await expect(call()).rejects.toThrow(UsageError);
    await expect(call("--prompt", "a", "--prompt-file", good)).rejects.toThrow("either --prompt TEXT or --prompt-file");
    await expect(call("--prompt-file", bad)).rejects.toThrow("wanted UTF-8 text");
    await expect(call("--prompt", "a", "--chat")).rejects.toThrow("has no chat template; leave out --chat");
  });

  it("writes with an adapter, which changes the text", async () => {
    const base = await loadLanguageModel(model);
    const lora: LoraConfig = {
      rank: 2,
      alpha: 4,
      dropout: 0,
      targets: ["q_proj", "v_proj"],
      rankStabilised: false,
      dora: false,
    };
    const tensors = randomTensors(adapterShapes(base.model, lora), 1);
    const folder = join(await testFolder(), "adapter");
    const fingerprint = await fingerprintOf(weightSource(base));
    await saveAdapter(folder, { config: base.config, lora, tensors, base: { name: model, fingerprint } });
    const words = ["--prompt", "Once upon a time", "--max-tokens", "12"];
    expect((await call(...words, "--adapter", folder)).text).not.toBe((await call(...words)).text);
  });
});
