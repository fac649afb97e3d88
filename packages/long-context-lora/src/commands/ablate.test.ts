import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Method } from "../method.ts";
import { runCommand, type Ran } from "../testing/run-command.ts";
import { toyText, writeToyFolder } from "../testing/toy-folder.ts";
import { ablateCommand } from "./ablate.ts";

let folder = "";
const at = (...names: string[]): string => join(folder, ...names);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "offprint-ablate-"));
  await writeToyFolder(at("model"));
  await writeFile(at("text.txt"), toyText(2000));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const grid = (methods: Method[], steps = 3): Promise<Ran> =>
  runCommand(ablateCommand, {
    model: at("model"),
    text: [at("text.txt")],
    context: 64,
    steps,
    accumulate: 1,
    learningRate: 0.01,
    warmup: 1,
    methods,
    attentions: ["s2"],
    out: at("grid"),
    threads: 1,
  });

/** Cells of the table, whose columns are as wide as they need. */
const rowsOf = ({ stdout }: Ran) =>
  stdout
    .split("\n")
    .filter((line) => line.includes(" s2 "))
    .map((line) => line.split(/ +/));

const writtenAt = async (run: string) => (await stat(at("grid", run, "record.json"))).mtimeMs;

describe("offprint longlora ablate", () => {
  it("trains the grid, keeps runs that are complete, and puts all into one table and report", async () => {
    const first = await grid(["lora"]);
    expect(first.outcome).toBe("completed");
    expect(first.stdout).toMatch(/^method +attention +seed +full-attention loss +training-attention loss +perplexity/);
    const before = await writtenAt("lora-s2");

    const second = await grid(["lora", "lora+"]);
    expect(await writtenAt("lora-s2")).toBe(before);
    const rows = rowsOf(second);
    expect(rows.map(([method]) => method)).toEqual(["lora", "lora+"]);
    expect(rows[0]).toEqual(rowsOf(first)[0]);

    const { cells } = JSON.parse(await readFile(at("grid", "ablation.json"), "utf8")) as {
      cells: { run: string; metrics: Record<string, number> }[];
    };
    expect(cells.map(({ run }) => run)).toEqual(["lora-s2", "lora+-s2"]);
    const losses = cells.map(({ metrics }) => metrics["full-attention loss"]);
    expect(new Set(losses).size).toBe(2);
    const page = await readFile(at("grid", "report.html"), "utf8");
    for (const { run } of cells) expect(page).toContain(run);
  }, 180_000);

  it("refuses a folder with runs of other settings", async () => {
    await expect(grid(["lora"], 4)).rejects.toThrow(/lora-s2 holds a run of other settings; name another --out/);
  });
});
