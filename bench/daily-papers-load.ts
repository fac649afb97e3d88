/**
 * How the site holds many readers: 100 at once on one core, with all papers of a dump stored, beside a plain Node page of
 * the same papers in the same run.
 *
 *   node --conditions=source --import tsx bench/daily-papers-load.ts DATA [--seconds 20] [--minutes 0] [--rate 50] [--readers 100]
 *
 * DATA is a data folder into which `offprint papers import` brought the papers. Both servers are kept on core 0 by
 * `taskset`, where there is one; the readers are this process. With `--minutes`, the readers then go through pages of every
 * kind for so long, `--rate` of them a second, and the site's memory is told each minute.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import autocannon, { type Request } from "autocannon";
import { openEmbeddedDatabase } from "../apps/daily-papers/src/database/database.ts";
import { migrate } from "../apps/daily-papers/src/database/migrate.ts";
import { accountOf } from "../apps/daily-papers/src/people/account.queries.ts";
import { startSession } from "../apps/daily-papers/src/people/session.queries.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "20" },
    minutes: { type: "string", default: "0" },
    rate: { type: "string", default: "50" },
    readers: { type: "string", default: "100" },
  },
});
const [data] = positionals;
if (data === undefined) throw new Error("name the data folder that holds the papers");
const readers = Number(values.readers);
const tsx = import.meta.resolve("tsx");
const main = fileURLToPath(new URL("../apps/daily-papers/src/main.ts", import.meta.url));

interface Server {
  readonly child: ChildProcess;
  readonly url: string;
}

/** Starts a server on core 0, and waits until it says where it is. */
async function start(words: readonly string[], env: NodeJS.ProcessEnv): Promise<Server> {
  const child = spawn("taskset", ["-c", "0", process.execPath, ...words], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "ignore"],
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  for (;;) {
    const url = /ready: (http:\S+)/.exec(said)?.[1];
    if (url !== undefined) return { child, url };
    if (child.exitCode !== null) throw new Error(`the server ended: ${said}`);
    await sleep(50);
  }
}

/** Resident memory of a process in MiB. */
function memoryOf({ child }: Server): number {
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}

/** Processor time of a process so far in milliseconds; unlike latency, it says the same on a busy machine. */
function processorTimeOf({ child }: Server): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

interface Load {
  readonly path: string;
  readonly seconds: number;
  readonly cookie?: string;
  /** Requests a second of all readers together; absent: as many as they get answers. */
  readonly overallRate?: number;
}

async function load(name: string, server: Server, { path, seconds, cookie, overallRate }: Load): Promise<void> {
  const url = `${server.url}${path}`;
  const headers = { "accept-encoding": "gzip", ...(cookie === undefined ? {} : { cookie }) };
  await autocannon({ url, connections: 10, duration: 3, headers });
  const before = processorTimeOf(server);
  const { latency, requests, throughput, errors, non2xx } = await autocannon({
    url,
    connections: readers,
    duration: seconds,
    headers,
    ...(overallRate === undefined ? {} : { overallRate }),
  });
  const row = {
    name,
    path,
    p50: latency.p50,
    p90: latency.p90,
    p99: latency.p99,
    max: latency.max,
    perSecond: Math.round(requests.average),
    processorMs: Math.round(((processorTimeOf(server) - before) / Math.max(requests.total, 1)) * 100) / 100,
    kilobytes: Math.round(throughput.average / Math.max(requests.average, 1) / 100) / 10,
    errors,
    non2xx,
    memory: memoryOf(server),
    load: loadavg()[0],
  };
  process.stdout.write(`${JSON.stringify(row)}\n`);
}

/** Waits until the jobs of a site that has just started are done. */
async function untilNothingIsDue({ url }: Server): Promise<void> {
  for (;;) {
    const numbers = await (await fetch(`${url}/metrics`)).text();
    if (/^offprint_jobs_waiting 0$/m.test(numbers)) return;
    await sleep(500);
  }
}

/** The cookie of a reader who is signed in at the site that will run in this data folder. */
async function signIn(dataFolder: string): Promise<string> {
  const { db, close } = await openEmbeddedDatabase(dataFolder);
  try {
    await migrate(db);
    const now = new Date();
    const token = await db.transaction().execute(async (trx) => {
      const { accountId } = await accountOf(trx, { email: "reader@example.org", adminEmail: undefined, now });
      return startSession(trx, { accountId, browser: undefined, now });
    });
    return `offprint=${token}`;
  } finally {
    await close();
  }
}

interface ListedPaper {
  readonly title: string;
  readonly paper: { readonly id: string };
}

/** Pages, feeds and searches in turn, other days and words in each minute; half of the readers bring a cookie, for whom nothing is kept. */
function everyKind(papers: readonly ListedPaper[], minute: number): Request[] {
  const day = new Date(Date.UTC(2025, 0, 1 + 7 * minute)).toISOString().slice(0, 10);
  const paths = papers.flatMap(({ title, paper }, i) => [
    ["/", "/trending", `/month/${day.slice(0, 7)}`, `/date/${day}`, `/feeds/daily.atom`, "/api/daily_papers"][i % 6] ??
      "/",
    `/papers/${paper.id}`,
    `/search?q=${encodeURIComponent(
      title
        .split(" ")
        .slice(minute % 3, (minute % 3) + 2)
        .join(" "),
    )}`,
  ]);
  return paths.map((path, i) => ({
    path,
    headers: { "x-forwarded-for": `192.0.2.${i % 250}`, ...(i % 2 === 0 ? { cookie: "seen=1" } : {}) },
  }));
}

/** The anchor: the same papers from memory, put together anew for each reader, without a framework. */
const plainPage = `
import { createServer } from "node:http";
import { gzipSync } from "node:zlib";
const papers = JSON.parse(process.env.PAPERS);
const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const card = ({ paper, title, summary }) =>
  "<article><h2><a href=/papers/" + paper.id + ">" + escape(title) + "</a></h2><p>" +
  escape(paper.authors.map(({ name }) => name).join(", ")) + "</p><p>" + escape(summary) + "</p><p>" + paper.upvotes + " votes</p></article>";
createServer((request, response) => {
  const body = gzipSync("<!doctype html><title>Papers</title><h1>Papers</h1>" + papers.map(card).join(""));
  response.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-encoding": "gzip", "content-length": body.length });
  response.end(body);
}).listen(0, "127.0.0.1", function () { console.log("ready: http://127.0.0.1:" + this.address().port); });
`;

process.stdout.write(
  `${JSON.stringify({ node: process.version, processor: cpus()[0]?.model, cores: cpus().length, readers, load: loadavg() })}\n`,
);
const signedIn = await signIn(data);
const site = await start(["--conditions=source", "--import", tsx, main], {
  OFFPRINT_DATA: data,
  OFFPRINT_INGEST: "off",
  OFFPRINT_COMMAND: "none", // nothing is learned in the background meanwhile
  OFFPRINT_TRUST_PROXY: "loopback", // so that the readers may come from addresses of their own
  PORT: "0",
});
try {
  const seconds = Number(values.seconds);
  const papers = await (await fetch(`${site.url}/api/daily_papers?limit=50`)).text();
  const newest: unknown = JSON.parse(papers);
  const day = /"submittedOnDailyAt":"(\d{4}-\d\d-\d\d)/.exec(papers)?.[1] ?? "";
  const ofDay = await (await fetch(`${site.url}/api/daily_papers?limit=100&date=${day}`)).text();
  if (!Array.isArray(newest) || newest.length === 0) throw new Error("the data folder holds no papers");
  await untilNothingIsDue(site);
  await load("Offprint, today", site, { path: "/", seconds });
  await load("Offprint, a day of the archive", site, { path: "/date/2026-01-15", seconds });
  await load("Offprint, feed", site, { path: "/feeds/daily.atom", seconds });
  await load("Offprint, today, 500 a second", site, { path: "/", seconds, overallRate: 500 });
  await load("Offprint, today, signed in", site, { path: "/", seconds, cookie: signedIn });
  await load("Offprint, today, signed in, 30 a second", site, {
    path: "/",
    seconds,
    cookie: signedIn,
    overallRate: 30,
  });
  const plain = await start(["--input-type=module", "-e", plainPage], { PAPERS: ofDay });
  try {
    await load("plain Node, the same papers", plain, { path: "/", seconds });
    await load("plain Node, 200 a second", plain, { path: "/", seconds, overallRate: 200 });
  } finally {
    plain.child.kill("SIGTERM");
  }
  for (let minute = 1; minute <= Number(values.minutes); minute += 1) {
    const requests = everyKind(newest as readonly ListedPaper[], minute);
    const overallRate = Number(values.rate);
    const { non2xx, errors, ...told } = await autocannon({
      url: site.url,
      connections: readers,
      duration: 60,
      overallRate,
      requests,
      headers: { "accept-encoding": "gzip" },
    });
    const row = { minute, answers: told.requests.total, non2xx, errors, memory: memoryOf(site), load: loadavg()[0] };
    process.stdout.write(`${JSON.stringify(row)}\n`);
  }
} finally {
  site.child.kill("SIGTERM");
}
