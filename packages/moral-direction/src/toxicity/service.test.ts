import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { toxicityService } from "./service.ts";

type Answer = (body: { texts: string[] }, response: ServerResponse, request: IncomingMessage) => void;

let close: (() => void) | undefined;
afterEach(() => close?.());

/** A service that gives its n-th answer to the n-th request, the last one ever after. */
async function serve(...answers: Answer[]): Promise<{ url: string; requests: () => number }> {
  let requests = 0;
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const answer = answers[Math.min(requests++, answers.length - 1)]!;
      return answer(JSON.parse(body) as { texts: string[] }, response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/rate`, requests: () => requests };
}

const lengths: Answer = ({ texts }, response) =>
  void response.end(JSON.stringify({ scores: texts.map(({ length }) => length / 10) }));
const status =
  (code: number): Answer =>
  (_, response) =>
    void response.writeHead(code).end("no");
const quick = { pause: 1, timeout: 2000 };

describe("a toxicity service", () => {
  it("gets texts in batches and gives their scores in order", async () => {
    const { url, requests } = await serve(lengths);
    const rates = await toxicityService(url, { batch: 2 }).rate(["a", "bb", "ccc"]);
    expect([...rates]).toEqual([0.1, 0.2, 0.3]);
    expect(requests()).toBe(2);
  });

  it("is asked again after a failure that may pass", async () => {
    const { url, requests } = await serve(status(503), status(429), (_, response) => response.destroy(), lengths);
    expect([...(await toxicityService(url, quick).rate(["abc"]))]).toEqual([0.3]);
    expect(requests()).toBe(4);
  });

  it("is given up after the last try, and not asked again where that cannot help", async () => {
    const down = await serve(status(500));
    await expect(toxicityService(down.url, { ...quick, retries: 2 }).rate(["a"])).rejects.toThrow(
      "it answered with status 500, 3 times",
    );
    close?.();
    const forbidden = await serve(status(403));
    await expect(toxicityService(forbidden.url, quick).rate(["a"])).rejects.toThrow("status 403");
    expect(forbidden.requests()).toBe(1);
  });

  it("is cut off when it does not answer in time", async () => {
    const { url } = await serve(() => undefined);
    const service = toxicityService(url, { pause: 1, timeout: 50, retries: 1 });
    await expect(service.rate(["a"])).rejects.toThrow("no answer within 50 ms, 2 times");
  });

  it("is refused for an answer that is too long, no JSON, out of range or short", async () => {
    const answers: [string, RegExp][] = [
      [`{"scores":[${"0,".repeat(2000)}0]}`, /longer than 1000 bytes/],
      ["<html>", /wanted \{"scores"/],
      [`{"scores":[7]}`, /wanted \{"scores"/],
      [`{"scores":[]}`, /1 texts were sent, 0 scores came/],
    ];
    for (const [body, message] of answers) {
      const { url } = await serve((_, response) => void response.end(body));
      await expect(toxicityService(url, { ...quick, bodyLimit: 1000 }).rate(["a"])).rejects.toThrow(message);
      close?.();
    }
  });

  it("stops with the signal's reason, also while it waits", async () => {
    const { url } = await serve(status(503));
    const controller = new AbortController();
    const rating = toxicityService(url, { pause: 60_000 }).rate(["a"], controller.signal);
    setTimeout(() => controller.abort(new Error("enough")), 50);
    await expect(rating).rejects.toThrow("enough");
  });

  it("gets name and password of the address as a header, and shows them nowhere", async () => {
    const { url } = await serve(({ texts }, response, { headers }) => {
      response.end(JSON.stringify({ scores: texts.map(() => (headers.authorization === "Basic bWU6a2V5" ? 1 : 0)) }));
    });
    const service = toxicityService(url.replace("//", "//me:key@"));
    expect([...(await service.rate(["a"]))]).toEqual([1]);
    expect(service.name).toBe(url);
  });

  it("is refused where the address is none", () => {
    expect(() => toxicityService("ftp://x")).toThrow("begins with http:// or https://");
  });
});
