import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HubError, LanguageModelError } from "@offprint/language-model";
import { describe, expect, it, onTestFinished } from "vitest";
import { EncoderSourceError } from "./errors.ts";
import { describeEncoders, openEncoder } from "./open-encoder.ts";
import { toyModelFiles, toyModelFolder } from "./sentence-transformers/toy-model.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";

/** A server that offers the toy model as the hub does; `close` takes it away. */
async function toyHub(files: Readonly<Record<string, string | Buffer>>) {
  const server = createServer((request, response) => {
    const url = request.url ?? "";
    if (url.startsWith("/api/models/me/toy/revision/main")) {
      const siblings = Object.entries(files).map(([rfilename, content]) => ({
        rfilename,
        size: Buffer.byteLength(content),
        lfs: { size: Buffer.byteLength(content), sha256: createHash("sha256").update(content).digest("hex") },
      }));
      response.end(JSON.stringify({ sha: commit, siblings }));
      return;
    }
    response.end(files[url.replace(`/me/toy/resolve/${commit}/`, "")]);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(close);
  const cacheFolder = await mkdtemp(join(tmpdir(), "encoder-cache-"));
  onTestFinished(() => rm(cacheFolder, { recursive: true }));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { hub: { endpoint, cacheFolder, attempts: 1 }, close };
}

describe("openEncoder", () => {
  it("opens Universal Sentence Encoder lite where nothing is asked for", async () => {
    await using encoder = await openEncoder();
    expect(encoder.id).toMatch(/^use-lite@/);
  });

  it("opens a folder of a sentence-transformers model", async () => {
    await using encoder = await openEncoder(await toyModelFolder());
    expect(encoder.dimensions).toBe(3);
  });

  it("downloads a hub model once, by checksum, and works without a connection afterwards", async () => {
    const { hub, close } = await toyHub({ ...toyModelFiles(), "model.safetensors": "not wanted" });
    const ids: string[] = [];
    for (const last of [false, true]) {
      if (last) close();
      await using encoder = await openEncoder("me/toy", { hub });
      ids.push(encoder.id);
      expect((await encoder.encode(["kill time"])).count).toBe(1);
    }
    expect(ids[0]).toMatch(/^me\/toy@sha256:/);
    expect(ids[1]).toBe(ids[0]);
  });

  it("says that a hub model has no export, and that the hub cannot be reached", async () => {
    const { hub, close } = await toyHub(toyModelFiles({ "onnx/model.onnx": null }));
    await expect(openEncoder("me/toy", { hub })).rejects.toThrow(/me\/toy: has no ONNX export; wanted/);
    close();
    await expect(openEncoder("me/toy", { hub })).rejects.toThrow(HubError);
    await expect(openEncoder("me/toy", { hub })).rejects.toThrow(/cannot be reached/);
  });

  it("refuses what is no encoder, listing what there is", async () => {
    await expect(openEncoder("use-light")).rejects.toThrow(EncoderSourceError);
    for (const { spec } of describeEncoders()) await expect(openEncoder("use-light")).rejects.toThrow(spec);
    await expect(openEncoder("lm:nowhere")).rejects.toThrow(LanguageModelError);
  });
});
