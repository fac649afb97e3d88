import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { EmptyDataError, LayoutError, TooFewTriplesError, UnreadableFileError } from "./errors.ts";
import { readDataset } from "./read-folder.ts";
import { testFolder } from "./test-folder.ts";

const train = "dog\tis a\tanimal\ncat\tis a\tanimal\ndog\tchases\tcat\ndog\tis a\tanimal\n";
const split = { "train.tsv": train, "valid.tsv": "cat\tchases\tdog\n", "test.tsv": "cow\tis a\tanimal\n" };

/** Ten entities in a ring, each linked to the next two. */
const ring = Array.from(
  { length: 10 },
  (_, i) => `e${i}\tnext\te${(i + 1) % 10}\ne${i}\tskip\te${(i + 2) % 10}\n`,
).join("");

describe("readDataset", () => {
  it("numbers labels over all three parts, in order of first appearance", async () => {
    const dataset = await readDataset(await testFolder(split));
    expect(dataset.entities.labels).toEqual(["dog", "animal", "cat", "cow"]);
    expect(dataset.relations.labels).toEqual(["is a", "chases"]);
    expect(dataset.train).toEqual({
      length: 3,
      heads: Int32Array.of(0, 2, 0),
      relations: Int32Array.of(0, 0, 1),
      tails: Int32Array.of(1, 1, 2),
    });
    expect([...dataset.test.heads, ...dataset.valid.heads]).toEqual([3, 2]);
  });

  it("keeps a repeated triple once and says how many there were", async () => {
    const dataset = await readDataset(await testFolder(split));
    expect(dataset.sources[0]).toMatchObject({ split: "train", triples: 3, duplicates: 1 });
    expect(dataset.notes).toEqual(["train.tsv: 1 repeated triples are kept once."]);
  });

  it("gives the same hash for the same content in any format, and another for any other content", async () => {
    const csv = (text: string) => text.replaceAll("\t", ",");
    const plain = await readDataset(await testFolder(split));
    const other = await readDataset(
      await testFolder({
        "train.csv.gz": gzipSync(csv(split["train.tsv"])),
        "valid.txt": split["valid.tsv"].replaceAll("\n", "\r\n"),
        "test.tsv.gz": gzipSync(split["test.tsv"]),
        "entity-labels.tsv": "dog\tDog\n",
      }),
    );
    expect(other.hash).toBe(plain.hash);
    expect(plain.hash).toMatch(/^[0-9a-f]{64}$/);
    const changed = await readDataset(await testFolder({ ...split, "test.tsv": "cow\tis a\tdog\n" }));
    expect(changed.hash).not.toBe(plain.hash);
  });

  it("reads names and descriptions for a person beside the triples", async () => {
    const dataset = await readDataset(
      await testFolder({
        ...split,
        "entity-labels.tsv.gz": gzipSync("dog\tDog\nunicorn\tnot in the graph\n"),
        "entity-descriptions.tsv": "dog\tCanis\ta loyal animal\tQ144\ncat\tCat\tan animal\tQ146\n",
        "relation-labels.tsv": "is a\tis a kind of\n",
      }),
    );
    expect([dataset.entities.name(0), dataset.entities.description(0)]).toEqual(["Dog", "a loyal animal"]);
    expect(dataset.entities.name(2)).toBe("Cat");
    expect(dataset.entities.name(1)).toBe("animal");
    expect(dataset.relations.labels.map((_, i) => dataset.relations.name(i))).toEqual(["is a kind of", "chases"]);
  });

  it("sets missing parts aside from train and says so", async () => {
    const dataset = await readDataset(await testFolder({ "train.tsv": ring, "notes.txt": "hello" }), { splitSeed: 7 });
    expect([dataset.train.length, dataset.valid.length, dataset.test.length]).toEqual([16, 2, 2]);
    expect(new Set(dataset.train.heads).size).toBe(10);
    expect(dataset.notes.join(" ")).toMatch(/notes\.txt.*no file for valid or test: set aside from train, with seed 7/);
    expect(dataset.sources).toHaveLength(1);
  });

  it("takes a single file for train", async () => {
    const folder = await testFolder({ "ring.tsv": ring });
    const dataset = await readDataset(join(folder, "ring.tsv"), { heldOut: 0.3 });
    expect(dataset.name).toBe("ring.tsv");
    expect(dataset.train.length + dataset.valid.length + dataset.test.length).toBe(20);
    expect(dataset.test.length).toBeGreaterThanOrEqual(6);
  });

  it("keeps a relation that has one triple in train", async () => {
    const dataset = await readDataset(await testFolder({ "train.tsv": `${ring}e0\tonce\te5\n` }));
    expect(new Set(dataset.train.relations)).toContain(dataset.relations.find("once"));
  });

  it("counts skipped lines of every file and says so", async () => {
    const folder = await testFolder({ ...split, "test.tsv": "bad\ncow\tis a\tanimal\n" });
    await expect(readDataset(folder)).rejects.toThrow(/test\.tsv:1: wanted 3 fields/);
    const dataset = await readDataset(folder, { skipBadLines: true });
    expect(dataset.badLines).toMatchObject({ count: 1, lines: [{ line: 1, excerpt: '"bad"' }] });
    expect(dataset.notes).toContain("test.tsv: 1 bad lines are skipped.");
  });

  it.each([
    ["an empty file", { "train.tsv": "" }, EmptyDataError, "train.tsv: no triples; it is empty"],
    ["a file of blank lines", { "train.tsv": "\n\n" }, EmptyDataError, "no triples"],
    ["an empty test file", { ...split, "test.tsv": "" }, EmptyDataError, "test.tsv: no triples"],
    ["one triple", { "train.tsv": "a\tr\tb\n" }, TooFewTriplesError, "1 distinct triple; at least 3"],
    ["one triple many times", { "train.tsv": "a\tr\tb\n".repeat(9) }, TooFewTriplesError, "1 distinct triple"],
    ["no train file", { "data.tsv": "a\tr\tb\n" }, LayoutError, "Here are data.tsv: rename one"],
    [
      "two train files",
      { "train.tsv": train, "train.tsv.gz": gzipSync(train) },
      LayoutError,
      "train.tsv and train.tsv.gz",
    ],
    ["nothing", {}, LayoutError, "no train file; wanted train with one of .tsv, .txt, .csv, .nt"],
  ] as const)("refuses %s", async (_, files, errorClass, message) => {
    const error = await readDataset(await testFolder(files)).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(errorClass);
    expect(error).toHaveProperty("message", expect.stringContaining(message));
  });

  it("refuses only bad lines even when they are skipped", async () => {
    const folder = await testFolder({ "train.tsv": "a b c\n".repeat(5) });
    await expect(readDataset(folder, { skipBadLines: true })).rejects.toThrow("all 5 lines are bad");
  });

  it("refuses a path that is not there, or whose name says no format", async () => {
    const folder = await testFolder({ "graph.dat": train });
    await expect(readDataset(join(folder, "none"))).rejects.toThrow(UnreadableFileError);
    await expect(readDataset(join(folder, "graph.dat"))).rejects.toThrow("the name says no format");
  });

  it("accepts a split of one triple each when all three files are given", async () => {
    const one = "a\tr\tb\n";
    const dataset = await readDataset(await testFolder({ "train.tsv": one, "valid.tsv": one, "test.tsv": one }));
    expect([dataset.train.length, dataset.test.length]).toEqual([1, 1]);
  });

  it("is not misled by folders and by names that merely begin like a part", async () => {
    const folder = await testFolder({ ...split, "train.old.tsv": "x", "test.tsv.bak": "x" });
    await mkdir(join(folder, "valid"));
    expect((await readDataset(folder)).train.length).toBe(3);
  });
});
