import { randomUUID } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import type { AppEnv } from "../app-env.ts";
import type { Log } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { Traffic } from "./traffic.ts";

/** What an admin sees of the process: its requests, its numbers, its lines. */
export class Operations {
  readonly traffic = new Traffic();
  readonly metrics = new Metrics();
  readonly #log: Log | undefined;

  constructor(log?: Log) {
    this.#log = log;
  }

  /** Measures each request and writes a line about it. */
  readonly observe: MiddlewareHandler<AppEnv> = async (c, next) => {
    const begun = performance.now();
    const id = randomUUID();
    c.set("requestId", id);
    await next();
    const { keptRoute } = c.var;
    if (keptRoute === undefined) c.res.headers.set("X-Request-Id", id);
    const milliseconds = performance.now() - begun;
    const answered = keptRoute ?? routePath(c);
    // A pattern that ends in a star is a step on the way: nothing behind it answered.
    const route = answered.endsWith("*") ? "none" : answered;
    const { method } = c.req;
    this.metrics.observe(knownMethods.has(method) ? method : "other", route, c.res.status, milliseconds / 1000);
    this.#log?.request({ id, method, route, status: c.res.status, milliseconds });
  };
}

const knownMethods = new Set(["GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"]);
