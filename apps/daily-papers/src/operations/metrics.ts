import type { Kysely } from "kysely";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Database } from "../database/schema.ts";
import type { Outcome } from "../sources/remote.ts";
import { readStanding, type Standing } from "./standing.queries.ts";

/** The site's numbers in the words of Prometheus. Requests are counted by route pattern, so that their number is bounded. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Histogram<"method" | "route" | "status">;
  readonly #jobs: Gauge;
  readonly #jobAge: Gauge;
  readonly #failedJobs: Gauge;
  readonly #runs: Gauge<"status">;
  readonly #mails: Gauge<"state">;
  readonly #sources: Gauge<"source">;
  readonly #sourceFailures: Gauge<"source">;
  readonly #sourceRequests: Counter<"source" | "outcome">;
  readonly #papers: Gauge;

  constructor() {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    const gauge = <T extends string = never>(name: string, help: string, labelNames: readonly T[] = []) =>
      new Gauge<T>({ name, help, labelNames, registers });
    this.#requests = new Histogram({
      name: "offprint_request_seconds",
      help: "Time to answer a request",
      labelNames: ["method", "route", "status"],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    });
    this.#jobs = gauge("offprint_jobs_waiting", "Jobs that are due and not done");
    this.#jobAge = gauge("offprint_jobs_oldest_seconds", "How long the oldest due job has waited");
    this.#failedJobs = gauge("offprint_jobs_failed", "Jobs that were given up");
    this.#runs = gauge("offprint_runs", "Runs by status", ["status"]);
    this.#mails = gauge("offprint_mails", "Mails by state", ["state"]);
    this.#sources = gauge("offprint_source_success_timestamp_seconds", "When a source last answered", ["source"]);
    this.#sourceFailures = gauge("offprint_source_failure_timestamp_seconds", "When a source last failed", ["source"]);
    this.#sourceRequests = new Counter({
      name: "offprint_source_requests_total",
      help: "Requests of this process to a source: answered, later (not now), refused (with something unreadable), failed",
      labelNames: ["source", "outcome"],
      registers,
    });
    this.#papers = gauge("offprint_papers", "Papers stored");
  }

  observe(method: string, route: string, status: number, seconds: number): void {
    this.#requests.observe({ method, route, status: String(status) }, seconds);
  }

  /** Counts a request that was sent to a source. */
  readonly countSourceRequest = (source: string, outcome: Outcome): void => {
    this.#sourceRequests.inc({ source, outcome });
  };

  /** All numbers as text, those of the database read now. */
  async text(db: Kysely<Database>, now: Date): Promise<string> {
    this.#setStanding(await readStanding(db, now));
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  #setStanding({ jobs, runs, mails, sources, papers }: Standing): void {
    this.#jobs.set(jobs.waiting);
    this.#jobAge.set(jobs.oldestSeconds);
    this.#failedJobs.set(jobs.failed);
    this.#papers.set(papers);
    this.#runs.reset();
    for (const { status, count } of runs) this.#runs.set({ status }, count);
    this.#mails.reset();
    for (const { state, count } of mails) this.#mails.set({ state }, count);
    for (const { name, succeededAt, failedAt } of sources) {
      if (succeededAt !== undefined) this.#sources.set({ source: name }, succeededAt.getTime() / 1000);
      if (failedAt !== undefined) this.#sourceFailures.set({ source: name }, failedAt.getTime() / 1000);
    }
  }
}
