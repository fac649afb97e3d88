import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { artefactFiles, loadTrained } from "../artefact.ts";

const offprint = fileURLToPath(new URL("../../../../apps/offprint/bin/offprint.mjs", import.meta.url));

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "offprint-kge-"));
  // A family of 40 in two towns: enough structure to learn, small enough for seconds.
  const rows: string[] = [];
  for (let i = 0; i < 40; i++) {
    rows.push(
      `p${i}\tlives in\ttown ${i % 2}`,
      `p${i}\tneighbour of\tp${(i + 2) % 40}`,
      `p${(i + 2) % 40}\tneighbour of\tp${i}`,
    );
    if (i >= 10) rows.push(`p${i % 10}\tparent of\tp${i}`);
  }
  await writeFile(join(folder, "family.tsv"), `${rows.join("\n")}\n`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const settings = ["--dimension", "16", "--batch-size", "32", "--epochs", "150", "--evaluate-every", "50", "--json"];

/** Runs the real command; `stop` may act on the process while it runs. */
function command(
  args: readonly string[],
  stop?: (kill: (signal: NodeJS.Signals) => void) => Promise<void>,
): Promise<Ended> {
  const child = spawn(process.execPath, [offprint, "kge", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data: Buffer) => (stdout += data.toString()));
  child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
  const ended = new Promise<Ended>((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
  void stop?.((signal) => child.kill(signal));
  return ended;
}

const train = (out: string, extra: readonly string[] = [], stop?: Parameters<typeof command>[1]): Promise<Ended> =>
  command(["train", "--dataset", join(folder, "family.tsv"), ...settings, "--out", join(folder, out), ...extra], stop);

const bytesOf = (out: string): Promise<Buffer> => readFile(join(folder, out, artefactFiles.model));
const eventsOf = async (out: string): Promise<Record<string, unknown>[]> =>
  (await readFile(join(folder, out, "metrics.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** Waits until the run has written a checkpoint. */
async function checkpointIn(out: string): Promise<void> {
  const file = join(folder, out, "metrics.jsonl");
  for (let i = 0; i < 600; i++) {
    const text = await readFile(file, "utf8").catch(() => "");
    if (text.includes('"evaluation"')) return delay(30);
    await delay(20);
  }
}

describe("offprint kge train", () => {
  it("leaves a folder that explains itself and loads without the data", async () => {
    const { code, stdout, stderr } = await train("straight");
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const events = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string; loss?: number });
    expect(events[0]?.type).toBe("started");
    expect(events.at(-1)).toMatchObject({ type: "finished", outcome: "completed" });
    const losses = events.flatMap(({ loss }) => (loss === undefined ? [] : [loss]));
    expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) / 5);
    await rm(join(folder, "moved"), { recursive: true, force: true });
    const trained = await loadTrained(join(folder, "straight"));
    expect(trained.entities.size).toBe(42);
    expect(trained.config).toMatchObject({ model: "nfe-1", dimension: 16, loss: "one-vs-all-softplus" });
    const record = JSON.parse(await readFile(join(folder, "straight", "record.json"), "utf8")) as Record<
      string,
      unknown
    >;
    expect(record).toMatchObject({ outcome: "completed", seed: 0, resumed: 0 });
  });

  it("ends with the same bytes after kill -9 and --resume as without", async () => {
    const killed = await train("killed", [], async (kill) => {
      await checkpointIn("killed");
      kill("SIGKILL");
    });
    expect(killed.code).toBeNull();
    const resumed = await command(["train", "--out", join(folder, "killed"), "--resume", "--json"]);
    expect(resumed.stderr).toBe("");
    expect(resumed.code).toBe(0);
    expect(Buffer.compare(await bytesOf("killed"), await bytesOf("straight"))).toBe(0);
    const told = (events: Record<string, unknown>[]) =>
      events
        .filter(({ type }) => type === "step" || type === "evaluation")
        .map(({ step, loss, metrics }) => ({ step, loss, metrics }));
    expect(told(await eventsOf("killed"))).toEqual(told(await eventsOf("straight")));
  });

  it("stops in order at SIGINT, keeps its checkpoint, and goes on from it", async () => {
    const stopped = await train("stopped", [], async (kill) => {
      await checkpointIn("stopped");
      kill("SIGINT");
    });
    expect(stopped.code).toBe(130);
    expect(stopped.stdout.trim().split("\n").at(-1)).toMatch(/"finished".*"cancelled"/);
    const again = await train("stopped");
    expect(again.code).toBe(2);
    expect(again.stderr).toMatch(/holds a run already.*--resume/);
    const changed = await command(["train", "--out", join(folder, "stopped"), "--resume", "--dimension", "8"]);
    expect(changed.code).toBe(2);
    expect(changed.stderr).toMatch(/dimension is 16, not 8/);
    expect((await command(["train", "--out", join(folder, "stopped"), "--resume", "--json"])).code).toBe(0);
    expect(Buffer.compare(await bytesOf("stopped"), await bytesOf("straight"))).toBe(0);
  });

  it.each([
    ["an empty file", "", /no triples|empty/i],
    ["one triple", "a\tr\tb\n", /1 triple|at least|too few/i],
    ["duplicates and a relation of one triple", "a\tr\tb\na\tr\tb\nb\tonce\ta\nc\tr\ta\n", undefined],
    [
      "labels with spaces, Unicode, leading zeros and CRLF",
      "New York\tist größer als\t007\r\n007\tist größer als\t東京\r\nx\tr\t007\r\ny\tr\t東京\r\n",
      undefined,
    ],
    ["a line of two fields", "a\tr\tb\na\tr\n", /odd\.tsv:2.*--skip-bad-lines/],
  ])("meets %s with a model or a sentence", async (_what, text, problem) => {
    await writeFile(join(folder, "odd.tsv"), text);
    await rm(join(folder, "odd"), { recursive: true, force: true });
    const { code, stderr } = await command([
      "train",
      "--dataset",
      join(folder, "odd.tsv"),
      "--dimension",
      "4",
      "--epochs",
      "2",
      "--out",
      join(folder, "odd"),
      "--json",
    ]);
    if (problem) expect(stderr).toMatch(problem);
    expect(code).toBe(problem ? 2 : 0);
    expect(stderr).not.toMatch(/internal|\n {4}at /);
  });

  it.each([
    ["--dimension", "0", /--dimension: wanted/],
    ["--learning-rate", "NaN", /--learning-rate: wanted/],
    ["--model", "nfe1", /did you mean nfe-1/],
    ["--epocs", "3", /did you mean --epochs/],
    ["--dataset", "wordnt", /wordnet/],
  ])("refuses %s %s in one sentence", async (flag, value, message) => {
    const { code, stderr } = await command(["train", "--out", join(folder, "refused"), flag, value]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split("\n").length).toBeLessThan(4);
  });

  it("names a damaged file of a trained folder", async () => {
    const file = join(folder, "straight", artefactFiles.model);
    const whole = await readFile(file);
    await writeFile(file, whole.subarray(0, whole.length - 100));
    await expect(loadTrained(join(folder, "straight"))).rejects.toThrow(/model\.safetensors/);
    await writeFile(file, whole);
    await writeFile(join(folder, "straight", artefactFiles.vocabulary), "{");
    await expect(loadTrained(join(folder, "straight"))).rejects.toThrow(/vocabulary\.json is damaged/);
  });
});
