import { existsSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, open, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { BrokenEmbeddingError, EncoderSourceError } from "../errors.ts";
import { openUseLite } from "./encoder.ts";
import { packageFolder, readPackage } from "./package-files.ts";
import { pieceTokenizer } from "./tokenizer.ts";

interface Golden {
  readonly items: readonly {
    readonly text: string;
    readonly ids: readonly number[];
    readonly embedding: readonly number[];
  }[];
}

const readGolden = (path: string): Golden => JSON.parse(readFileSync(path, "utf8")) as Golden;
const fixture = readGolden(fileURLToPath(new URL("../../testing/use-lite-golden.json", import.meta.url)));
const shared = fileURLToPath(
  new URL("../../../../../../shared/data/models/use-lite-golden/golden.json", import.meta.url),
);
if (!existsSync(shared)) console.warn(`skipped: ${shared} is not there`);
const goldens = [
  { name: "the fixture", golden: fixture },
  ...(existsSync(shared) ? [{ name: "all golden sentences", golden: readGolden(shared) }] : []),
];

const encoder = await openUseLite();

/** A copy of the npm package whose last shard may be changed. */
async function copiedPackage(): Promise<{ folder: string; last: string }> {
  const folder = await mkdtemp(join(tmpdir(), "use-lite-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const from = packageFolder();
  await cp(join(from, "package.json"), join(folder, "package.json"));
  await mkdir(join(folder, "dist"));
  const last = "group1-shard7of7";
  const files = ["model.json", "vocab.json", ...[1, 2, 3, 4, 5, 6].map((i) => `group1-shard${i}of7`)];
  for (const name of files) await symlink(join(from, "dist", name), join(folder, "dist", name));
  await cp(join(from, "dist", last), join(folder, "dist", last));
  return { folder, last: join(folder, "dist", last) };
}

describe("Universal Sentence Encoder lite", () => {
  it.each(goldens)("has the ids and vectors of TensorFlow.js for $name", async ({ golden: { items } }) => {
    const tokenizer = pieceTokenizer((await readPackage(packageFolder())).vocabulary);
    const embeddings = await encoder.encode(items.map(({ text }) => text));
    for (const [row, { text, ids, embedding }] of items.entries()) {
      expect(tokenizer.encode(text)).toEqual(ids);
      const ours = embeddings.row(row);
      for (const [i, value] of embedding.entries())
        expect(Math.abs((ours[i] ?? Number.NaN) - value)).toBeLessThan(2e-6);
    }
  });

  it("says which version it is, and its limits", () => {
    expect(encoder.id).toBe("use-lite@0.2.0");
    expect(encoder.dimensions).toBe(512);
    expect(encoder.limit.tokens).toBe(128);
    expect(encoder.countTokens("Should I kill time?")).toBe(5);
  });

  it("gives a text the same vector alone as beside others, in rows of any length", async () => {
    const texts = Array.from({ length: 8 }, (_, i) => [`house ${i}`, "word ".repeat(20 * i), ""]).flat();
    const together = await encoder.encode(texts);
    for (const [row, text] of texts.entries()) {
      const alone = (await encoder.encode([text])).values;
      expect(Math.max(...alone.map((value, i) => Math.abs(value - (together.row(row)[i] ?? 0))))).toBeLessThan(2e-6);
    }
  });

  it("gives unit vectors to an empty text, emoji, right-to-left text and control characters", async () => {
    const texts = ["", " \n", "🙂🙂", "שלום עולם", "\u0000\u001b[31m", "\ud800"];
    const embeddings = await encoder.encode(texts);
    for (const row of texts.keys()) expect(Math.hypot(...embeddings.row(row))).toBeCloseTo(1, 5);
    expect(embeddings.row(1)).toEqual(embeddings.row(0));
  });

  it("reads the first 128 tokens of a long text", async () => {
    const long = "the cat sat on the mat ".repeat(1667);
    expect(encoder.countTokens(long)).toBeGreaterThan(10_000);
    const [cut, whole] = [long.slice(0, 2000), long].map((text) => encoder.encode([text]));
    expect((await whole)?.values).toEqual((await cut)?.values);
  });

  it("gives no rows for no texts", async () => {
    expect(await encoder.encode([])).toMatchObject({ count: 0, dimensions: 512 });
  });

  it("refuses a shard that is cut short, with the bytes wanted and come", async () => {
    const { folder, last } = await copiedPackage();
    await truncate(last, 1000);
    await expect(openUseLite({ folder })).rejects.toThrow(EncoderSourceError);
    await expect(openUseLite({ folder })).rejects.toThrow(/wants 27903656 bytes .* 25166824 .*group1-shard7of7 1000/);
  });

  it("refuses a folder without the package, and a vocabulary that is none", async () => {
    await expect(openUseLite({ folder: tmpdir() })).rejects.toThrow(/package\.json: cannot be read; run npm install/);
    const { folder } = await copiedPackage();
    await rm(join(folder, "dist", "vocab.json"));
    await writeFile(join(folder, "dist", "vocab.json"), '{"a": 1}');
    await expect(openUseLite({ folder })).rejects.toThrow(/vocab\.json: is not what this encoder wants/);
  });

  it("refuses tensors of another model", async () => {
    const { folder } = await copiedPackage();
    const path = join(folder, "dist", "model.json");
    const text = await readFile(path, "utf8");
    await rm(path);
    await writeFile(path, text.replaceAll("module/Embeddings_en", "module/Embeddings_de"));
    await expect(openUseLite({ folder })).rejects.toThrow(/wanted the tensor "module\/Embeddings_en" .* there is none/);
  });

  it("names the text whose vector is no number", async () => {
    const { folder, last } = await copiedPackage();
    await using file = await open(last, "r+");
    const { size } = await file.stat();
    await file.write(Buffer.from(Float32Array.of(Number.NaN).buffer), 0, 4, size - 12); // the output layer's bias
    await using damaged = await openUseLite({ folder });
    await expect(damaged.encode(["kill time"])).rejects.toThrow(BrokenEmbeddingError);
    await expect(damaged.encode(["kill time"])).rejects.toThrow('the vector of "kill time"');
  });
});
