import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

it("the program in the README runs as it stands and finds the line", async () => {
  const folder = await mkdtemp(join(tmpdir(), "training-readme-"));
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const [, written = ""] = readme.match(/```ts\n(.*?)```/s) ?? [];
  const program = written
    .replace('"checkpoints"', JSON.stringify(folder))
    .replace(
      /console\.log\(await (.*?)\);.*/,
      "console.log(JSON.stringify(await $1, (_, x) => x.data ? [...x.data] : x));",
    );
  const file = fileURLToPath(new URL(`readme-program-${process.pid}.ts`, import.meta.url)); // here, for its imports
  try {
    await writeFile(file, program);
    const { stdout } = await promisify(execFile)(process.execPath, ["--conditions=source", "--import", "tsx", file]);
    const { weight, bias } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as { weight: number[]; bias: number[] };
    expect(weight).toEqual([expect.closeTo(1, 2), expect.closeTo(-2, 2)]);
    expect(bias).toEqual([expect.closeTo(0.5, 2)]);
    expect(await readdir(folder)).toEqual(["checkpoint-00000001"]);
  } finally {
    await rm(file, { force: true });
    await rm(folder, { recursive: true });
  }
});
