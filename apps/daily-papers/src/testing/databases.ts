import { execFile, spawn, type ChildProcess } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import {
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { Client } from "pg";
import { createPglite, usePglite, usePostgres, type OpenDatabase } from "../database/database.ts";
import { migrate } from "../database/migrate.ts";
import { seed } from "../database/seed.ts";

const run = promisify(execFile);

/** A kind of database that the queries must work on alike. */
export interface DatabaseKind {
  readonly name: string;
  /** Why it cannot be tried here; undefined when it can. */
  readonly missing: string | undefined;
  /** A new database with all migrations and nothing else. */
  readonly open: () => Promise<OpenDatabase>;
  /** A new database without anything. */
  readonly openEmpty: () => Promise<OpenDatabase>;
  /** Stops what `open` had to start. */
  readonly stop: () => Promise<void>;
}

/** Both databases: the embedded one, and a real server (`DATABASE_URL_TEST`, or one started here where it is installed). */
export function databaseKinds(): DatabaseKind[] {
  return [embedded(), postgres()];
}

function embedded(): DatabaseKind {
  return {
    name: "PGlite",
    missing: undefined,
    open: openMigratedPglite,
    openEmpty: async () => usePglite(await createPglite({ loadDataDir: await emptyFiles() })),
    stop: async () => undefined,
  };
}

/** A database of its own in memory, with all migrations and nothing else. */
export async function openMigratedPglite(): Promise<OpenDatabase> {
  return usePglite(await createPglite({ loadDataDir: await migratedFiles() }));
}

function migratedFiles(): Promise<Blob> {
  const folder = new URL("../database/migrations/", import.meta.url);
  const sql = readdirSync(folder)
    .toSorted()
    .map((name) => readFileSync(new URL(name, folder)));
  return keptFiles(Buffer.concat(sql), migrate);
}

function emptyFiles(): Promise<Blob> {
  return keptFiles(Buffer.from("empty"), async () => undefined);
}

/** PGlite takes seconds to make a database: the files of one are made once and kept for all test files. */
async function keptFiles(contents: Buffer, fill: (db: OpenDatabase["db"]) => Promise<unknown>): Promise<Blob> {
  const key = createHash("sha256").update(contents).update("pglite 0.5.14").digest("hex").slice(0, 16);
  const path = join(tmpdir(), `offprint-daily-papers-${key}.tar`);
  if (!existsSync(path)) {
    const pglite = await createPglite({ dataDir: "memory://" });
    const { db, close } = usePglite(pglite);
    await fill(db);
    const unfinished = `${path}.${randomUUID()}`;
    writeFileSync(unfinished, Buffer.from(await (await pglite.dumpDataDir("none")).arrayBuffer()));
    renameSync(unfinished, path);
    await close();
  }
  return new Blob([new Uint8Array(readFileSync(path))]);
}

function postgres(): DatabaseKind {
  const server = testPostgres();
  const openEmpty = async () => {
    const { url, drop } = await server.newDatabase();
    const { db, close } = usePostgres(url);
    return { db, close: () => close().then(drop) };
  };
  return {
    name: "PostgreSQL",
    missing: server.missing,
    openEmpty,
    async open() {
      const database = await openEmpty();
      await migrate(database.db);
      return database;
    },
    stop: server.stop,
  };
}

interface TestPostgres {
  /** Why there is no server; undefined when there is one. */
  readonly missing: string | undefined;
  /** A new empty database. */
  readonly newDatabase: () => Promise<{ readonly url: string; readonly drop: () => Promise<void> }>;
  readonly stop: () => Promise<void>;
}

/** The server of `DATABASE_URL_TEST`, or one that is started here when it is first needed, where it is installed. */
export function testPostgres(): TestPostgres {
  const given = process.env["DATABASE_URL_TEST"];
  const installed = installedPostgres();
  let server: Promise<LocalPostgres> | undefined;
  return {
    missing:
      given === undefined && installed === undefined
        ? "no PostgreSQL server is installed and DATABASE_URL_TEST is not set"
        : undefined,
    async newDatabase() {
      const url = given ?? (await (server ??= startPostgres(installed ?? ""))).url;
      const name = `offprint_test_${randomUUID().replaceAll("-", "")}`;
      await query(url, `create database ${name}`);
      return {
        url: withDatabase(url, name),
        drop: async () => void (await query(url, `drop database ${name} with (force)`)),
      };
    },
    stop: async () => (await server)?.stop(),
  };
}

/** The folder of PostgreSQL's programs, where it is installed. */
export function installedPostgres(): string | undefined {
  const programs = ["/usr/local/bin", ...[18, 17, 16, 15].map((version) => `/usr/lib/postgresql/${version}/bin`)];
  return programs.find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")));
}

const nobody = { uid: 65_534, gid: 65_534 };

export interface LocalPostgres {
  readonly url: string;
  /** Stops the server, as an admin would, and starts it again. */
  readonly restart: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** A PostgreSQL server of our own in a temporary folder. It refuses to run as root and is started as `nobody` then. */
export async function startPostgres(programs: string): Promise<LocalPostgres> {
  const folder = mkdtempSync(join(tmpdir(), "offprint-postgres-"));
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? nobody : {};
  if (isRoot) chownSync(folder, nobody.uid, nobody.gid);
  const data = join(folder, "data");
  await run(join(programs, "initdb"), ["-D", data, "-U", "offprint", "-A", "trust", "-E", "UTF8", "--no-sync"], {
    ...user,
    cwd: folder,
  });
  const port = await freePort();
  const url = `postgres://offprint@127.0.0.1:${port}/postgres`;
  const begin = async (): Promise<ChildProcess> => {
    const child = spawn(
      join(programs, "postgres"),
      ["-D", data, "-p", String(port), "-h", "127.0.0.1", "-k", folder, "-F"],
      { ...user, cwd: folder, stdio: "ignore" },
    );
    for (let tries = 0; ; tries += 1) {
      const answer = await query(url, "select 1").catch((error: unknown) => error);
      if (!(answer instanceof Error)) return child;
      if (tries > 100) throw answer;
      await sleep(100);
    }
  };
  const end = async (child: ChildProcess) => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGINT");
    await ended;
  };
  let child = await begin();
  return {
    url,
    async restart() {
      await end(child);
      child = await begin();
    },
    async stop() {
      await end(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function query(url: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

function withDatabase(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
}

let seededFolder: Promise<string> | undefined;

/** A data folder with a seeded database, to be copied: making one takes seconds. It is removed when the process ends. */
export function makeSeededFolder(): Promise<string> {
  seededFolder ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), "offprint-seeded-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    const { db, close } = usePglite(
      await createPglite({ dataDir: join(folder, "database"), loadDataDir: await migratedFiles() }),
    );
    await seed(db);
    await close();
    return folder;
  })();
  return seededFolder;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("the system gave no port");
  return address.port;
}
