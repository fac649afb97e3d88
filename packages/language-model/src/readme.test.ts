import { execFile } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { sharedModelFolder } from "./testing/shared-model.ts";

const stories = sharedModelFolder("stories260K");

it.runIf(stories)("the program in the README runs as it stands and tells a story", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const [, program = ""] = readme.match(/```ts\n(.*?)```/s) ?? [];
  const file = fileURLToPath(new URL(`readme-program-${process.pid}.ts`, import.meta.url)); // here, for its imports
  try {
    await writeFile(file, program.replace('"models/stories260K"', JSON.stringify(stories)));
    const { stdout } = await promisify(execFile)(process.execPath, ["--conditions=source", "--import", "tsx", file]);
    expect(stdout.split("\n").slice(0, 2)).toEqual([
      "context 512 tokens, positions not scaled",
      "context 2,048 tokens: 512 tokens originally, linear positions by factor 4; short inputs are squeezed by the same factor, and get worse until the model is trained at it",
    ]);
    expect(stdout).toContain("there was a little girl named Lily");
  } finally {
    await rm(file, { force: true });
  }
});
