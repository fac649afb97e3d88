/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { SSEStreamingApi } from "hono/streaming";
import type { Kysely } from "kysely";
import type { Database } from "../database/schema.ts";
import type { Implementations } from "./implementations.ts";
import { toHtml } from "../look/html.ts";
import { drawPictures } from "./pictures.tsx";
import { LiveLine, LivePicture } from "./run.page.tsx";
import type { RunProgress } from "./run.progress.ts";
import { findRun, runsAhead } from "./run.queries.ts";
import { isAtRest, type Run } from "./run.ts";
import type { RunWorker } from "./run.worker.ts";

/** No reader is sent news more often. */
const shortestPauseMs = 500;
/** A picture takes tens of milliseconds to draw; the run needs the processor more than the picture does. */
const drawingPauseMs = 2_000;
/** Something is sent at least this often, so that browsers and proxies keep the connection. */
const longestPauseMs = 15_000;

/** A run that another process works at is looked for this often. */
const elsewherePauseMs = 1_500;

/** Pieces of the run's page, by the names of the places they belong to. */
type Fragments = Readonly<Record<string, string>>;

/** Sends readers the news of runs at work, as server-sent events. */
export class RunStreams {
  readonly #db: Kysely<Database>;
  readonly #worker: RunWorker;
  readonly #implementations: Implementations;
  readonly #most: number;
  readonly #pictures = new Map<string, { readonly at: number; readonly html: string }>();
  readonly #recent = new Map<string, { readonly at: number; readonly fragments: Promise<Fragments | undefined> }>();
  #open = 0;

  /** @param most how many readers may watch at a time. */
  constructor(db: Kysely<Database>, worker: RunWorker, implementations: Implementations, most: number) {
    this.#db = db;
    this.#worker = worker;
    this.#implementations = implementations;
    this.#most = most;
  }

  get full(): boolean {
    return this.#open >= this.#most;
  }

  /** Sends what is new of one run until it is at rest (a last event `rest`) or the reader has gone. */
  async send(id: string, stream: SSEStreamingApi): Promise<void> {
    const news = new EventTarget();
    let waiting = true;
    const unwatch = this.#worker.watch(id, () => {
      waiting = true;
      news.dispatchEvent(new Event("news"));
    });
    const gone = new AbortController();
    stream.onAbort(() => gone.abort());
    this.#open += 1;
    try {
      let sent: Fragments = {};
      while (!gone.signal.aborted) {
        waiting = false;
        const fragments = await this.#fragments(id);
        if (fragments === undefined) return await stream.writeSSE({ event: "rest", data: "" });
        for (const [event, data] of Object.entries(fragments)) {
          if (sent[event] !== data) await stream.writeSSE({ event, data });
        }
        sent = fragments;
        await sleep(shortestPauseMs, undefined, { signal: gone.signal });
        const pause = AbortSignal.any([
          gone.signal,
          AbortSignal.timeout(this.#worker.isAtWork ? longestPauseMs : elsewherePauseMs),
        ]);
        if (!waiting) await once(news, "news", { signal: pause }).catch(() => stream.write(": still here\n\n"));
      }
    } catch (error) {
      if (!gone.signal.aborted) throw error;
    } finally {
      this.#open -= 1;
      unwatch();
    }
  }

  /** Written at most once per pause, for all readers together. */
  #fragments(id: string): Promise<Fragments | undefined> {
    const now = performance.now();
    for (const [key, { at }] of this.#recent) if (now - at > shortestPauseMs) this.#recent.delete(key);
    const fragments = this.#recent.get(id)?.fragments ?? this.#write(id);
    if (!this.#recent.has(id)) this.#recent.set(id, { at: now, fragments });
    return fragments;
  }

  async #write(id: string): Promise<Fragments | undefined> {
    const run = await findRun(this.#db, id);
    if (run === undefined || isAtRest(run.status)) {
      this.#pictures.delete(id);
      return undefined;
    }
    const progress = await this.#worker.progressOf(id);
    const ahead = run.status === "queued" ? await runsAhead(this.#db, run) : 0;
    return {
      picture: await this.#picture(run, progress),
      line: await toHtml(<LiveLine run={run} progress={progress} ahead={ahead} />),
      news: newsOf(progress.last),
    };
  }

  async #picture(run: Run, progress: RunProgress): Promise<string> {
    const now = performance.now();
    const drawn = this.#pictures.get(run.id);
    if (drawn !== undefined && now - drawn.at < drawingPauseMs) return drawn.html;
    const pictures = await drawPictures(this.#implementations.of(run).pictures(progress));
    const html = await toHtml(<LivePicture drawn={pictures} />);
    this.#pictures.set(run.id, { at: now, html });
    return html;
  }
}

/** What a screen reader is told: each quarter, not each step. */
function newsOf(last: { step: number; total: number } | undefined): string {
  const quarters = last === undefined || last.total === 0 ? 0 : Math.floor((4 * last.step) / last.total);
  return quarters === 0 ? "" : `${25 * quarters} percent done`;
}
