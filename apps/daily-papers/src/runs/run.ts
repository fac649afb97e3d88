import { randomInt } from "node:crypto";
import type { RunStatus } from "../database/schema.ts";

export type { RunStatus } from "../database/schema.ts";

/** Settings of a run, as its implementation wrote them; only that implementation reads them. */
export type RunConfig = Readonly<Record<string, string | number>>;

/** One run of a paper's implementation: the command line, started by a reader. */
export interface Run {
  readonly id: string;
  readonly paperId: string;
  /** The package that reads the config. */
  readonly implementation: string;
  readonly config: RunConfig;
  readonly status: RunStatus;
  readonly queuedAt: Date;
  readonly startedAt: Date | undefined;
  readonly finishedAt: Date | undefined;
  /** How often a process was started for it. */
  readonly attempts: number;
  readonly cancelRequested: boolean;
  /** The numbers of its finished event. */
  readonly metrics: Readonly<Record<string, number>> | undefined;
  readonly error: string | undefined;
  /** Who started it; undefined for somebody who was not signed in, and when the account is gone. */
  readonly accountId: string | undefined;
}

const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";

/** A new id: 62 bits of chance in 12 characters that are safe in an address and as a folder's name. */
export function newRunId(): string {
  return Array.from({ length: 12 }, () => alphabet[randomInt(alphabet.length)]).join("");
}

export function isRunId(text: string): boolean {
  return /^[a-z0-9]{12}$/.test(text);
}

/** Whether nothing will happen to the run unless a reader asks for it. */
export function isAtRest(status: RunStatus): boolean {
  return status !== "queued" && status !== "running";
}

export function canResume(status: RunStatus): boolean {
  return status === "cancelled" || status === "interrupted" || status === "failed";
}
