import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { finetuneCommand } from "./finetune.ts";
import { toyText, writeToyFolder } from "../testing/toy-folder.ts";

const offprint = fileURLToPath(new URL("../../../../apps/offprint/bin/offprint.mjs", import.meta.url));

let folder = "";
const at = (...names: string[]): string => join(folder, ...names);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "offprint-finetune-"));
  await writeToyFolder(at("model"));
  await writeFile(at("text.txt"), toyText(4000));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the real command; `stop` may act on the process while it runs. */
function command(
  args: readonly string[],
  stop?: (kill: (signal: NodeJS.Signals) => void) => Promise<void>,
): Promise<Ended> {
  const child = spawn(process.execPath, [offprint, "longlora", "finetune", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data: Buffer) => (stdout += data.toString()));
  child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
  const ended = new Promise<Ended>((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
  void stop?.((signal) => child.kill(signal));
  return ended;
}

const given = (out: string): string[] => [
  "--model",
  at("model"),
  "--text",
  at("text.txt"),
  "--context",
  "128",
  "--out",
  at(out),
];
const settings =
  "--group 48 --batch-size 2 --accumulate 2 --steps 30 --learning-rate 0.01 --warmup 5 --schedule cosine --dropout 0.1 --evaluate-every 15 --checkpoint-every 4 --json".split(
    " ",
  );

const bytesOf = (out: string): Promise<Buffer> => readFile(at(out, "adapter", "adapter_model.safetensors"));
const eventsOf = async (out: string): Promise<Record<string, unknown>[]> =>
  (await readFile(at(out, "metrics.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** Waits until the run has told of a step. */
async function step(out: string, number: number): Promise<void> {
  for (let i = 0; i < 3000; i++) {
    const text = await readFile(at(out, "metrics.jsonl"), "utf8").catch(() => "");
    if (text.includes(`"step":${number},`)) return;
    await delay(10);
  }
}

describe("offprint longlora finetune", () => {
  it("learns, judges with both attentions, and leaves an adapter with the longer context", async () => {
    const { code, stdout, stderr } = await command([...given("straight"), ...settings]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const events = stdout
      .trim()
      .split("\n")
      .map(
        (line) => JSON.parse(line) as { type: string; step?: number; metrics?: Record<string, number>; text?: string },
      );
    const judged = events.filter(({ type }) => type === "evaluation");
    expect(judged.map(({ step }) => step)).toEqual([0, 15, 30]);
    const losses = judged.map(({ metrics }) => metrics?.["full-attention loss"] ?? NaN);
    expect(losses.at(-1)).toBeLessThan(losses[0]! - 0.5);
    expect(judged[0]?.metrics?.["training-attention loss"]).not.toBe(losses[0]);
    const told = events.flatMap(({ text }) => (text === undefined ? [] : [text])).join("\n");
    expect(told).toMatch(/linear positions by factor 4/);
    expect(told).toMatch(/lora\+ trains 2,336 numbers .*in the embedding, which is the output matrix too/);
    expect(told).toMatch(/causal: late tokens were changed/);
    const config = JSON.parse(await readFile(at("straight", "adapter", "config.json"), "utf8")) as object;
    expect(config).toMatchObject({ rope_scaling: { rope_type: "linear", factor: 4 } });
    expect((await readdir(at("straight"))).toSorted()).toEqual([
      "adapter",
      "config.json",
      "metrics.jsonl",
      "plan.json",
      "record.json",
    ]);
  });

  it("ends with the same bytes after kill -9 at some step and --resume as without", async () => {
    const killed = await command([...given("killed"), ...settings], async (kill) => {
      await step("killed", 5 + (Date.now() % 20));
      kill("SIGKILL");
    });
    expect(killed.code).toBeNull();
    const resumed = await command(["--out", at("killed"), "--resume", "--json"]);
    expect(resumed.stderr).toBe("");
    expect(resumed.code).toBe(0);
    expect(Buffer.compare(await bytesOf("killed"), await bytesOf("straight"))).toBe(0);
    const told = (events: Record<string, unknown>[]) =>
      events
        .filter(({ type }) => type === "step" || type === "evaluation")
        .map(({ step, loss, metrics }) => ({ step, loss, metrics }));
    expect(told(await eventsOf("killed"))).toEqual(told(await eventsOf("straight")));
  });

  it("stops in order at SIGINT, and goes on only with the same settings and data", async () => {
    const stopped = await command([...given("stopped"), ...settings], async (kill) => {
      await step("stopped", 7);
      kill("SIGINT");
    });
    expect(stopped.code).toBe(130);
    const again = await command([...given("stopped"), ...settings]);
    expect(again.code).toBe(2);
    expect(again.stderr).toMatch(/holds a run already.*--resume/);
    const changed = await command(["--out", at("stopped"), "--resume", "--rank", "4"]);
    expect(changed.code).toBe(2);
    expect(changed.stderr).toMatch(/rank is 8, not 4/);
    await writeFile(at("text.txt"), toyText(4000).replace("a", "b"));
    const other = await command(["--out", at("stopped"), "--resume"]);
    await writeFile(at("text.txt"), toyText(4000));
    expect(other.code).toBe(2);
    expect(other.stderr).toMatch(/the data changed/);
  });

  it("learns questions of many lengths, and plans for the longest that its programs are kept for", async () => {
    const records = [3, 30, 44, 60, 75, 90, 110].map((length) => ({ instruction: "a", output: toyText(length) }));
    await writeFile(at("questions.jsonl"), records.map((record) => JSON.stringify(record)).join("\n"));
    const data = ["--sft", at("questions.jsonl"), "--evaluate-sft", at("questions.jsonl")];
    const size = "--context 128 --steps 3 --accumulate 2 --warmup 0 --json".split(" ");
    const { code, stdout, stderr } = await command(["--model", at("model"), "--out", at("answers"), ...data, ...size]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const plan = JSON.parse(await readFile(at("answers", "plan.json"), "utf8")) as { lengths: number[] };
    expect(plan.lengths).toHaveLength(4);
    expect(plan.lengths.map((length) => length % 16)).toEqual([0, 0, 0, 0]);
    expect(plan.lengths).toEqual(plan.lengths.toSorted((a, b) => b - a));
    expect(stdout).toContain(`with 4 programs for rows of ${plan.lengths.join(", ")} tokens; an update is at most`);
  });

  it("writes the whole model where every weight is trained", async () => {
    const { code, stderr } = await command([
      ...given("whole"),
      "--method",
      "full",
      "--attention",
      "short",
      "--steps",
      "2",
      "--json",
    ]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(await readdir(at("whole", "model"))).toEqual(
      expect.arrayContaining(["config.json", "model.safetensors", "tokenizer.json"]),
    );
  });

  it.each([
    [{ group: 256 }, /group of 256 tokens is larger than the context of 128/],
    [{ attention: "paper-wrap" }, /paper-wrap is not causal: position 0 sees token 127.*--allow-leak/],
    [{ targets: ["w_proj"] }, /"w_proj"; there are q_proj/],
    [{ context: 1_000_000, batchSize: 4096 }, /would need about .* of memory, and there are/],
    [{ schedule: "linear", warmup: 1000 }, /warm-up of 1000 updates/],
    [{ sft: ["x.jsonl"] }, /both came/],
    [{ text: [] }, /neither came/],
    [{ rope: "keep", model: undefined }, /model is missing/],
  ] as const)("refuses %j in a sentence, before it writes anything", async (flags, sentence) => {
    const settings = { model: at("model"), text: [at("text.txt")], context: 128, out: at("refused"), ...flags };
    const output = { write: () => true };
    const signal = new AbortController().signal;
    const run = finetuneCommand.run(finetuneCommand.config.parse(settings), {
      stdout: output,
      stderr: output,
      signal,
      env: {},
      version: "0",
    });
    await expect(run).rejects.toThrow(sentence);
    await expect(run).rejects.toMatchObject({ exitCode: 2 });
    await expect(readdir(at("refused"))).rejects.toThrow(/ENOENT/);
  });
});
