/**
 * How long a search takes with ten thousand papers stored: `npx tsx --conditions=source bench/search.ts [DUMP]`, over the
 * embedded database, or over the PostgreSQL of DATABASE_URL (an empty database of its own). DUMP is a file of papers, one
 * JSON object a line; without one, papers are made up. Prints the median and the 95th percentile of each kind of query.
 */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import { createPglite, usePglite, usePostgres } from "../apps/daily-papers/src/database/database.ts";
import { migrate } from "../apps/daily-papers/src/database/migrate.ts";
import { importPapers } from "../apps/daily-papers/src/papers/import-papers.ts";
import { similarPapers } from "../apps/daily-papers/src/papers/similar-papers.ts";
import { searchPapers } from "../apps/daily-papers/src/search/search.queries.ts";

const rounds = 20;
const queries = {
  "two rarer words": "normalizing flows",
  "a word of most abstracts": "model",
  "two very common words": "language models",
  "a phrase": '"knowledge graph"',
  "a beginning": "quantiz*",
  "an author": "author:chen",
  "a word without another": "attention -vision",
  misspelt: "diffsuion modles",
  "nothing like it": "zzzzqqqq",
} as const;

const url = process.env["DATABASE_URL"];
const database = url === undefined ? usePglite(await createPglite({ dataDir: "memory://" })) : usePostgres(url);
await migrate(database.db);
const begun = performance.now();
const { lines } = await importPapers(database.db, process.argv[2] === undefined ? madeUp() : linesOf(process.argv[2]));
process.stdout.write(`${lines} papers in ${((performance.now() - begun) / 1_000).toFixed(1)} s\n`);

const width = Math.max(...Object.keys(queries).map((name) => name.length));
for (const [name, text] of Object.entries(queries)) {
  const times = await timesOf(async () => (await searchPapers(database.db, text)).count);
  process.stdout.write(`${name.padEnd(width)}  ${times}\n`);
}
const { id } = await database.db
  .selectFrom("paper")
  .select("id")
  .orderBy("id", "desc")
  .limit(1)
  .executeTakeFirstOrThrow();
process.stdout.write(
  `${"similar papers".padEnd(width)}  ${await timesOf(async () => (await similarPapers(database.db, id, 6)).length)}\n`,
);
await database.close();

/** Wall and processor time of `work`, in milliseconds, and what it gave. */
async function timesOf(work: () => Promise<number>): Promise<string> {
  const wall: number[] = [];
  const cpu = process.cpuUsage();
  let result = 0;
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    result = await work();
    wall.push(performance.now() - start);
  }
  const { user, system } = process.cpuUsage(cpu);
  const sorted = wall.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1).padStart(7);
  const mean = ((user + system) / 1_000 / rounds).toFixed(1).padStart(6);
  return `median ${at(0.5)}  p95 ${at(0.95)}  processor ${mean}  found ${result}`;
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const file = createReadStream(path);
  yield* createInterface({ input: path.endsWith(".gz") ? file.pipe(createGunzip()) : file });
}

/** Ten thousand papers of 150 words whose frequencies fall like those of a language. */
async function* madeUp(): AsyncGenerator<string> {
  let state = 1;
  const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  const word = () => {
    const rank = Math.floor(20_000 ** random());
    return (
      ["model", "language", "models", "attention", "vision", "knowledge", "graph"][rank - 1] ?? `word${letters(rank)}`
    );
  };
  for (let index = 0; index < 10_000; index += 1) {
    const day = new Date(Date.UTC(2024, 0, 1 + Math.floor(index / 20))).toISOString().slice(0, 10);
    const text = (words: number) => Array.from({ length: words }, word).join(" ");
    yield JSON.stringify({
      id: `24${String(1 + (index % 12)).padStart(2, "0")}.${String(10_000 + index)}`,
      title: text(9),
      abstract: text(150),
      authors: [`${letters(index)} chen`],
      publishedAt: day,
      day,
      upvotes: index % 50,
    });
  }
}

function letters(number: number): string {
  return number.toString(26).replaceAll(/\d/g, (digit) => String.fromCodePoint(113 + Number(digit)));
}
