import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseTexts, readTexts, type ReadTextsOptions, type TextDocument } from "./text-files.ts";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "texts-"))));
afterAll(() => rm(folder, { recursive: true }));

async function collect(documents: AsyncIterable<TextDocument>): Promise<TextDocument[]> {
  const all: TextDocument[] = [];
  for await (const document of documents) all.push(document);
  return all;
}

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, content);
  return file;
}

const read = async (name: string, content: string | Uint8Array, options?: ReadTextsOptions) =>
  await collect(readTexts([await write(name, content)], options));

/** The bytes in pieces of these sizes, over and over. */
async function* cut(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let start = 0, i = 0; start < bytes.length; i++) {
    const end = start + sizes[i % sizes.length]!;
    yield bytes.subarray(start, end);
    start = end;
  }
}

const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 });
const text = fc.string({ unit: "grapheme", maxLength: 30 }).filter((one) => one.trim() !== "" && !one.includes("\r"));

describe("readTexts", () => {
  it("takes a text file as one document, whatever its line ends and byte order mark", async () => {
    expect((await read("a.txt", "\uFEFFone\r\ntwo\r\n")).map((one) => one.text)).toEqual(["one\ntwo\n"]);
  });

  it("takes each line of a JSONL file as a document and tells its line", async () => {
    const documents = await read("a.jsonl", '\uFEFF{"text":"one"}\r\n\n{"text":"two\\r\\nlines","id":7}');
    expect(documents.map(({ text: content, line }) => [content, line])).toEqual([
      ["one", 1],
      ["two\nlines", 3],
    ]);
    expect(await read("b.ndjson", '{"body":"x"}\n', { field: "body" })).toMatchObject([{ text: "x" }]);
  });

  it("reads both packed by gzip", async () => {
    expect(await read("z.txt.gz", gzipSync("packed"))).toMatchObject([{ text: "packed" }]);
    expect(await read("z.jsonl.gz", gzipSync('{"text":"packed"}'))).toMatchObject([{ text: "packed" }]);
  });

  it("takes a folder as its files in the order of their names", async () => {
    const inner = await mkdtemp(join(folder, "many-"));
    for (const name of ["b.txt", "a.txt", "notes.md", "c.jsonl"])
      await writeFile(join(inner, name), name === "c.jsonl" ? '{"text":"c"}' : name);
    expect((await collect(readTexts([inner]))).map((one) => one.text)).toEqual(["a.txt", "b.txt", "c"]);
  });

  it("reads the same however the bytes arrive", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 5 }), sizes, async (texts, pieces) => {
        const lines = Buffer.from(texts.map((one) => JSON.stringify({ text: one })).join("\n"));
        const records = await collect(parseTexts("x.jsonl", cut(lines, pieces)));
        expect(records.map((one) => one.text)).toEqual(texts);
        expect(records.map((one) => one.line)).toEqual(texts.map((_, i) => i + 1));
        const whole = Buffer.from(texts.join("\n"));
        expect(await collect(parseTexts("x.txt", cut(whole, pieces)))).toMatchObject([{ text: texts.join("\n") }]);
      }),
    );
  });

  it("names the first byte that is no UTF-8, as an independent decoder finds it", async () => {
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.constantFrom(0xff, 0xc0, 0x80, 0xf8),
        text,
        sizes,
        async (before, bad, after, pieces) => {
          const head = Buffer.from(`é${before}`);
          const bytes = Buffer.concat([head, Buffer.of(bad), Buffer.from(after)]);
          await expect(collect(parseTexts("x.txt", cut(bytes, pieces)))).rejects.toMatchObject({
            code: "ENCODING",
            offset: head.length,
          });
        },
      ),
    );
  });

  it("counts that byte from the start of the file, and its line", async () => {
    const bytes = Buffer.concat([Buffer.from('{"text":"a"}\n{"text":"'), Buffer.of(0xe9), Buffer.from('"}\n')]);
    await expect(read("latin1.jsonl", bytes)).rejects.toThrow(/latin1\.jsonl: byte 22, line 2: 0xe9 is no UTF-8 here/);
    await expect(read("cut.txt", Buffer.of(0x61, 0xe2, 0x82))).rejects.toMatchObject({ code: "ENCODING" });
    await expect(read("wide.txt", Buffer.from("\uFEFFabc", "utf16le"))).rejects.toThrow(/byte order mark of UTF-16/);
    await expect(read("packed.txt", gzipSync("a"))).rejects.toThrow(/its name should end in \.gz/);
  });

  it("takes a line of 10 MB and refuses one beyond the bound", async () => {
    const line = `{"text":"${"x".repeat(10_000_000)}"}\n`;
    expect((await read("long.jsonl", line))[0]?.text).toHaveLength(10_000_000);
    const options = { maxDocumentBytes: 1_000_000 };
    await expect(read("long.jsonl", `{"text":"short"}\n${line}`, options)).rejects.toThrow(
      /long\.jsonl:2: a line is longer than 1000000 bytes/,
    );
    await expect(read("long.txt", line, options)).rejects.toMatchObject({ code: "TOO_LARGE" });
  });

  it.each([
    ["empty.txt", "", /empty/],
    ["blank.txt", " \n\t\n", /empty/],
    ["empty.jsonl", "\n\n", /empty/],
    ["field.jsonl", '{"content":"x"}', /field\.jsonl:1: wanted the document's text in the field "text".*content/],
    ["broken.jsonl", '{"text":"x"}\n{"text":', /broken\.jsonl:2: no JSON/],
    ["array.jsonl", "[1]", /wanted a JSON object/],
  ])("refuses %s", async (name, content, message) => {
    await expect(read(name, content)).rejects.toThrow(message);
  });

  it("says which path is not there, which folder has nothing, and which gzip data is cut", async () => {
    await expect(collect(readTexts([join(folder, "absent.txt")]))).rejects.toMatchObject({ code: "UNREADABLE_FILE" });
    await expect(collect(readTexts([await mkdtemp(join(folder, "bare-"))]))).rejects.toMatchObject({
      code: "EMPTY_DATA",
    });
    const packed = gzipSync("some text that is long enough to be cut");
    await expect(read("cut.txt.gz", packed.subarray(0, -9))).rejects.toMatchObject({ code: "DAMAGED_FILE" });
  });

  const novels = new URL("../../../../../shared/data/text/gutenberg", import.meta.url).pathname;
  it.skipIf(!existsSync(novels))("reads the novels (skipped where ../shared is absent)", async () => {
    const documents = await collect(readTexts([novels]));
    expect(documents).toHaveLength(13);
    expect(documents.every((one) => one.text.length > 100_000)).toBe(true);
  });
});
