import { spawn, type ChildProcess } from "node:child_process";
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { RunEvent } from "./events.ts";
import { createRunFolder, resumeRunFolder, type RunFolder } from "./run-folder.ts";
import { readRun } from "./stored-run.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "offprint-runs-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const facts = { command: "offprint kge train umls", versions: { offprint: "0.1.0" }, seed: 7, dataHash: "sha256:00" };
const stored = { schema: "kge-train", schemaVersion: 1, config: { model: "nfe-1" }, ...facts };
const time = "2026-11-23T10:00:00.000Z";
const step = (n: number): RunEvent => ({ type: "step", step: n, total: 10, time });

describe("a run folder", () => {
  it("holds config, events and record when the run is over", async () => {
    const path = join(folder, "deep", "run");
    const run = await createRunFolder(path, stored);
    await run.append({ type: "started", time, command: "c", total: 10, unit: "step", description: "d" });
    await run.append({ type: "finished", time, outcome: "completed", metrics: { mrr: 0.9 } });
    await run.close();

    expect((await readdir(path)).toSorted()).toEqual(["config.json", "metrics.jsonl", "record.json"]);
    const found = await readRun(path);
    expect(found).toMatchObject({ schema: "kge-train", schemaVersion: 1, config: { model: "nfe-1" } });
    expect(found.log.events.map(({ type }) => type)).toEqual(["started", "finished"]);
    expect(found.record).toMatchObject({ ...facts, outcome: "completed", resumed: 0 });
    expect(found.record!.peakMemoryBytes).toBeGreaterThan(10e6);
    expect(found.record!.machine.cores).toBeGreaterThan(0);
    expect(found.holder).toBeUndefined();
  });

  it("records a failure with its reason, and forgets it when the run goes on", async () => {
    const path = join(folder, "run");
    const run = await createRunFolder(path, stored);
    await run.append({ type: "finished", time, outcome: "failed", metrics: {}, error: "the loss is NaN" });
    await run.close();
    expect((await readRun(path)).record).toMatchObject({ outcome: "failed", error: "the loss is NaN" });
    await using again = await resumeRunFolder(path, facts);
    expect(again.record).toMatchObject({ outcome: "running", resumed: 1 });
    expect(again.record).not.toHaveProperty("error");
    expect(again.record).not.toHaveProperty("endedAt");
  });

  it("keeps record fields of a newer version when a run goes on", async () => {
    const path = join(folder, "run");
    await (await createRunFolder(path, stored)).close();
    const file = join(path, "record.json");
    const record = z.record(z.string(), z.unknown()).parse(JSON.parse(await readFile(file, "utf8")));
    await writeFile(file, JSON.stringify({ ...record, carbonGrams: 3 }));
    await using run = await resumeRunFolder(path, facts);
    expect(run.record).toHaveProperty("carbonGrams", 3);
  });

  it("goes on from a checkpoint: later events and a cut line are gone, others stay byte for byte", async () => {
    const path = join(folder, "run");
    const run = await createRunFolder(path, stored);
    await run.append(step(1));
    await run.close();
    const file = join(path, "metrics.jsonl");
    await appendFile(file, `{"type":"step","step":2,"total":10,"time":"${time}","newer":1}\n`);
    const wanted = await readFile(file, "utf8");
    await appendFile(file, `${JSON.stringify(step(3))}\n{"type":"st`);

    await using again = await resumeRunFolder(path, facts);
    await again.rewind(2);
    expect(await readFile(file, "utf8")).toBe(wanted);
    await again.append(step(3));
    expect((await readRun(path)).log.events.map((event) => "step" in event && event.step)).toEqual([1, 2, 3]);
  });

  it("mends a cut line even without a rewind, so that the next event stands on its own line", async () => {
    const path = join(folder, "run");
    await (await createRunFolder(path, stored)).close();
    await writeFile(join(path, "metrics.jsonl"), '{"type":"step","st');
    await using run = await resumeRunFolder(path, facts);
    await run.append(step(1));
    expect((await readRun(path)).log).toMatchObject({ events: [step(1)], damaged: [] });
  });

  it("counts working time without the pause between sessions", async () => {
    const path = join(folder, "run");
    await (await createRunFolder(path, stored)).close(); // as if killed: no end in the record
    const events = [
      { type: "started", time: "2026-01-01T00:00:00.000Z", command: "c", total: 1, unit: "step", description: "" },
      { type: "step", step: 1, total: 2, time: "2026-01-01T00:01:30.000Z" },
    ];
    await writeFile(join(path, "metrics.jsonl"), events.map((event) => `${JSON.stringify(event)}\n`).join(""));
    await using run = await resumeRunFolder(path, facts);
    await run.append({ type: "finished", time, outcome: "completed", metrics: {} });
    expect(run.record.durationSeconds).toBeGreaterThanOrEqual(90);
    expect(run.record.durationSeconds).toBeLessThan(100);
  });
});

describe("a folder that is none", () => {
  it("is refused for a new run when it holds a run, other files, or is a file", async () => {
    const run = join(folder, "run");
    await (await createRunFolder(run, stored)).close();
    await expect(createRunFolder(run, stored)).rejects.toThrow(`${run} holds a run already; go on with it by --resume`);

    const other = join(folder, "other");
    await mkdir(other);
    await writeFile(join(other, "thesis.tex"), "");
    await expect(createRunFolder(other, stored)).rejects.toThrow("holds other things (thesis.tex)");
    expect(await readdir(other)).toEqual(["thesis.tex"]);
    await expect(createRunFolder(join(other, "thesis.tex"), stored)).rejects.toThrow("is a file");
  });

  it("is refused for reading with the reason", async () => {
    await expect(readRun(join(folder, "no"))).rejects.toThrow("there is no such folder");
    await expect(readRun(folder)).rejects.toThrow("it holds no config.json");
    await writeFile(join(folder, "config.json"), "");
    await expect(readRun(folder)).rejects.toThrow(`${join(folder, "config.json")} is damaged: it is empty`);
    await writeFile(join(folder, "config.json"), "{");
    await expect(readRun(folder)).rejects.toThrow("it is not JSON");
    await writeFile(join(folder, "config.json"), "{}");
    await expect(readRun(folder)).rejects.toThrow("is damaged: schema:");
  });
});

describe("the lock of a run folder", () => {
  it("keeps a second writer out, names the first, and ends with it", async () => {
    const path = join(folder, "run");
    const run = await createRunFolder(path, stored);
    await expect(resumeRunFolder(path, facts)).rejects.toThrow(
      `is being written by process ${process.pid} on ${hostname()}`,
    );
    expect((await readRun(path)).holder).toMatchObject({ pid: process.pid });
    await run.close();
    await run.close();
    await (await resumeRunFolder(path, facts)).close();
  });

  it("outlives its holder's kill -9 only as a file: the next writer takes over", async () => {
    const path = join(folder, "run");
    const child = await writerProcess(path);
    await expect(resumeRunFolder(path, facts)).rejects.toThrow(`process ${child.pid} `);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await readdir(path)).toContain("run.lock");
    expect((await readRun(path)).holder).toBeUndefined();
    await (await resumeRunFolder(path, facts)).close();
    expect(await readdir(path)).not.toContain("run.lock");
  });

  it("of a process whose number was given to another one is void", async () => {
    const path = join(folder, "run");
    await (await createRunFolder(path, stored)).close();
    const lock = { pid: process.pid, host: hostname(), processStart: "1", since: time, token: "t" };
    await writeFile(join(path, "run.lock"), JSON.stringify(lock));
    if (process.platform === "linux") await (await resumeRunFolder(path, facts)).close();
    await writeFile(join(path, "run.lock"), "");
    await (await resumeRunFolder(path, facts)).close();
  });

  it("of another machine stands, with the way out", async () => {
    const path = join(folder, "run");
    await (await createRunFolder(path, stored)).close();
    const lock = { pid: 1, host: "elsewhere", since: time, token: "t" };
    await writeFile(join(path, "run.lock"), JSON.stringify(lock));
    await expect(resumeRunFolder(path, facts)).rejects.toThrow(`delete ${join(path, "run.lock")}`);
  });

  it("is taken by exactly one of many who find a dead one", async () => {
    const path = join(folder, "run");
    await (await createRunFolder(path, stored)).close();
    for (let round = 0; round < 20; round++) {
      const lock = { pid: 0, host: hostname(), since: time, token: `dead-${round}` };
      await writeFile(join(path, "run.lock"), JSON.stringify(lock));
      const attempts = await Promise.allSettled(Array.from({ length: 6 }, () => resumeRunFolder(path, facts)));
      const winners = attempts.filter((one): one is PromiseFulfilledResult<RunFolder> => one.status === "fulfilled");
      expect(winners).toHaveLength(1);
      await winners[0]!.value.close();
    }
    expect((await readdir(path)).toSorted()).toEqual(["config.json", "metrics.jsonl", "record.json"]);
  });
});

/** Another process that writes the run folder until it is killed. */
async function writerProcess(path: string): Promise<ChildProcess> {
  const source = `
    import { createRunFolder } from ${JSON.stringify(new URL("run-folder.ts", import.meta.url).href)};
    await createRunFolder(${JSON.stringify(path)}, ${JSON.stringify(stored)});
    console.log("locked");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", source], {
    cwd: new URL("..", import.meta.url),
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return child;
}
