import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isSameProcessAlive } from "./process-identity.ts";
import { freePort, makeSeededFolder } from "./testing/databases.ts";
import { PortError, startServer } from "./server.ts";
import { fakeCommand, temporaryFolder, testConfig, testSite, type TemporaryFolder } from "./testing/sites.ts";

const main = fileURLToPath(new URL("main.ts", import.meta.url));

/** A server in a process of its own, started as `npm start` starts it, from a folder that is not the repository's. */
interface ServerProcess {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly exit: Promise<number | null>;
}

describe("the server as a process", { timeout: 180_000 }, () => {
  let data: TemporaryFolder;
  let servers: ServerProcess[] = [];

  const start = (env: Record<string, string> = {}): ServerProcess => {
    const child = spawn(process.execPath, ["--conditions=source", "--import", import.meta.resolve("tsx"), main], {
      cwd: data.folder,
      env: { PATH: process.env["PATH"], OFFPRINT_DATA: data.folder, OFFPRINT_COMMAND: fakeCommand, PORT: "0", ...env },
    });
    let output = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (output += text));
    const exit = once(child, "exit").then(([code]: (number | null)[]) => code ?? null);
    const server = { child, output: () => output, exit };
    servers.push(server);
    return server;
  };
  /** The address that the server prints when it is ready. */
  const ready = async (server: ServerProcess): Promise<string> => {
    for (;;) {
      const url = /ready: (http:\S+)/.exec(server.output())?.[1];
      if (url !== undefined) return url;
      if (server.child.exitCode !== null) throw new Error(`the server ended: ${server.output()}`);
      await sleep(50);
    }
  };
  const post = (url: string, form: Record<string, string>) =>
    fetch(url, {
      method: "POST",
      body: new URLSearchParams(form),
      headers: { origin: new URL(url).origin },
      redirect: "manual",
    });
  const pageOf = async (url: string) => (await fetch(url)).text();
  /** Loads a run's page until it has done so many of its 300 steps. */
  const untilStep = async (url: string, least: number): Promise<void> => {
    for (;;) {
      const step = /step (\d+) of 300/.exec(await pageOf(url))?.[1];
      if (Number(step ?? -1) >= least) return;
      await sleep(100);
    }
  };
  /** Loads a page until it says what is wanted. */
  const untilPage = async (url: string, wanted: RegExp): Promise<string> => {
    for (;;) {
      const html = await pageOf(url);
      if (wanted.test(html)) return html;
      await sleep(100);
    }
  };

  beforeEach(async () => {
    data = temporaryFolder();
    cpSync(await makeSeededFolder(), data.folder, { recursive: true });
  });
  afterEach(async () => {
    for (const { child } of servers) child.kill("SIGKILL");
    await Promise.all(servers.map(({ exit }) => exit));
    servers = [];
    data.remove();
  });

  it("serves on IPv4 and IPv6 of its own machine, prints where, and stops in order", async () => {
    const server = start();
    const url = await ready(server);
    expect(url).toMatch(/^http:\/\/localhost:\d+$/);
    const { port } = new URL(url);
    for (const address of [`http://127.0.0.1:${port}`, `http://[::1]:${port}`]) {
      expect(await pageOf(address)).toContain("Tuesday, 10");
    }
    server.child.kill("SIGTERM");
    expect(await server.exit).toBe(0);
    expect(existsSync(join(data.folder, "server.lock"))).toBe(false);
  });

  it("says in one line which port is taken", async () => {
    const port = await freePort();
    const other = createServer().listen(port, "127.0.0.1");
    const server = start({ PORT: String(port) });
    expect(await server.exit).toBe(1);
    expect(server.output()).toContain(
      `offprint: port ${port} on localhost is taken by another program; stop it, or choose another port with PORT\n`,
    );
    await expect(
      startServer({ ...testSite(data.folder, []), config: { ...testConfig(data.folder), port } }),
    ).rejects.toThrow(PortError);
    other.close();
  });

  it.each([
    [{ PORT: "http" }, 'PORT must be a whole number from 0 to 65535; got "http"'],
    [{ PORT: "70000" }, 'PORT must be a whole number from 0 to 65535; got "70000"'],
    [{ HOST: "no host" }, 'HOST must be a host name or an IP address; got "no host"'],
    [{ DATABASE_URL: "mysql://u:secret@h/d" }, "DATABASE_URL must be an address like postgres://user:password@host"],
  ])("turns down %j in one line", async (env, line) => {
    const server = start(env);
    expect(await server.exit).toBe(1);
    expect(server.output()).toMatch(/^offprint: .*\n$/);
    expect(server.output()).toContain(line);
    expect(server.output()).not.toContain("secret");
  });

  it("refuses a data folder that another server uses, and takes it over when that one was killed", async () => {
    const first = start();
    const url = await ready(first);
    const second = start();
    expect(await second.exit).toBe(1);
    expect(second.output()).toContain(`${data.folder} is in use by process ${first.child.pid} since`);
    expect((await fetch(url)).status).toBe(200);

    first.child.kill("SIGKILL");
    await first.exit;
    expect(existsSync(join(data.folder, "server.lock"))).toBe(true);
    expect(await pageOf(await ready(start()))).toContain("Tuesday, 10");
  });

  it("goes on with a run after kill -9, and lists it still", async () => {
    const first = start();
    const url = await ready(first);
    const form = { epochs: "30", learningRate: "0.05" };
    const started = await post(`${url}/papers/2409.19977/runs`, form);
    const path = started.headers.get("location") ?? "";
    await untilStep(url + path, 12);
    const metrics = join(data.folder, path, "metrics.jsonl");
    first.child.kill("SIGKILL");
    await first.exit;

    const second = start();
    const again = await ready(second);
    await untilStep(again + path, 12);
    expect(await pageOf(`${again}/runs`)).toContain(path);
    const starts = readFileSync(metrics, "utf8").match(/"type":"started"/g);
    expect(starts).toHaveLength(2);
  });

  it("keeps a run's checkpoint when it is stopped, and ends the run's process", async () => {
    const server = start();
    const url = await ready(server);
    const started = await post(`${url}/papers/2409.19977/runs`, { epochs: "30", learningRate: "0.05" });
    const path = started.headers.get("location") ?? "";
    await untilStep(url + path, 1);
    server.child.kill("SIGINT");
    expect(await server.exit).toBe(0);
    const log = readFileSync(join(data.folder, path, "metrics.jsonl"), "utf8");
    expect(log.trim().split("\n").at(-1)).toContain('"outcome":"cancelled"');

    const again = await ready(start());
    await untilStep(again + path, 1);
    await post(`${again}${path}/cancel`, {});
    await untilPage(again + path, /The run was cancelled/);
  });

  it("knows a process by its start time and not by its id alone", () => {
    expect(isSameProcessAlive(process.pid, undefined)).toBe(true);
    expect(isSameProcessAlive(process.pid, "long ago")).toBe(false);
    expect(isSameProcessAlive(2 ** 22 + 1, undefined)).toBe(false);
  });
});
