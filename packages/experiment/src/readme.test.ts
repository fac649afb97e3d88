import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

describe("the programs in the README run as they stand", () => {
  let folder: string;
  let programs: string[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "offprint-readme-"));
    const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
    programs = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, program = ""]) => program);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("a run with its picture", async () => {
    const out = join(folder, "demo");
    await run(programs[0]!.replaceAll("runs/demo", out));
    expect((await readdir(out)).toSorted()).toEqual(["config.json", "loss.svg", "metrics.jsonl", "record.json"]);
  });

  it("a command", async () => {
    expect(await run(programs[1]!, "demo", "count", "--to", "3")).toBe("1\n2\n3\n");
  });
});

/** Runs a program with the package's folder as its place, since its imports are resolved from there. */
async function run(program: string, ...args: string[]): Promise<string> {
  const node = ["--conditions=source", "--import", "tsx", "--input-type=module", "-e", program, "program.ts", ...args];
  const { stdout } = await promisify(execFile)(process.execPath, node, { cwd: new URL("..", import.meta.url) });
  return stdout;
}
