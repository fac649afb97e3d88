import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { installedPostgres, startPostgres, type LocalPostgres } from "../testing/databases.ts";
import { fakeCommand, temporaryFolder, type TemporaryFolder } from "../testing/sites.ts";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));
const installed = installedPostgres();

interface SiteProcess {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly url: () => Promise<string>;
}

describe.skipIf(installed === undefined)("several processes on PostgreSQL", { timeout: 600_000 }, () => {
  let postgres: LocalPostgres;
  let data: TemporaryFolder;
  let processes: SiteProcess[] = [];

  beforeAll(async () => {
    postgres = await startPostgres(installed ?? "");
    data = temporaryFolder();
  }, 60_000);
  afterEach(async () => {
    for (const { child } of processes) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGTERM");
      await once(child, "exit");
    }
    processes = [];
  }, 60_000);
  afterAll(async () => {
    await postgres.stop();
    data.remove();
  });

  const start = (role: "web" | "worker"): SiteProcess => {
    const child = spawn(process.execPath, ["--conditions=source", "--import", import.meta.resolve("tsx"), main], {
      cwd: data.folder,
      env: {
        PATH: process.env["PATH"],
        OFFPRINT_DATA: data.folder,
        OFFPRINT_COMMAND: fakeCommand,
        OFFPRINT_INGEST: "off",
        PORT: "0",
        DATABASE_URL: postgres.url,
        OFFPRINT_ROLE: role,
      },
    });
    let output = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (output += text));
    const started: SiteProcess = {
      child,
      output: () => output,
      async url() {
        for (;;) {
          const found = /ready: (http:\S+)/.exec(output)?.[1];
          if (found !== undefined) return found;
          if (child.exitCode !== null) throw new Error(`the process ended: ${output}`);
          await sleep(50);
        }
      },
    };
    processes.push(started);
    return started;
  };
  const until = async (what: string, look: () => Promise<boolean>): Promise<void> => {
    for (let tries = 0; ; tries += 1) {
      if (await look().catch(() => false)) return;
      if (tries > 300)
        throw new Error(`it never came: ${what}; ${processes.map(({ output }) => output()).join("\n---\n")}`);
      await sleep(200);
    }
  };
  const begin = async (url: string, seed: string): Promise<string> => {
    const sent = await fetch(`${url}/papers/2409.19977/runs`, {
      method: "POST",
      redirect: "manual",
      headers: { origin: url },
      body: new URLSearchParams({ dataset: "wordnet", model: "nfe-1", dimension: "8", epochs: "2", seed }),
    });
    const path = sent.headers.get("location");
    if (sent.status !== 303 || path === null) throw new Error(`the run was not queued: ${sent.status}`);
    return path;
  };
  /** Whether a run's page shows no work any more. */
  const isAtRest = async (url: string): Promise<boolean> => {
    const answer = await fetch(url);
    const text = await answer.text();
    return answer.status === 200 && text.includes("<h1") && !text.includes("data-live");
  };

  it("share the readers, and one works; a database that starts anew stops none of them", async () => {
    const [first, second, worker] = [start("web"), start("web"), start("worker")];
    const [one, other, work] = await Promise.all([first.url(), second.url(), worker.url()]);

    const run = await begin(one, "0");
    await until("the result on the other process", () => isAtRest(`${other}${run}`));
    expect((await fetch(`${work}/`)).status).toBe(404);
    expect((await fetch(`${work}/readyz`)).status).toBe(200);

    await postgres.restart();
    await until("readiness", async () => {
      const answers = await Promise.all([one, other, work].map((url) => fetch(`${url}/readyz`)));
      return answers.every(({ status }) => status === 200);
    });
    expect((await fetch(`${other}/papers/2409.19977`)).status).toBe(200);
    const later = await begin(other, "0");
    await until("a result after the restart", () => isAtRest(`${one}${later}`));

    // Another worker takes over from one that dies.
    const next = start("worker");
    await next.url();
    worker.child.kill("SIGKILL");
    const last = await begin(one, "0");
    await until("a result of the next worker", () => isAtRest(`${one}${last}`));
    for (const { child } of processes) if (child !== worker.child) expect(child.exitCode).toBeNull();
  });
});
