import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BadLines } from "./bad-lines.ts";
import { DamagedFileError, EncodingError, MalformedLineError, UnreadableFileError } from "./errors.ts";
import { tripleReader } from "./read-triples.ts";
import { testFolder } from "./test-folder.ts";

type Row = [head: string, relation: string, tail: string];

async function readAll(file: string, { skip = false, header = false } = {}): Promise<{ rows: Row[]; bad: BadLines }> {
  const rows: Row[] = [];
  const bad = new BadLines(skip);
  await tripleReader(file)!(file, (...row) => void rows.push(row), bad, { header });
  return { rows, bad };
}

async function readText(name: string, content: string | Uint8Array, options = {}) {
  const folder = await testFolder({ [name]: content });
  return readAll(join(folder, name), options);
}

const fault = (name: string, content: string | Uint8Array) => readText(name, content).catch((error: unknown) => error);

const writeTsv = (rows: readonly Row[], newline: string) =>
  // A file that begins with a byte order mark of its own loses it, so one more goes before it.
  (rows[0]?.[0].startsWith("\uFEFF") ? "\uFEFF" : "") + rows.map((row) => row.join("\t") + newline).join("");

const writeCsv = (rows: readonly Row[], newline: string) =>
  "\uFEFF" + rows.map((row) => row.map((field) => `"${field.replaceAll('"', '""')}"`).join(",") + newline).join("");

describe("TSV", () => {
  const label = fc.string({ unit: "binary", minLength: 1, maxLength: 12 }).filter((text) => !/[\t\n\r]/.test(text));
  const rowsOf = (field: fc.Arbitrary<string>) => fc.array(fc.tuple(field, field, field), { maxLength: 12 });

  it("gives back any labels without tab or line end, LF or CRLF, plain or compressed", async () => {
    const folder = await testFolder();
    await fc.assert(
      fc.asyncProperty(rowsOf(label), fc.constantFrom("\n", "\r\n"), fc.boolean(), async (rows, newline, gzip) => {
        const file = join(folder, gzip ? "x.tsv.gz" : "x.tsv");
        const text = writeTsv(rows, newline);
        await writeFile(file, gzip ? gzipSync(text) : text);
        expect((await readAll(file)).rows).toEqual(rows);
      }),
      { numRuns: 60 },
    );
  });

  it("keeps spaces, leading zeros and Unicode exactly", async () => {
    const { rows } = await readText("x.tsv", " a b \t007\tZürich 東京 🐕\n00001740\t_r\t1e3\n");
    expect(rows).toEqual([
      [" a b ", "007", "Zürich 東京 🐕"],
      ["00001740", "_r", "1e3"],
    ]);
  });

  it("drops a byte order mark, passes over blank lines and needs no line end at the end", async () => {
    const { rows } = await readText("x.txt", "\uFEFFa\tr\tb\n\n   \r\n\nb\tr\tc");
    expect(rows).toEqual([
      ["a", "r", "b"],
      ["b", "r", "c"],
    ]);
  });

  it("leaves out a first row only when told that it is a header", async () => {
    const text = "\nhead\trelation\ttail\na\tr\tb\n";
    expect((await readText("x.tsv", text)).rows).toHaveLength(2);
    expect((await readText("x.tsv", text, { header: true })).rows).toEqual([["a", "r", "b"]]);
  });

  it.each([
    ["a\tr\n", 1, "wanted 3 fields separated by tabs (head, relation, tail), came 2"],
    ["a\tr\tb\na\tr\tb\tc\n", 2, "came 4"],
    ["a\tr\tb\n\na,r,b\n", 3, "Name the file .csv"],
    ["a\tr\tb\n\tr\tb\n", 2, "the head is empty"],
    ["a\tr\t\n", 1, "the tail is empty"],
    ["\t\t\n", 1, "the head is empty"],
  ])("reports %j with file, line and reason", async (text, line, reason) => {
    const error = await fault("train.tsv", text);
    expect(error).toBeInstanceOf(MalformedLineError);
    expect(error).toMatchObject({ code: "MALFORMED_LINE", line, file: expect.stringMatching(/train\.tsv$/) });
    expect(error).toHaveProperty("message", expect.stringContaining(reason));
  });

  it("shows a bounded excerpt of the line", async () => {
    const error = await fault("train.tsv", `${"x".repeat(5000)}\ty\n`);
    expect(error).toHaveProperty("excerpt", `"${"x".repeat(96)}"…`);
  });

  it("skips bad lines on request: all counted, the first hundred listed", async () => {
    const { rows, bad } = await readText("x.tsv", `a\tr\tb\n${"bad line\n".repeat(250)}b\tr\tc\n`, { skip: true });
    expect(rows).toHaveLength(2);
    expect(bad.count).toBe(250);
    expect(bad.lines).toHaveLength(100);
    expect(bad.lines[99]).toMatchObject({ line: 101, excerpt: '"bad line"' });
  });

  it("numbers lines right over many blocks of a large file", async () => {
    const lines = Array.from({ length: 60_000 }, (_, i) => `entity number ${i}\tr\tö${i}`);
    lines[54_320] = "broken";
    const error = await fault("x.tsv", lines.join("\n"));
    expect(error).toMatchObject({ line: 54_321 });
    const { rows } = await readText("x.tsv.gz", gzipSync(lines.join("\r\n")), { skip: true });
    expect(rows).toHaveLength(59_999);
    expect(rows.at(-1)).toEqual(["entity number 59999", "r", "ö59999"]);
  });

  it("refuses a line of more than a mebibyte without keeping it, and goes on after it", async () => {
    const text = `a\tr\tb\n${"x".repeat(3 << 20)}\tr\tb\nb\tr\tc\nbad\n`;
    expect(await fault("x.tsv", text)).toMatchObject({ line: 2, message: expect.stringContaining("longer than") });
    const { rows, bad } = await readText("x.tsv", text, { skip: true });
    expect(rows).toHaveLength(2);
    expect(bad.lines.map(({ line }) => line)).toEqual([2, 4]);
    expect((await readText("x.tsv", "y".repeat(2 << 20), { skip: true })).bad.count).toBe(1);
  });

  it("reports bytes that are not UTF-8 by their line", async () => {
    const text = Buffer.concat([Buffer.from("a\tr\tb\nZ"), Buffer.from([0xfc]), Buffer.from("rich\tr\tb\nc\tr\td\n")]);
    expect(await fault("x.tsv", text)).toMatchObject({ line: 2, reason: "not UTF-8", excerpt: '"Zürich\\tr\\tb"' });
    const { rows, bad } = await readText("x.tsv", text, { skip: true });
    expect([rows.length, bad.count]).toEqual([2, 1]);
  });

  it("says what a file in another encoding looks like", async () => {
    const utf16 = Buffer.from("\uFEFFa\tr\tb\n", "utf16le");
    expect(await fault("x.tsv", utf16)).toBeInstanceOf(EncodingError);
    expect(await fault("x.tsv", gzipSync("a\tr\tb\n"))).toHaveProperty("message", expect.stringContaining(".gz"));
  });
});

describe("compressed files", () => {
  const lines = Array.from({ length: 20_000 }, (_, i) => `e${i}\tr${i % 7}\te${(i * 7919) % 20_000}\n`).join("");
  const compressed = gzipSync(lines);

  it("that are cut off are an error, never a smaller graph", async () => {
    const error = await fault("train.tsv.gz", compressed.subarray(0, compressed.length / 2));
    expect(error).toBeInstanceOf(DamagedFileError);
    expect(error).toHaveProperty("message", expect.stringMatching(/ends too early \(after \d+ whole lines\)/));
  });

  it("that are damaged or not gzip at all are an error", async () => {
    const damaged = Buffer.from(compressed);
    damaged.fill(0x55, 2000, 2100);
    expect(await fault("x.tsv.gz", damaged)).toMatchObject({ code: "DAMAGED_FILE" });
    expect(await fault("x.tsv.gz", "a\tr\tb\n")).toMatchObject({ code: "DAMAGED_FILE" });
  });

  it("may hold several members", async () => {
    const { rows } = await readText("x.tsv.gz", Buffer.concat([gzipSync("a\tr\tb\n"), gzipSync("b\tr\tc\n")]));
    expect(rows).toHaveLength(2);
  });
});

describe("CSV", () => {
  const field = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });

  it("gives back any quoted labels, with commas, quotes and line ends in them", async () => {
    const folder = await testFolder();
    const special = fc.oneof(field, fc.constantFrom(",", '"', "a\nb", "\r\n", " x ", "'"));
    const rows = fc.array(fc.tuple(special, special, special), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(rows, fc.constantFrom("\n", "\r\n"), async (wanted, newline) => {
        const file = join(folder, "x.csv");
        await writeFile(file, writeCsv(wanted, newline));
        expect((await readAll(file)).rows).toEqual(wanted);
      }),
      { numRuns: 60 },
    );
  });

  it("takes unquoted fields as they stand and leaves out a header only when told", async () => {
    const text = 'head,relation,tail\r\n 007 ,r, b\n\n"x, y",r,z\r\n';
    expect((await readText("x.csv", text, { header: true })).rows).toEqual([
      [" 007 ", "r", " b"],
      ["x, y", "r", "z"],
    ]);
    expect((await readText("x.csv", text)).rows).toHaveLength(3);
  });

  it.each([
    ["a,r,b\na,r\n", 2, "wanted 3 fields separated by commas"],
    ["a\tr\tb\n", 1, "Name the file .tsv"],
    ["a,r,b\na,,b\n", 2, "the relation is empty"],
    ['a,r,b\n"a"x,r,b\n', 2, "not CSV: Invalid Closing Quote"],
    ['a,r,b\nc,r,"d\n', 2, "not CSV: Quote Not Closed"],
  ])("reports %j with line and reason", async (text, line, reason) => {
    const error = await fault("x.csv", text);
    expect(error).toBeInstanceOf(MalformedLineError);
    expect(error).toMatchObject({ line, message: expect.stringContaining(reason) });
  });

  it("skips bad records on request and loses nothing after a stray quote", async () => {
    const text = 'a,r,b\nbad\n"c"x,r,d\n"e\ne",r,f\ng,r,"h\ni,r,j\nk,"r,l\nm,r,n\no,r,"p\n';
    const { rows, bad } = await readText("x.csv", text, { skip: true });
    expect(rows.map(([head]) => head)).toEqual(["a", "e\ne", "i", "m"]);
    expect(bad.lines.map(({ line }) => line)).toEqual([2, 3, 6, 8, 10]);
  });

  it("reads records that lie across blocks, and gives up a quote that never closes within a mebibyte", async () => {
    const rows = Array.from({ length: 20_000 }, (_, i): Row => [`entity\nnumber ${i}`, "r", `"${i}", said he`]);
    expect((await readText("x.csv", writeCsv(rows, "\r\n"))).rows).toEqual(rows);
    const stray = `a,r,"b\n${"c,r,d\n".repeat(400_000)}`;
    expect(await fault("x.csv", stray)).toMatchObject({ line: 1, message: expect.stringContaining("not CSV") });
    expect((await readText("x.csv", stray, { skip: true })).rows).toHaveLength(400_000);
  });

  it("reports a truncated compressed file", async () => {
    const compressed = gzipSync(Array.from({ length: 5000 }, (_, i) => `e${i},r,e${i * 31}\n`).join(""));
    expect(await fault("x.csv.gz", compressed.subarray(0, 4000))).toBeInstanceOf(DamagedFileError);
  });
});

describe("N-Triples", () => {
  it("reads IRIs, blank nodes and literals, comments and blank lines aside", async () => {
    const text = [
      "# a comment",
      "<http://ex.org/a> <http://ex.org/r> <http://ex.org/b> . # another",
      "",
      '_:n1 <http://ex.org/r> "Z\\u00FCrich, 007"@de .',
      '<http://ex.org/a> <http://ex.org/r> "5"^^<http://www.w3.org/2001/XMLSchema#integer> .',
      "<http://ex.org/caf\u00e9> <http://ex.org/r> _:n1 .\r",
    ].join("\n");
    expect((await readText("x.nt", text)).rows).toEqual([
      ["http://ex.org/a", "http://ex.org/r", "http://ex.org/b"],
      ["_:n1", "http://ex.org/r", '"Zürich, 007"@de'],
      ["http://ex.org/a", "http://ex.org/r", '"5"^^http://www.w3.org/2001/XMLSchema#integer'],
      ["http://ex.org/café", "http://ex.org/r", "_:n1"],
    ]);
  });

  it("keeps the names of blank nodes the same over many blocks", async () => {
    const line = (i: number) => `_:node <http://ex.org/a-rather-long-relation-name> <http://ex.org/entity/${i}> .\n`;
    const { rows } = await readText("x.nt.gz", gzipSync(Array.from({ length: 20_000 }, (_, i) => line(i)).join("")));
    expect(new Set(rows.map(([head]) => head))).toEqual(new Set(["_:node"]));
    expect(new Set(rows.map(([, , tail]) => tail)).size).toBe(20_000);
  });

  it.each([
    ["<http://a> <http://r> <http://b> .\n<http://a> <http://r> .\n", 2],
    ["<http://a> <http://r> <http://b> .\n\na\tr\tb\n", 3],
    ['<http://a> "r" <http://b> .\n', 1],
  ])("reports %j by its line", async (text, line) => {
    const error = await fault("x.nt", text);
    expect(error).toBeInstanceOf(MalformedLineError);
    expect(error).toMatchObject({ line, reason: expect.stringContaining("not N-Triples") });
  });

  it("skips bad statements on request", async () => {
    const good = "<http://a> <http://r> <http://b> .\n";
    const { rows, bad } = await readText("x.nt", `${good}broken\n${good}`, { skip: true });
    expect([rows.length, bad.count, bad.lines[0]?.line]).toEqual([2, 1, 2]);
  });
});

describe("files that cannot be read", () => {
  it("are an error that names them", async () => {
    const folder = await testFolder();
    await expect(readAll(join(folder, "none.tsv"))).rejects.toThrow(UnreadableFileError);
    await expect(readAll(join(folder, "none.csv"))).rejects.toThrow(/none\.csv: cannot be read: it does not exist/);
    await expect(readAll(join(folder, "none.nt.gz"))).rejects.toThrow(UnreadableFileError);
  });
});
