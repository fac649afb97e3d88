import { sql } from "kysely";
import { Hono } from "hono";
import type { AppEnv } from "../app-env.ts";
import { isFromHere } from "../limits/client-address.ts";
import { isSameSecret } from "../secrets.ts";
import { readJobs } from "./standing.queries.ts";

/** Jobs that wait this long say that nobody works. */
const mostWaitSeconds = 3_600;
const answerMs = 3_000;

/** What machines ask: whether the process lives, whether it can answer readers, and its numbers. */
export const operationsRoutes = new Hono<AppEnv>()
  .get("/healthz", (c) => c.json({ status: "ok" }, 200, { "Cache-Control": "no-store" }))
  .get("/readyz", async (c) => {
    c.header("Cache-Control", "no-store");
    if (c.var.operations.traffic.isDraining) return c.json({ status: "stopping" }, 503);
    const late = new Promise<"late">((resolve) => setTimeout(() => resolve("late"), answerMs).unref());
    const found = await Promise.race([readReadiness(c.var.db, c.var.now()).catch(() => "away" as const), late]);
    if (found === "away" || found === "late") return c.json({ status: "no database" }, 503);
    // Readers are answered even while work waits: the queue is told, and does not take the site away.
    const queue = found.oldestSeconds > mostWaitSeconds ? "late" : "ok";
    return c.json({
      status: "ok",
      queue,
      oldestJobSeconds: Math.round(found.oldestSeconds),
      migrations: found.migrations,
    });
  })
  .get("/metrics", async (c) => {
    const { config, operations } = c.var;
    const shown = /^Bearer (.+)$/.exec(c.req.header("authorization") ?? "")?.[1];
    const may =
      config.metricsToken === undefined
        ? isFromHere(c)
        : shown !== undefined && isSameSecret(shown, config.metricsToken);
    if (!may) return c.notFound();
    return c.body(await operations.metrics.text(c.var.db, c.var.now()), 200, {
      "Content-Type": operations.metrics.contentType,
      "Cache-Control": "no-store",
    });
  });

async function readReadiness(db: AppEnv["Variables"]["db"], now: Date) {
  const { rows } = await sql<{ migrations: number }>`select count(*)::int as migrations from migration`.execute(db);
  return { ...(await readJobs(db, now)), migrations: rows[0]?.migrations ?? 0 };
}
