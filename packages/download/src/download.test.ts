import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Checksum, checksumOf } from "./checksum.ts";
import { downloadFile, type DownloadOptions } from "./download.ts";
import { DownloadError } from "./errors.ts";
import { testFolder } from "./test-folder.ts";

const content = Buffer.from(Array.from({ length: 40_000 }, (_, i) => `e${i}\tr\te${(i * 31) % 40_000}\n`).join(""));
const checksum: Checksum = `sha256:${createHash("sha256").update(content).digest("hex")}`;

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server on this machine whose n-th request gets the n-th answer, and the last answer from then on. */
async function serve(...answers: Answer[]) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answers[Math.min(requests.length, answers.length) - 1]!(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/train.txt`, requests };
}

/** Answers ranges as a file server does. */
const good: Answer = ({ headers }, response) => {
  const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);
  if (start >= content.length) {
    response.writeHead(416).end();
  } else {
    const part = content.subarray(start);
    const range = `bytes ${start}-${content.length - 1}/${content.length}`;
    response.writeHead(headers.range ? 206 : 200, { "content-length": part.length, "content-range": range }).end(part);
  }
};
const status =
  (code: number): Answer =>
  (_, response) =>
    void response.writeHead(code).end("no");
/** Promises everything and breaks the connection after `bytes`. */
const cutAfter =
  (bytes: number): Answer =>
  (_, response) => {
    response.writeHead(200, { "content-length": content.length });
    response.write(content.subarray(0, bytes), () => response.destroy());
  };

async function download(urls: string[], options: DownloadOptions = {}, sum = checksum) {
  const target = join(await testFolder(), "sub", "train.txt");
  const run = () =>
    downloadFile(
      { urls, target, checksum: sum, advice: "Give a folder instead." },
      { attempts: 3, retryDelay: 1, ...options },
    );
  return { target, run, files: () => readdir(join(target, "..")) };
}

describe("downloadFile", () => {
  it("puts the whole file under its name and leaves nothing else", async () => {
    const { url, requests } = await serve(good);
    const progress: number[] = [];
    const { target, run, files } = await download([url], { onProgress: ({ bytes }) => progress.push(bytes) });
    await run();
    expect((await readFile(target)).equals(content)).toBe(true);
    expect(await files()).toEqual(["train.txt"]);
    expect(progress.at(-1)).toBe(content.length);
    expect(requests[0]?.headers["accept-encoding"]).toBe("identity");
  });

  it("goes on where a broken connection stopped", async () => {
    const { url, requests } = await serve(cutAfter(300_000), good);
    const { target, run } = await download([url]);
    await run();
    expect((await readFile(target)).equals(content)).toBe(true);
    expect(Number(/^bytes=(\d+)-$/.exec(requests[1]?.headers.range ?? "")?.[1])).toBeGreaterThan(0);
  });

  it("goes on in a later call where an earlier one gave up", async () => {
    const { url, requests } = await serve(cutAfter(300_000), status(500), status(503), good);
    const { target, run, files } = await download([url]);
    await expect(run()).rejects.toThrow(DownloadError);
    expect(await files()).toEqual(["train.txt.part"]);
    await run();
    expect((await readFile(target)).equals(content)).toBe(true);
    expect(requests.at(-1)?.headers.range).toMatch(/^bytes=[1-9]/);
  });

  it("starts again where the server knows no ranges, or the partial file is not a beginning of it", async () => {
    const whole: Answer = (_, response) => void response.end(content);
    const first = await download([(await serve(cutAfter(1000), whole)).url]);
    await first.run();
    expect((await readFile(first.target)).equals(content)).toBe(true);

    const { url, requests } = await serve(status(500), status(500), status(500), good);
    const second = await download([url]);
    await expect(second.run()).rejects.toThrow(DownloadError);
    for (const stale of [Buffer.from("something else"), Buffer.concat([content, content])]) {
      await writeFile(`${second.target}.part`, stale);
      await second.run();
      expect((await readFile(second.target)).equals(content)).toBe(true);
    }
    expect(requests).toHaveLength(3 + 4);
  });

  it("tries again after 5xx and follows redirects", async () => {
    const { url: goal } = await serve(good);
    const { url } = await serve(status(500), (_, response) => void response.writeHead(302, { location: goal }).end());
    const { target, run } = await download([url]);
    await run();
    expect((await readFile(target)).equals(content)).toBe(true);
  });

  it("keeps the authorization from a host that it is redirected to", async () => {
    const { url: goal, requests: elsewhere } = await serve(good);
    const { url, requests } = await serve((_, response) => void response.writeHead(302, { location: goal }).end());
    const { run } = await download([url], { headers: { authorization: "Bearer secret" } });
    await run();
    expect(requests[0]?.headers.authorization).toBe("Bearer secret");
    expect(elsewhere[0]?.headers.authorization).toBeUndefined();
  });

  it("goes to the next address at once after 404, and after the last try otherwise", async () => {
    const [missing, failing, working] = [await serve(status(404)), await serve(status(500)), await serve(good)];
    const { run } = await download([missing.url, failing.url, working.url]);
    await run();
    expect([missing.requests.length, failing.requests.length, working.requests.length]).toEqual([1, 3, 1]);
  });

  it("does not accept other content, and says what was wanted and what came", async () => {
    const { url } = await serve((_, response) => void response.end("<html>Sign in</html>"));
    const { target, run, files } = await download([url]);
    await expect(run()).rejects.toThrow(new RegExp(`wanted ${checksum}, came sha256:[0-9a-f]{64}`));
    await expect(readFile(target)).rejects.toThrow("ENOENT");
    expect(await files()).toEqual([]);
  });

  it("refuses a file that is too large, announced or not", async () => {
    const announced = await download([(await serve(good)).url], { maxBytes: 1000 });
    await expect(announced.run()).rejects.toThrow("larger than");
    const chunked = await download([(await serve((_, r) => void r.write(content, () => r.end(content)))).url], {
      maxBytes: content.length + 1,
    });
    await expect(chunked.run()).rejects.toThrow("larger than");
  });

  it("gives up on a server that sends nothing more", async () => {
    const { url } = await serve((_, response) => void response.write("a"));
    const { run } = await download([url], { idleTimeout: 100, attempts: 1 });
    await expect(run()).rejects.toThrow("no bytes for 0.1 s");
  });

  it("stops at once when aborted, and keeps what it has", async () => {
    const { url } = await serve((_, response) => void response.write(content.subarray(0, 5000)));
    const abort = new AbortController();
    const { run, files } = await download([url], { signal: abort.signal, onProgress: () => abort.abort() });
    await expect(run()).rejects.toThrow(/abort/i);
    expect(await files()).toEqual(["train.txt.part"]);
  });

  it("without a connection names every address, the reason and what to do", async () => {
    const { run } = await download(["http://127.0.0.1:9/train.txt", "http://nowhere.invalid/train.txt"], {
      attempts: 1,
    });
    const error = await run().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DownloadError);
    expect(error).toHaveProperty("tried", [
      expect.stringContaining("http://127.0.0.1:9/train.txt: "),
      expect.stringContaining("http://nowhere.invalid/train.txt: "),
    ]);
    expect(error).toHaveProperty("message", expect.stringContaining("Give a folder instead."));
  });

  it("lets two downloads of the same file run side by side", async () => {
    const { url } = await serve(good);
    const { target, run, files } = await download([url]);
    await Promise.all([run(), run(), run()]);
    expect((await readFile(target)).equals(content)).toBe(true);
    expect(await files()).toEqual(["train.txt"]);
  });
});

describe("checksumOf", () => {
  it("gives the ids that sha256sum and git give", async () => {
    const file = join(await testFolder({ "hello.txt": "hello\n" }), "hello.txt");
    expect(await checksumOf(file, "git:")).toBe("git:ce013625030ba8dba906f756967f9e9ca394464a");
    expect(await checksumOf(file, "sha256:")).toBe(
      "sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
    );
  });
});
