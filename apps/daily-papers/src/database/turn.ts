import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { errorCode } from "../errors.ts";
import { applicationName } from "./database.ts";

export interface TurnOptions {
  /** Address of the PostgreSQL database. */
  readonly url: string;
  /** What only one process may do at a time: any number that all processes know. */
  readonly lock: number;
  /** Called when the turn is ours. */
  readonly onTurn: () => Promise<void>;
  /** Called when another process may have it; the work must stop, and `onTurn` may come again later. */
  readonly onLost: () => Promise<void>;
  readonly onError: (error: unknown) => void;
  /** How often the turn is asked for, and a held one made sure of. */
  readonly everyMs?: number;
  /** How long a held turn is trusted while the database does not answer; it may be starting anew. */
  readonly trustMs?: number;
}

const answerMs = 5_000;

/**
 * A work that one of several processes does at a time, by an advisory lock of PostgreSQL. The lock is its connection's:
 * a process that dies lets go of it at once, and another takes over. A database that starts anew forgets the lock; who
 * had it asks for it again and goes on, unless another was faster.
 */
export class Turn {
  readonly #options: TurnOptions;
  readonly #stopped = new AbortController();
  readonly #loop: Promise<void>;
  #client: Client | undefined;
  #held = false;
  #trustedAt = 0;

  constructor(options: TurnOptions) {
    this.#options = options;
    this.#loop = this.#takeTurns();
  }

  get isOurs(): boolean {
    return this.#held;
  }

  /** Ends the work, then lets the next one take the turn. */
  async end(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
    if (this.#held) await this.#options.onLost();
    this.#held = false;
    await this.#client?.end().catch(() => undefined);
  }

  async #takeTurns(): Promise<void> {
    const { everyMs = 2_000, onError } = this.#options;
    while (!this.#stopped.signal.aborted) {
      await this.#look().catch((error: unknown) => {
        if (!isAway(error)) onError(error);
      });
      await sleep(everyMs, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const { onTurn, onLost, trustMs = 30_000 } = this.#options;
    try {
      const isOurs = await this.#ask();
      this.#trustedAt = performance.now();
      if (isOurs === this.#held) return;
      this.#held = isOurs;
      await (isOurs ? onTurn() : onLost());
    } catch (error) {
      this.#client = undefined;
      if (this.#held && performance.now() - this.#trustedAt > trustMs) {
        this.#held = false;
        await onLost();
      }
      throw error;
    }
  }

  /** Whether the lock is ours: taken now, or held by a connection that still answers. */
  async #ask(): Promise<boolean> {
    const known = this.#client;
    const client = known ?? (await this.#connect());
    this.#client = client;
    if (known !== undefined && this.#held) {
      await client.query("select 1");
      return true;
    }
    const { rows } = await client.query<{ free: boolean }>("select pg_try_advisory_lock($1) as free", [
      this.#options.lock,
    ]);
    return rows[0]?.free === true;
  }

  async #connect(): Promise<Client> {
    const client = new Client({
      connectionString: this.#options.url,
      application_name: applicationName,
      connectionTimeoutMillis: answerMs,
      query_timeout: answerMs,
      keepAlive: true,
    });
    // The next question on a broken connection says so too.
    client.on("error", () => {
      if (this.#client === client) this.#client = undefined;
    });
    await client.connect();
    return client;
  }
}

/** Whether a database is only away for a while: no news to anybody who can see that nothing answers. */
function isAway(error: unknown): boolean {
  const code = errorCode(error) ?? "";
  return (
    /^(E[A-Z]+|57P0\d|08\d\d\d)$/.test(code) ||
    (error instanceof Error && /terminat|timeout|closed/i.test(error.message))
  );
}
