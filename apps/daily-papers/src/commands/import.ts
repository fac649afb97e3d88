import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import { pipeline, Transform, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import {
  defineCommand,
  formatCount,
  formatDuration,
  formatRate,
  printable,
  UsageError,
  type Command,
  type Output,
} from "@offprint/experiment";
import { z } from "zod";
import { importPapers, type ImportProgress } from "../papers/import-papers.ts";
import { openPapers } from "./open-papers.ts";

const config = z.strictObject({
  file: z
    .string()
    .min(1)
    .meta({ placeholder: "FILE", description: "Papers, one JSON object a line, gzipped or not; - reads stdin." }),
  json: z.boolean().default(false).describe("Print the counts as JSON."),
});

/** Broken lines that are named; the others are counted. */
const mostNamed = 20;

/** `offprint papers import`: keeps the papers of a dump. */
export const importCommand: Command<typeof config> = defineCommand({
  name: "papers import",
  summary: "Bring papers in from a dump; what is known already stays. Stopped, it goes on when it is called again.",
  arguments: ["file"],
  config,
  examples: [
    { explains: "A dump of daily papers.", config: { file: "papers.jsonl.gz" } },
    { explains: "From another program.", config: { file: "-" } },
  ],
  async run({ file, json }, { stdout, stderr, env, signal }) {
    const abort = new AbortController();
    const input = await openLines(file, AbortSignal.any([signal, abort.signal]));
    const database = await openPapers(env, () => abort.abort(new Error("another server has taken the data folder")));
    const line = new ProgressLine(stderr, input);
    let named = 0;
    try {
      const counts = await importPapers(database.db, input.lines, {
        signal: AbortSignal.any([signal, abort.signal]),
        onProgress: (progress) => line.show(progress),
        onBroken(broken) {
          named += 1;
          if (named <= mostNamed) line.say(`line ${broken.line} is left out: ${printable(broken.reason)}`);
        },
      });
      line.clear();
      if (named > mostNamed) stderr.write(`… and ${formatCount(named - mostNamed)} more lines\n`);
      stdout.write(json ? `${JSON.stringify(counts)}\n` : summary(counts));
    } finally {
      line.clear();
      await database.close();
    }
  },
});

function summary({ lines, added, changed, broken }: ImportProgress): string {
  const known = lines - added - changed - broken;
  const parts = [`${formatCount(added)} new`, `${formatCount(changed)} changed`, `${formatCount(known)} known already`];
  if (broken > 0) parts.push(`${formatCount(broken)} left out`);
  return `${formatCount(lines)} papers: ${parts.join(", ")}\n`;
}

interface Lines {
  readonly lines: AsyncIterable<string>;
  /** Share of the input that was read, from 0 to 1; undefined when its size is not known. */
  readonly share: () => number | undefined;
}

/** @throws {UsageError} when there is no such file. */
async function openLines(file: string, signal: AbortSignal): Promise<Lines> {
  const isStdin = file === "-";
  const size = isStdin ? undefined : await sizeOf(file);
  let bytes = 0;
  let isFirst = true;
  const source: Readable = isStdin ? process.stdin : createReadStream(file);
  const counted = new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  pipeline(source, counted, () => undefined);
  // What is gzipped says so in its first two bytes, whatever its name is.
  const head = await new Promise<Buffer>((resolve, reject) => {
    counted.once("data", (chunk: Buffer) => {
      counted.pause();
      counted.unshift(chunk);
      resolve(chunk);
    });
    counted.once("end", () => resolve(Buffer.alloc(0)));
    counted.once("error", reject);
  });
  const zipped = head[0] === 0x1f && head[1] === 0x8b;
  const plain: Readable = zipped ? counted.pipe(createGunzip()) : counted;
  if (zipped) counted.once("error", (error) => plain.destroy(error));
  async function* lines() {
    for await (const line of createInterface({ input: plain, crlfDelay: Infinity })) {
      signal.throwIfAborted();
      // A byte order mark is no part of the first line.
      yield isFirst ? line.replace(/^\uFEFF/, "") : line;
      isFirst = false;
    }
  }
  return { lines: lines(), share: () => (size === undefined || size === 0 ? undefined : Math.min(1, bytes / size)) };
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) throw new UsageError(`there is no file ${file}`);
  if (found.isDirectory()) throw new UsageError(`${file} is a folder; name a file of papers, one a line`);
  return found.size;
}

/** One line on a terminal that is written over and over; elsewhere nothing but what is said. */
class ProgressLine {
  readonly #stderr: Output;
  readonly #input: Lines;
  readonly #begun = performance.now();
  #shown = false;

  constructor(stderr: Output, input: Lines) {
    this.#stderr = stderr;
    this.#input = input;
  }

  show({ lines, added }: ImportProgress): void {
    if (this.#stderr.isTTY !== true) return;
    const seconds = (performance.now() - this.#begun) / 1_000;
    const share = this.#input.share();
    const left = share === undefined || share === 0 ? undefined : (seconds / share) * (1 - share);
    const parts = [
      `${formatCount(lines)} papers`,
      `${formatCount(added)} new`,
      formatRate(lines / seconds, "papers"),
      ...(left === undefined ? [] : [`${formatDuration(left)} left`]),
    ];
    this.#stderr.write(`\r\u001B[K${parts.join(" · ")}`);
    this.#shown = true;
  }

  /** Writes a line that stays. */
  say(text: string): void {
    this.clear();
    this.#stderr.write(`${text}\n`);
  }

  clear(): void {
    if (this.#shown) this.#stderr.write("\r\u001B[K");
    this.#shown = false;
  }
}
