import { setTimeout as sleep } from "node:timers/promises";
import { sql, type Kysely } from "kysely";
import type { Database } from "../database/schema.ts";

export interface Pace {
  /** Milliseconds from the beginning of one request to the beginning of the next, at the least. */
  readonly intervalMs: number;
  /** Milliseconds after which a request is given up for dead and the next one may begin. */
  readonly leaseMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Does `work` when it is this service's turn: over all processes that share the database, one request at a time, and
 * each begins at least `intervalMs` after the one before. The database's clock counts, so that machines need not agree.
 */
export async function inTurn<T>(
  db: Kysely<Database>,
  service: string,
  { intervalMs, leaseMs, signal }: Pace,
  work: () => Promise<T>,
): Promise<T> {
  await waitTurn(db, service, leaseMs, signal);
  const begun = performance.now();
  try {
    return await work();
  } finally {
    await giveTurn(db, service, Math.max(0, intervalMs - (performance.now() - begun)));
  }
}

/**
 * Waits for the service to be free and takes it for `leaseMs`: for a single request that nobody has to end, the interval
 * itself.
 */
export async function waitTurn(
  db: Kysely<Database>,
  service: string,
  leaseMs: number,
  signal?: AbortSignal,
): Promise<void> {
  for (;;) {
    signal?.throwIfAborted();
    const taken = await sql`
      insert into pace (service, next_at) values (${service}, clock_timestamp() + ${milliseconds(leaseMs)})
      on conflict (service) do update set next_at = clock_timestamp() + ${milliseconds(leaseMs)}
        where pace.next_at <= clock_timestamp()
      returning service`.execute(db);
    if (taken.rows.length > 0) return;
    const { rows } = await sql<{ ms: number }>`
      select (extract(epoch from next_at - clock_timestamp()) * 1000)::float8 as ms from pace
      where service = ${service}`.execute(db);
    // A holder may end early, so that looking now and then is worth it.
    await sleep(
      Math.min(1_000, Math.max(5, Math.ceil(rows[0]?.ms ?? 0))),
      undefined,
      signal === undefined ? {} : { signal },
    );
  }
}

/** Lets nobody ask the service for so long: it said that it wants to be left alone. */
export async function postpone(db: Kysely<Database>, service: string, ms: number): Promise<void> {
  await sql`
    insert into pace (service, next_at) values (${service}, clock_timestamp() + ${milliseconds(ms)})
    on conflict (service) do update set next_at = greatest(pace.next_at, excluded.next_at)`.execute(db);
}

async function giveTurn(db: Kysely<Database>, service: string, ms: number): Promise<void> {
  await sql`update pace set next_at = clock_timestamp() + ${milliseconds(ms)} where service = ${service}`.execute(db);
}

function milliseconds(ms: number) {
  return sql`${ms}::float8 * interval '1 millisecond'`;
}
