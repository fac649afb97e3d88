import { createServer, type RequestListener, type Server } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import {
  FetchFailedError,
  FetchRefusedError,
  safeFetch,
  type ResolveAll,
  type SafeFetchOptions,
} from "./safe-fetch.ts";

describe("a guarded fetch", () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });
  const serve = async (listener: RequestListener): Promise<string> => {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const address = server.address();
    return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  };
  const local: SafeFetchOptions = {
    hosts: ["127.0.0.1"],
    localHosts: ["127.0.0.1"],
    maxBytes: 1_000,
    timeoutMs: 5_000,
  };
  const open: SafeFetchOptions = { hosts: ["papers.example"], maxBytes: 1_000, timeoutMs: 2_000 };
  const answering =
    (...addresses: string[]): ResolveAll =>
    async () =>
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));

  it("gives status, headers and body of a host that it may ask", async () => {
    const url = await serve((request, response) => {
      response.writeHead(404, { "x-seen": String(request.headers["user-agent"]) });
      response.end("none");
    });
    const answer = await safeFetch(`${url}/a?b`, { ...local, headers: { "user-agent": "Offprint" } });
    expect({ ...answer, body: answer.body.toString() }).toMatchObject({
      status: 404,
      headers: { "x-seen": "Offprint" },
      body: "none",
      url: `${url}/a?b`,
    });
  });

  it.each([
    ["https://other.example/", "none of the hosts"],
    ["http://papers.example/", "only https"],
    ["https://papers.example:8443/", "usual port"],
    ["https://a:b@papers.example/", "password"],
    ["file:///etc/passwd", "none of the hosts"],
    ["nonsense", "it is none"],
  ])("does not ask %s", async (url, why) => {
    const refused = safeFetch(url, open);
    await expect(refused).rejects.toThrow(FetchRefusedError);
    await expect(refused).rejects.toThrow(why);
  });

  it.each(["127.0.0.1", "10.1.2.3", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]", "2130706433"])(
    "does not ask the numeric host %s, even where it is named",
    async (host) => {
      const hosts = [new URL(`https://${host}/`).hostname.replace(/^\[|\]$/g, "")];
      await expect(safeFetch(`https://${host}/`, { ...open, hosts })).rejects.toThrow("not a public address");
    },
  );

  it("connects to no name of which one address is private", async () => {
    let asked = 0;
    const port = new URL(await serve((_, response) => void ((asked += 1), response.end()))).port;
    for (const resolve of [
      answering("127.0.0.1"),
      answering("93.184.215.14", "10.0.0.1"),
      answering("::ffff:127.0.0.1"),
    ]) {
      const refused = safeFetch("https://papers.example/", { ...open, resolve });
      await expect(refused).rejects.toThrow("leads to an address that is not public");
      await expect(refused).rejects.toThrow(FetchRefusedError);
    }
    expect({ asked, port }).toEqual({ asked: 0, port });
  });

  it("looks a name up once and connects to what it checked, though the next answer would differ", async () => {
    const answers = ["93.184.215.14", "127.0.0.1"];
    let looked = 0;
    const resolve: ResolveAll = async () => [{ address: answers[Math.min(looked++, 1)] ?? "", family: 4 }];
    // Nothing answers there for us; that the connection goes elsewhere than to this machine is what counts.
    await expect(safeFetch("https://papers.example/", { ...open, timeoutMs: 300, resolve })).rejects.toThrow(
      FetchFailedError,
    );
    expect(looked).toBe(1);
  });

  it("follows redirects among its hosts, and checks each", async () => {
    const url = await serve((request, response) => {
      const [, kind = ""] = request.url?.split("/") ?? [];
      const target = { good: "/end", away: "https://elsewhere.example/", loop: "/loop", odd: "http://[" }[kind];
      if (target !== undefined) response.writeHead(302, { location: target });
      response.end("the end");
    });
    expect((await safeFetch(`${url}/good`, local)).body.toString()).toBe("the end");
    await expect(safeFetch(`${url}/away`, local)).rejects.toThrow("elsewhere.example is not asked");
    await expect(safeFetch(`${url}/loop`, local)).rejects.toThrow("more than 3 redirects");
    await expect(safeFetch(`${url}/odd`, local)).rejects.toThrow("redirects to no address");
  });

  it("follows no redirect into a private network, by number or by a name that now leads there", async () => {
    let asked = 0;
    const inside = await serve((_, response) => void ((asked += 1), response.end("secret")));
    let target = "";
    const url = await serve((_, response) => response.writeHead(302, { location: target }).end());
    const resolve: ResolveAll = async () => [{ address: "127.0.0.1", family: 4 }];
    const options = { ...local, hosts: ["127.0.0.1", "10.0.0.1", "[::1]", "::1", "papers.example"], resolve };
    for (const [location, why] of [
      ["https://papers.example/", "leads to an address that is not public"],
      ["http://papers.example/", "only https"],
      ["https://10.0.0.1/", "not a public address"],
      ["https://[::1]/", "not a public address"],
      ["https://169.254.169.254/latest/meta-data", "none of the hosts"],
      [`http://localhost:${new URL(inside).port}/`, "none of the hosts"],
      ["file:///etc/passwd", "none of the hosts"],
      ["gopher://127.0.0.1/", "only http and https"],
    ] as const) {
      target = location;
      await expect(safeFetch(url, options), location).rejects.toThrow(why);
    }
    expect(asked).toBe(0);
  });

  it("asks the name anew for each fetch, so that one that was public is refused once it is not", async () => {
    let address = "93.184.215.14";
    const resolve: ResolveAll = async () => [{ address, family: 4 }];
    const ask = () => safeFetch("https://papers.example/", { ...open, timeoutMs: 300, resolve });
    await expect(ask()).rejects.toThrow(FetchFailedError);
    address = "192.168.0.1";
    await expect(ask()).rejects.toThrow(FetchRefusedError);
  });

  it.each<[string, RequestListener, string]>([
    ["too much", (_, response) => response.end("x".repeat(2_000)), "more than 1000 bytes"],
    [
      "without end",
      (_, response) => void setInterval(() => response.write("x".repeat(500)), 5).unref(),
      "more than 1000",
    ],
    ["packed", (_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end("x"), 'packed by "gzip"'],
    ["nothing at all", () => undefined, "took longer than 0.5 s"],
    ["half of it", (_, response) => response.writeHead(200, { "content-length": "9" }).write("x"), "took longer than"],
    ["a reset", (request) => request.socket.destroy(), "broke off"],
  ])("fails in words when the other side sends %s", async (_, listener, words) => {
    const failed = safeFetch(await serve(listener), { ...local, timeoutMs: 500 });
    await expect(failed).rejects.toThrow(FetchFailedError);
    await expect(failed).rejects.toThrow(words);
  });

  it("stops when it is told to", async () => {
    const signal = AbortSignal.timeout(50);
    await expect(safeFetch(await serve(() => undefined), { ...local, signal })).rejects.toThrow("timeout");
  });
});
