import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { defaultCacheFolder, DownloadError } from "@offprint/download";
import { describe, expect, it, onTestFinished } from "vitest";
import { splitNames } from "./dataset.ts";
import { knownDatasets, loadDataset } from "./load-dataset.ts";
import { loadNamedDataset, namedDatasets } from "./named-datasets.ts";
import { testFolder } from "./test-folder.ts";

const shared = fileURLToPath(new URL("../../../../../shared/data/kg", import.meta.url));
const present = existsSync(shared);
if (!present) console.warn(`skipped: ${shared} is not there`);

/** A split file of the shared folder, decompressed. */
async function sharedFile(name: string, split: string): Promise<Buffer> {
  const file = join(shared, name, `${split}.tsv`);
  return existsSync(file) ? readFile(file) : gunzipSync(await readFile(`${file}.gz`));
}

/** Serves `<name>/<split>.txt` out of the shared folder. */
async function serveShared() {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const [, name = "", file = ""] = (request.url ?? "").split("/");
    asked.push(`${name}/${file}`);
    sharedFile(name, file.replace(".txt", "")).then(
      (content) => response.end(content),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, asked };
}

describe.skipIf(!present)("named datasets", () => {
  it.each(["nations", "umls", "wn18rr", "fb15k-237"])(
    "the checksums of %s are those of the stored files",
    async (name) => {
      for (const split of splitNames) {
        const digest = createHash("sha256")
          .update(await sharedFile(name, split))
          .digest("hex");
        expect(namedDatasets[name]?.checksums[split]).toBe(`sha256:${digest}`);
      }
    },
  );

  it("the counts are those of the stored table", async () => {
    const counts: Record<string, Record<string, number>> = JSON.parse(await readFile(`${shared}/counts.json`, "utf8"));
    for (const [name, { entities, relations, train, valid, test }] of Object.entries(counts)) {
      expect(namedDatasets[name]).toMatchObject({ entities, relations, counts: { train, valid, test } });
    }
  });

  it("are downloaded once, and again where the cache is damaged", async () => {
    const { baseUrl, asked } = await serveShared();
    const cacheFolder = await testFolder();
    const first = await loadNamedDataset("nations", { baseUrl, cacheFolder });
    expect(first).toMatchObject({ name: "nations", train: { length: 1592 } });
    expect(asked).toEqual(["nations/train.txt", "nations/valid.txt", "nations/test.txt"]);
    await loadNamedDataset("nations", { baseUrl: "http://127.0.0.1:9", cacheFolder });
    await appendFile(join(cacheFolder, "datasets", "nations", "valid.txt"), "spain\tembassy\tmars\n");
    const again = await loadNamedDataset("nations", { baseUrl, cacheFolder });
    expect(asked).toHaveLength(4);
    expect(again.hash).toBe(first.hash);
  });

  it("are refused where the address holds something else", async () => {
    const server = createServer((_, response) => response.end("a\tr\tb\n"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const load = loadNamedDataset("umls", { baseUrl, cacheFolder: await testFolder(), attempts: 1 });
    await expect(load).rejects.toThrow(/not the published one: wanted sha256:873ef49/);
  });
});

describe("named datasets without a connection", () => {
  it("are an error that names the addresses and tells how to give a folder instead", async () => {
    const cacheFolder = await testFolder();
    const load = loadDataset("FB15k-237", { baseUrl: "http://127.0.0.1:9/kg", cacheFolder, attempts: 1 });
    const error = await load.catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DownloadError);
    expect(error).toHaveProperty(
      "message",
      expect.stringMatching(/http:\/\/127\.0\.0\.1:9\/kg\/fb15k-237\/train\.txt[^]*give the path of a folder/),
    );
  });

  it("come from addresses that name a commit, over https", () => {
    for (const { folders, checksums } of Object.values(namedDatasets)) {
      for (const folder of folders) expect(folder).toMatch(/^https:\/\/[^?]+\/[0-9a-f]{40}\//);
      for (const checksum of Object.values(checksums))
        expect(checksum).toMatch(/^(sha256:[0-9a-f]{64}|git:[0-9a-f]{40})$/);
    }
  });
});

describe("loadDataset", () => {
  it("reads an existing path even where a name is the same", async () => {
    const folder = await testFolder();
    await writeFile(join(folder, "umls.tsv"), "a\tr\tb\nb\tr\tc\nc\tr\ta\n");
    const dataset = await loadDataset(join(folder, "umls.tsv"));
    expect(dataset.entities.labels).toEqual(["a", "b", "c"]);
  });

  it("answers an unknown name with near ones and all that are known", async () => {
    await expect(loadDataset("wordnt")).rejects.toMatchObject({ code: "UNKNOWN_DATASET", matches: ["wordnet"] });
    await expect(loadDataset("fb15k237")).rejects.toThrow(
      'called "fb15k237"; did you mean fb15k-237? Known names: wordnet,',
    );
    await expect(loadDataset("./no/such/folder")).rejects.toThrow("no file, folder or dataset");
  });

  it("builds an embedded graph once", async () => {
    const [one, two] = await Promise.all([loadDataset("wordnet"), loadDataset("WordNet")]);
    expect(one).toBe(two);
    expect((await loadDataset("wordnet", { splitSeed: 1 })).hash).not.toBe(one.hash);
  });

  it("lists every name, the embedded default first", () => {
    expect(knownDatasets[0]).toMatchObject({ name: "wordnet", embedded: true });
    expect(knownDatasets.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["wordnet-nouns", "wordnet-full", "yago3-10", "kinship", "umls", "nations"]),
    );
  });
});

describe("defaultCacheFolder", () => {
  it("is where the platform keeps caches, unless told otherwise", () => {
    expect(defaultCacheFolder({ OFFPRINT_CACHE: "/data/cache" })).toBe("/data/cache");
    expect(defaultCacheFolder({ XDG_CACHE_HOME: "/x" }, "linux")).toBe(join("/x", "offprint"));
    expect(defaultCacheFolder({}, "linux")).toBe(join(homedir(), ".cache", "offprint"));
    expect(defaultCacheFolder({}, "darwin")).toBe(join(homedir(), "Library", "Caches", "offprint"));
    expect(defaultCacheFolder({ LOCALAPPDATA: "/local" }, "win32")).toBe(join("/local", "offprint", "cache"));
  });
});
