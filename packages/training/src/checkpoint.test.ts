import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  checkpointNames,
  loadCheckpoint,
  loadLatestCheckpoint,
  saveCheckpoint,
  type SaveCheckpointOptions,
} from "./checkpoint.ts";
import { tensorSources } from "./safetensors.ts";

let directory: string;
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), "checkpoint-"))));
afterEach(() => rm(directory, { recursive: true, force: true }));

/** A checkpoint whose every part tells its step. */
const contents = (step: number, size = 8): SaveCheckpointOptions => ({
  step,
  progress: (name) => ({ step, name }),
  tensors: tensorSources({
    "params.w": { dtype: "float32", shape: [size], data: new Float32Array(size).fill(step) },
    "optimizer.updates": { dtype: "int32", shape: [], data: Int32Array.of(step) },
  }),
});

/** The step of the newest sound checkpoint, after checking that all its parts tell the same. */
async function latestStep(at = directory): Promise<number | undefined> {
  const latest = await loadLatestCheckpoint(at);
  if (!latest) return undefined;
  const { step, progress, name } = latest.checkpoint;
  await using file = await latest.checkpoint.openState();
  expect(progress).toEqual({ step, name });
  expect(new Set((await file.read("params.w")).data as Float32Array)).toEqual(new Set([step]));
  expect((await file.read("optimizer.updates")).data).toEqual(Int32Array.of(step));
  return step;
}

async function sumsOf(path: string): Promise<string> {
  const lines = ["state.safetensors", "progress.json"].map(async (file) => {
    const bytes = await readFile(join(path, file));
    return `${createHash("sha256").update(bytes).digest("hex")}  ${file}\n`;
  });
  return (await Promise.all(lines)).join("");
}

/** Saves one checkpoint after another into a directory, with numbers from a step on. */
const writer = `
  import { saveCheckpoint } from ${JSON.stringify(fileURLToPath(new URL("checkpoint.ts", import.meta.url)))};
  const size = 200_000;
  console.log("ready");
  for (let step = Number(process.argv[2]) + 1; ; step++) {
    await saveCheckpoint(process.argv[1], {
      step,
      progress: (name) => ({ step, name }),
      tensors: [
        { name: "params.w", dtype: "F32", shape: [size], read: () => new Float32Array(size).fill(step) },
        { name: "optimizer.updates", dtype: "I32", shape: [], read: () => Int32Array.of(step) },
      ],
    });
  }`;

const call = (command: string, ...given: string[]): unknown => execFileSync(command, given, { stdio: "ignore" });

describe("checkpoints", () => {
  it("come back as they were saved", async () => {
    expect(await loadLatestCheckpoint(directory)).toBeUndefined();
    expect(await loadLatestCheckpoint(join(directory, "nowhere"))).toBeUndefined();
    const { name, path, bytes } = await saveCheckpoint(join(directory, "new", "folder"), contents(5));
    expect(name).toBe("checkpoint-00000001");
    const sizes = await Promise.all(
      (await readdir(path)).map(async (file) => (await readFile(join(path, file))).length),
    );
    expect(bytes).toBe(sizes.reduce((sum, size) => sum + size));
    expect(await latestStep(join(directory, "new", "folder"))).toBe(5);
  });

  it("carry checksums in the form of sha256sum", async () => {
    const { path } = await saveCheckpoint(directory, contents(1));
    expect(await readFile(join(path, "SHA256SUMS"), "utf8")).toBe(await sumsOf(path));
  });

  it("stay as many as asked for, and those that are protected", async () => {
    for (const step of [1, 2, 3])
      await saveCheckpoint(directory, { ...contents(step), protect: ["checkpoint-00000001"] });
    expect(await checkpointNames(directory)).toEqual([3, 2, 1].map((n) => `checkpoint-0000000${n}`));
    await saveCheckpoint(directory, contents(4));
    expect(await checkpointNames(directory)).toEqual(["checkpoint-00000004", "checkpoint-00000003"]);
    await saveCheckpoint(directory, { ...contents(5), keep: 1 });
    expect(await readdir(directory)).toEqual(["checkpoint-00000005"]);
  });

  it.each<[string, (path: string) => Promise<unknown>]>([
    ["cut off", (path) => truncate(join(path, "state.safetensors"), 100)],
    ["longer", (path) => appendFile(join(path, "state.safetensors"), "x")],
    [
      "altered in one bit",
      async (path) => {
        const bytes = await readFile(join(path, "state.safetensors"));
        bytes[bytes.length - 1]! ^= 1;
        await writeFile(join(path, "state.safetensors"), bytes);
      },
    ],
    ["without tensors", (path) => rm(join(path, "state.safetensors"))],
    ["without progress", (path) => rm(join(path, "progress.json"))],
    ["without checksums", (path) => rm(join(path, "SHA256SUMS"))],
    ["with other progress", (path) => writeFile(join(path, "progress.json"), "{}")],
    [
      "empty",
      async (path) => {
        await rm(path, { recursive: true });
        await mkdir(path);
      },
    ],
  ])("are passed over when %s, in favour of the one before", async (_, damage) => {
    await saveCheckpoint(directory, contents(1));
    const { name, path } = await saveCheckpoint(directory, contents(2));
    await damage(path);
    const latest = await loadLatestCheckpoint(directory);
    expect(latest?.checkpoint.step).toBe(1);
    expect(latest?.damaged).toMatchObject([{ code: "CHECKPOINT_DAMAGED", path }]);
    await expect(loadCheckpoint(directory, name)).rejects.toMatchObject({ code: "CHECKPOINT_DAMAGED", path });
    await rm(join(directory, "checkpoint-00000001", "SHA256SUMS"));
    await expect(loadLatestCheckpoint(directory)).rejects.toThrow(/all 2 checkpoints are damaged/);
  });

  it("of a later format are refused with both versions named", async () => {
    const { path, name } = await saveCheckpoint(directory, contents(1));
    const text = (await readFile(join(path, "progress.json"), "utf8")).replace('"version": 1', '"version": 2');
    await writeFile(join(path, "progress.json"), text);
    await writeFile(join(path, "SHA256SUMS"), await sumsOf(path));
    await expect(loadCheckpoint(directory, name)).rejects.toThrow(/version 2.*reads offprint-checkpoint version 1/);
  });

  it("survive kill -9 at any moment of writing", { timeout: 120_000 }, async () => {
    let last = 0;
    for (let round = 0; round < 8; round++) {
      const flags = ["--conditions=source", "--import", "tsx", "--input-type=module", "-e", writer];
      const child = spawn(process.execPath, [...flags, directory, String(last)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      await once(child.stdout, "data");
      await new Promise((resolve) => setTimeout(resolve, 40 + 23 * round)); // somewhere within a save of some ten milliseconds
      child.kill("SIGKILL");
      await once(child, "exit");
      const step = (await latestStep()) ?? 0;
      expect(step).toBeGreaterThanOrEqual(last);
      last = step;
    }
    expect(last).toBeGreaterThan(8);
    await saveCheckpoint(directory, contents(last + 1));
    expect((await readdir(directory)).every((entry) => entry.startsWith("checkpoint-"))).toBe(true);
  });

  it("report a full disk and leave the older ones in place", async ({ skip }) => {
    try {
      call("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", directory);
    } catch {
      skip("needs the right to mount a small file system");
    }
    try {
      await saveCheckpoint(directory, contents(1));
      await expect(saveCheckpoint(directory, contents(2, 100_000))).rejects.toMatchObject({
        code: "CHECKPOINT_WRITE",
        directory,
        cause: { code: "ENOSPC" },
      });
      expect(await readdir(directory)).toEqual(["checkpoint-00000001"]);
      expect(await latestStep()).toBe(1);
      await saveCheckpoint(directory, contents(3));
      expect(await latestStep()).toBe(3);
    } finally {
      call("umount", directory);
    }
  });
});
