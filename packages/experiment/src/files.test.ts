import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DiskFullError } from "./errors.ts";
import { isTemporaryName, safeFileName, temporaryName, writeFileAtomic } from "./files.ts";
import { createRunFolder } from "./run-folder.ts";
import { readRun } from "./stored-run.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "offprint-files-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("writeFileAtomic", () => {
  it("writes text and bytes, replaces, and leaves nothing else behind", async () => {
    const path = join(folder, "a.json");
    await writeFileAtomic(path, "one");
    await writeFileAtomic(path, new Uint8Array([0x74, 0x77, 0x6f]));
    expect(await readFile(path, "utf8")).toBe("two");
    expect(await readdir(folder)).toEqual(["a.json"]);
  });

  it("shows a reader only whole contents while it writes", async () => {
    const path = join(folder, "busy.txt");
    const contents = ["a", "b"].map((letter) => letter.repeat(300_000));
    await writeFileAtomic(path, contents[0]!);
    const writes = (async () => {
      for (let i = 0; i < 20; i++) await writeFileAtomic(path, contents[i % 2]!);
      return "written" as const;
    })();
    for (let seen: unknown; seen !== "written";) {
      seen = await Promise.race([writes, readFile(path, "utf8")]);
      expect([...contents, "written"]).toContain(seen);
    }
  });

  it("cleans up when the target cannot be replaced", async () => {
    const path = join(folder, "is-a-folder");
    await mkdir(join(path, "inside"), { recursive: true });
    await expect(writeFileAtomic(path, "x")).rejects.toThrow(/EISDIR|ENOTEMPTY|EPERM|EEXIST/);
    expect((await readdir(folder)).filter(isTemporaryName)).toEqual([]);
  });
});

describe("on a disk that is full", () => {
  const mounted = mountSmallDisk();
  afterAll(() => {
    if (mounted === undefined) return;
    execFileSync("/bin/umount", [mounted]);
    execFileSync("/bin/rmdir", [mounted]);
  });

  it.skipIf(mounted === undefined)("leaves the last good file and says so", async () => {
    const path = join(mounted!, "config.json");
    await writeFileAtomic(path, "good");
    const failure = writeFileAtomic(path, "x".repeat(1_000_000));
    await expect(failure).rejects.toThrow(DiskFullError);
    await expect(failure).rejects.toThrow(
      `no space left on the disk while writing ${path}; the file as it was before is kept; free some space and try again`,
    );
    expect(await readFile(path, "utf8")).toBe("good");
    expect(await readdir(mounted!)).toEqual(["config.json"]);
    await expect(writeFileAtomic(join(mounted!, "new"), "x".repeat(1_000_000))).rejects.toThrow(
      "nothing was there before",
    );
  });

  it.skipIf(mounted === undefined)(
    "keeps every whole event of a run, and appends again when there is room",
    async () => {
      const path = join(mounted!, "run");
      const run = await createRunFolder(path, {
        schema: "s",
        schemaVersion: 1,
        config: {},
        command: "c",
        versions: {},
      });
      const time = new Date(0).toISOString();
      await run.append({ type: "message", level: "info", text: "before", time });
      const ballast = join(mounted!, "ballast");
      await writeFile(ballast, new Uint8Array(200_000)).catch(() => {});
      const text = "y".repeat(20_000);
      await expect(run.append({ type: "message", level: "info", text, time })).rejects.toThrow(
        "all earlier events are kept",
      );
      await rm(ballast);
      await run.append({ type: "message", level: "info", text: "after", time });
      await run.close();
      const { log } = await readRun(path);
      expect(log.events.map((event) => event.type === "message" && event.text)).toEqual(["before", "after"]);
      expect(log.damaged).toEqual([]);
    },
  );
});

/** A disk of 128 KiB, where this process may mount one. */
function mountSmallDisk(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return undefined;
  const at = join(tmpdir(), `offprint-small-disk-${process.pid}`);
  try {
    execFileSync("mkdir", ["-p", at]);
    execFileSync("/bin/mount", ["-t", "tmpfs", "-o", "size=128k", "tmpfs", at], { stdio: "ignore" });
    return at;
  } catch {
    console.warn("no small disk could be mounted; the tests of a full disk are skipped");
    return undefined;
  }
}

describe("safeFileName", () => {
  it("keeps a plain name and marks a changed one", () => {
    expect(safeFileName("wn18rr.v2_a-b")).toBe("wn18rr.v2_a-b");
    expect(safeFileName("../../etc/passwd")).toMatch(/^etc-passwd~[0-9a-f]{8}$/);
    expect(safeFileName("日本")).toMatch(/^unnamed~[0-9a-f]{8}$/);
    expect(safeFileName("con.txt")).toMatch(/~/);
    expect(safeFileName("")).toMatch(/^unnamed~/);
  });

  it("is one plain path segment for any text, and different for different texts", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), (a, b) => {
        const name = safeFileName(a);
        expect(name).toMatch(/^[A-Za-z0-9_][A-Za-z0-9._~-]{0,79}$/);
        expect(name.endsWith(".")).toBe(false);
        expect(safeFileName(a).toLowerCase() === safeFileName(b).toLowerCase()).toBe(a === b);
      }),
    );
  });
});

describe("temporaryName", () => {
  it("is recognised, and differs each time", () => {
    expect(isTemporaryName(temporaryName("config.json"))).toBe(true);
    expect(temporaryName("a")).not.toBe(temporaryName("a"));
    expect(isTemporaryName(".gitignore")).toBe(false);
  });
});
