import { readFileSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { processStartTime } from "../process-identity.ts";
import { temporaryFolder, type TemporaryFolder } from "../testing/sites.ts";
import { DataFolderInUseError, DataFolderUnusableError, lockFolder } from "./folder-lock.ts";

const neverLost = () => {
  throw new Error("the lock was lost");
};

describe("a folder's lock", () => {
  let data: TemporaryFolder;
  const path = () => join(data.folder, "server.lock");
  const write = (holder: object) => writeFileSync(path(), JSON.stringify(holder));
  const holder = { token: "x", pid: process.pid, host: hostname(), since: "2026-11-23T12:00:00.000Z" };

  beforeEach(() => {
    data = temporaryFolder();
  });
  afterEach(() => data.remove());

  it("is one at a time, also within one process, and free again when released", async () => {
    const lock = await lockFolder(data.folder, neverLost);
    await expect(lockFolder(data.folder, neverLost)).rejects.toThrow(DataFolderInUseError);
    await expect(lockFolder(data.folder, neverLost)).rejects.toThrow(`in use by process ${process.pid} since`);
    lock.release();
    (await lockFolder(data.folder, neverLost)).release();
  });

  it("goes to exactly one of many that ask at once, also when a dead one's is in the way", async () => {
    for (const prepare of [() => undefined, () => write({ ...holder, pid: 2 ** 22 + 1 })]) {
      prepare();
      const asked = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(data.folder, neverLost)));
      const got = asked.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
      expect(got).toHaveLength(1);
      got[0]?.release();
    }
  });

  it("is taken over from a process that is gone, or whose id another one has now", async () => {
    for (const dead of [
      { ...holder, pid: 2 ** 22 + 1 },
      { ...holder, started: "long ago" },
    ]) {
      write(dead);
      (await lockFolder(data.folder, neverLost)).release();
    }
  });

  it("is respected while the process lives, with or without a start time", async () => {
    for (const alive of [holder, { ...holder, started: processStartTime(process.pid) }]) {
      write(alive);
      await expect(lockFolder(data.folder, neverLost)).rejects.toThrow(DataFolderInUseError);
    }
  });

  it("of another machine counts as long as its heart beats", async () => {
    write({ ...holder, host: "elsewhere" });
    await expect(lockFolder(data.folder, neverLost)).rejects.toThrow(`process ${process.pid} on elsewhere`);
    const aMinuteAgo = new Date(Date.now() - 60_000);
    utimesSync(path(), aMinuteAgo, aMinuteAgo);
    (await lockFolder(data.folder, neverLost)).release();
  });

  it("cannot be taken where nothing can be written, and the folder is named", async () => {
    writeFileSync(join(data.folder, "file"), "");
    const folder = join(data.folder, "file", "data");
    await expect(lockFolder(folder, neverLost)).rejects.toThrow(DataFolderUnusableError);
    await expect(lockFolder(folder, neverLost)).rejects.toThrow(`${folder} cannot be written (ENOTDIR)`);
  });

  it("that was cut off while being written is nobody's", async () => {
    writeFileSync(path(), '{"token":');
    const lock = await lockFolder(data.folder, neverLost);
    expect(JSON.parse(readFileSync(path(), "utf8"))).toMatchObject({ pid: process.pid });
    lock.release();
  });
});
