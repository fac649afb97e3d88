import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type HubDownload, hubFilesFolder, hubModelFolder, type HubOptions } from "./hub-folder.ts";
import { parseHubId } from "./hub-id.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";
const weights = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) & 255));
const indexOf = (...shards: string[]) =>
  JSON.stringify({ weight_map: Object.fromEntries(shards.map((shard, i) => [`w${i}`, shard])) });

const singleFile: Record<string, Buffer | string> = {
  "README.md": "not wanted",
  "config.json": "{}",
  "tokenizer.json": "{ }",
  "model.safetensors": weights,
  "pytorch_model.bin": "not wanted",
};

type Handler = (request: IncomingMessage, response: ServerResponse, url: string) => void;

async function listen(handle: Handler) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    handle(request, response, request.url ?? "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, close };
}

const sha256 = (content: Buffer | string) => createHash("sha256").update(content).digest("hex");
const gitId = (content: Buffer | string) =>
  createHash("sha1")
    .update(`blob ${Buffer.byteLength(content)}\0`)
    .update(content)
    .digest("hex");

/** A server that behaves like the hub: small files itself, large ones by a redirect to another host, ranges understood. */
async function hub(files = singleFile, { cut = 0, sums = files }: { cut?: number; sums?: typeof files } = {}) {
  let left = cut;
  const store = await listen((request, response, url) => {
    const content = Buffer.from(files[decodeURIComponent(url.slice(1))] ?? "");
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const part = content.subarray(start);
    const range = `bytes ${start}-${content.length - 1}/${content.length}`;
    response.writeHead(start > 0 ? 206 : 200, { "content-length": part.length, "content-range": range });
    if (left-- > 0) response.write(part.subarray(0, Math.floor(part.length / 2)), () => response.destroy());
    else response.end(part);
  });
  const front = await listen((_request, response, url) => {
    if (url === "/api/models/me/toy/revision/main?blobs=true" || url.includes(`/revision/${commit}?`)) {
      const siblings = Object.entries(sums).map(([rfilename, content]) => {
        const size = Buffer.byteLength(content);
        const lfs = rfilename.endsWith(".safetensors")
          ? { sha256: sha256(content), size, pointerSize: 130 }
          : undefined;
        return { rfilename, size, blobId: gitId(content), lfs };
      });
      response.end(JSON.stringify({ id: "me/toy", sha: commit, siblings }));
      return;
    }
    const name = url.replace(`/me/toy/resolve/${commit}/`, "");
    if (name === url || files[name] === undefined) response.writeHead(404).end();
    else if (name.endsWith(".safetensors")) response.writeHead(302, { location: `${store.url}/${name}` }).end();
    else response.end(files[name]);
  });
  return { front, store, close: () => (front.close(), store.close()) };
}

async function cacheFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "offprint-hub-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function setUp(server: Awaited<ReturnType<typeof hub>>, options: Omit<HubOptions, "cacheFolder"> = {}) {
  const settings = {
    endpoint: server.front.url,
    cacheFolder: await cacheFolder(),
    attempts: 3,
    retryDelay: 1,
    ...options,
  };
  return { ...settings, get: (id = "me/toy", more: HubOptions = {}) => hubModelFolder(id, { ...settings, ...more }) };
}

describe("hubModelFolder", () => {
  it("downloads what a model is read from, tells before how much, and then works without a connection", async () => {
    const server = await hub();
    const told: HubDownload[] = [];
    const { get, cacheFolder } = await setUp(server, { onDownload: (download) => told.push(download) });
    const folder = await get();
    expect(folder).toBe(join(cacheFolder, "models", "me", "toy", commit));
    expect((await readFile(join(folder, "model.safetensors"))).equals(weights)).toBe(true);
    expect(await readFile(join(folder, "config.json"), "utf8")).toBe("{}");
    expect(told).toEqual([
      {
        id: "me/toy",
        commit,
        files: ["config.json", "tokenizer.json", "model.safetensors"],
        bytes: weights.length + 5,
        folder,
      },
    ]);
    const asked = server.front.requests.length;
    expect(await get()).toBe(folder);
    expect(await get(`me/toy@${commit}`)).toBe(folder);
    expect(server.front.requests.length - asked).toBe(1);
    server.close();
    expect(await get()).toBe(folder);
    expect(told).toHaveLength(1);
    await rm(join(folder, "config.json"));
    await expect(get()).rejects.toThrow("cannot be reached");
  });

  it("goes on where a broken connection stopped, also in a later call", async () => {
    const server = await hub(singleFile, { cut: 4 });
    const { get } = await setUp(server);
    await expect(get()).rejects.toThrow("model.safetensors could not be downloaded");
    const folder = await get();
    expect((await readFile(join(folder, "model.safetensors"))).equals(weights)).toBe(true);
    expect(server.store.requests.filter(({ headers }) => headers.range !== undefined).length).toBeGreaterThan(2);
  });

  it("refuses content that does not have the hub's checksum", async () => {
    const other = { ...singleFile, "model.safetensors": Buffer.alloc(weights.length) };
    const { get } = await setUp(await hub(singleFile, { sums: other }));
    await expect(get()).rejects.toThrow(/wanted sha256:[0-9a-f]{64}, came sha256:/);
    const text = { ...singleFile, "config.json": "[]" };
    await expect((await setUp(await hub(singleFile, { sums: text }))).get()).rejects.toThrow(/wanted git:/);
  });

  it("downloads the shards that the index names, and no others", async () => {
    const [first, second] = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    const files: typeof singleFile = {
      "config.json": "{}",
      "model.safetensors.index.json": indexOf(first, second, first),
      [first]: "one",
      [second]: "two",
      "other.safetensors": "three",
    };
    const { get } = await setUp(await hub(files));
    const folder = await get();
    expect(await readFile(join(folder, first), "utf8")).toBe("one");
    expect(await readFile(join(folder, second), "utf8")).toBe("two");
    await expect(readFile(join(folder, "other.safetensors"))).rejects.toThrow("ENOENT");
    const lacking = { ...files, "model.safetensors.index.json": indexOf(first, "gone.safetensors") };
    await expect((await setUp(await hub(lacking))).get()).rejects.toThrow("lacks the shard gone.safetensors");
    const outside = { ...files, "model.safetensors.index.json": indexOf("../x.safetensors") };
    await expect((await setUp(await hub(outside))).get()).rejects.toThrow('names "../x.safetensors" as a shard');
    const damaged = { ...files, "model.safetensors.index.json": "{" };
    await expect((await setUp(await hub(damaged))).get()).rejects.toThrow(
      "model.safetensors.index.json that is not JSON",
    );
  });

  it("sends the token to the endpoint, to no other host, and into no message", async () => {
    const server = await hub();
    const { get } = await setUp(server, { token: "hf_secret" });
    await get();
    expect(server.front.requests.every(({ headers }) => headers.authorization === "Bearer hf_secret")).toBe(true);
    expect(server.store.requests.some(({ headers }) => headers.authorization !== undefined)).toBe(false);
    const forbidding = await listen((_, response) => response.writeHead(401).end());
    const error: unknown = await get("me/toy", { endpoint: forbidding.url, cacheFolder: await cacheFolder() }).catch(
      (caught: unknown) => caught,
    );
    expect(error).toHaveProperty("message", expect.stringContaining("set HF_TOKEN"));
    expect(JSON.stringify([String(error), error])).not.toContain("hf_secret");
  });

  it("takes endpoint, token and offline mode from the environment", async () => {
    const server = await hub();
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv("HF_ENDPOINT", `${server.front.url}/`);
    vi.stubEnv("HF_TOKEN", "hf_other");
    const folder = await cacheFolder();
    await hubModelFolder("me/toy", { cacheFolder: folder });
    expect(server.front.requests[0]?.headers.authorization).toBe("Bearer hf_other");
    const asked = server.front.requests.length;
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    await hubModelFolder("me/toy", { cacheFolder: folder });
    expect(server.front.requests).toHaveLength(asked);
  });

  it("refuses a model that is too large before anything comes", async () => {
    const server = await hub();
    const { get } = await setUp(server, { maxTotalBytes: 0 });
    await expect(get()).rejects.toThrow("is 1 MiB, more than the 0 MiB that are allowed");
    expect(server.front.requests).toHaveLength(1);
  });

  it.each<[string, Record<string, string>, string]>([
    ["only GGUF files", { "config.json": "{}", "a.gguf": "x" }, "has GGUF files only (a.gguf); download one"],
    ["only PyTorch files", { "config.json": "{}", "pytorch_model.bin": "x" }, "has no safetensors"],
    ["no config", { "model.safetensors": "x" }, "has no config.json"],
  ])("says so of a model with %s", async (_what, files, message) => {
    await expect((await setUp(await hub(files))).get()).rejects.toThrow(message);
  });

  it("explains what is not there, not like the hub, or not reachable", async () => {
    const { get, cacheFolder } = await setUp(await hub());
    await expect(get("me/other")).rejects.toThrow('has no such model, or no revision "main"');
    await expect(get("me/toy@v9")).rejects.toThrow('no revision "v9"');
    const page = await listen((_, response) => response.end("<html>Sign in</html>"));
    await expect(get("me/toy", { endpoint: page.url })).rejects.toThrow("did not answer as the hub does");
    const offline = get("me/toy", { endpoint: "http://127.0.0.1:9" });
    await expect(offline).rejects.toThrow(`the cache (${join(cacheFolder, "models", "me", "toy")}) does not hold`);
    await expect(offline).rejects.toMatchObject({ code: "HUB", exitCode: 2 });
    await expect(get("nonsense")).rejects.toThrow('wanted "owner/name" or "owner/name@revision"');
  });

  it("downloads again what is damaged in an unfinished folder", async () => {
    const server = await hub(singleFile, { cut: 3 });
    const { get, cacheFolder } = await setUp(server);
    await expect(get()).rejects.toThrow("could not be downloaded");
    const config = join(cacheFolder, "models", "me", "toy", commit, "config.json");
    await writeFile(config, "damaged");
    await get();
    expect(await readFile(config, "utf8")).toBe("{}");
  });
});

describe("parseHubId", () => {
  it.each<[string, ReturnType<typeof parseHubId>]>([
    ["HuggingFaceTB/SmolLM2-135M", { name: "HuggingFaceTB/SmolLM2-135M", revision: "main" }],
    ["a/b.c_d@refs/pr/1", { name: "a/b.c_d", revision: "refs/pr/1" }],
    ["./a/b", undefined],
    ["/a/b", undefined],
    ["a/b/c", undefined],
    ["a/..", undefined],
    ["a", undefined],
    ["a/b@", undefined],
    ["a/b@../c", undefined],
  ])("reads %s", (text, wanted) => expect(parseHubId(text)).toEqual(wanted));
});

describe("hubFilesFolder", () => {
  const onnx = {
    "config.json": "{}",
    "onnx/model.onnx": "weights",
    "1_Pooling/config.json": "{}",
    "model.safetensors": "",
  };
  const chosen = {
    cache: "encoders",
    choose: (files: readonly string[]) => files.filter((name) => name !== "model.safetensors"),
  };

  it("downloads the chosen files into their folders, once", async () => {
    const { front, close } = await hub(onnx);
    const options = { endpoint: front.url, cacheFolder: await cacheFolder() };
    const folder = await hubFilesFolder("me/toy", chosen, options);
    expect(await readFile(join(folder, "onnx/model.onnx"), "utf8")).toBe("weights");
    await expect(readFile(join(folder, "model.safetensors"))).rejects.toThrow("ENOENT");
    close();
    expect(await hubFilesFolder("me/toy", chosen, options)).toBe(folder);
  });

  it("says what the model lacks", async () => {
    const { front } = await hub(onnx);
    const options = { endpoint: front.url, cacheFolder: await cacheFolder() };
    const none = { cache: "encoders", choose: () => "has no ONNX export" };
    await expect(hubFilesFolder("me/toy", none, options)).rejects.toThrow("me/toy: has no ONNX export");
  });
});
