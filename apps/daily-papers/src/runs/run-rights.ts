import type { Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { isLoopbackHost } from "../known-host.ts";
import { isFromHere } from "../limits/client-address.ts";
import { can, NotAllowedError, SignInNeededError } from "../people/reader.ts";
import type { Run } from "./run.ts";

/** As many runs of one reader wait or work at a time; the server is everybody's. */
const mostOfOne = 2;

/** Whether the one who asks may make the server work, and if not, what would help. */
export type RunRight = "granted" | "sign-in" | "closed";

/** Who starts a run. */
export interface Runner {
  /** Undefined for somebody who is not signed in. */
  readonly accountId: string | undefined;
  /** How many of their runs may wait or work at a time; undefined where nobody needs to share. */
  readonly mostOpen: number | undefined;
}

/** What `OFFPRINT_RUNS` says of the one who asks. A run takes a processor for up to a day: a stranger must not start one. */
export function runRight(c: Context<AppEnv>): RunRight {
  const { config, reader } = c.var;
  if (config.runs === "nobody" || reader?.banned === true) return "closed";
  return config.runs === "everybody" || reader !== undefined || isAtTheMachine(c) ? "granted" : "sign-in";
}

/**
 * Who asks, where the server is to work for them.
 * @throws {SignInNeededError}
 * @throws {NotAllowedError} where nobody may, or a banned reader asks.
 */
export function requireRunner(c: Context<AppEnv>): Runner {
  const right = runRight(c);
  if (right === "sign-in") throw new SignInNeededError();
  if (right === "closed") throw new NotAllowedError("Papers are run by this site's admin only.");
  const { reader } = c.var;
  return { accountId: reader?.id, mostOpen: reader === undefined || isAtTheMachine(c) ? undefined : mostOfOne };
}

/** Whether the one who asks may cancel a run, or let it go on: who started it, a moderator, or one at the machine. */
export function mayGuide(c: Context<AppEnv>, run: Run): boolean {
  const { reader } = c.var;
  if (can(reader, "moderate")) return true;
  if (runRight(c) !== "granted") return false;
  return isAtTheMachine(c) || run.accountId === undefined || run.accountId === reader?.id;
}

/** @throws {SignInNeededError} @throws {NotAllowedError} unless {@link mayGuide}. */
export function requireGuide(c: Context<AppEnv>, run: Run): void {
  if (mayGuide(c, run)) return;
  if (c.var.reader === undefined && runRight(c) === "sign-in") throw new SignInNeededError();
  throw new NotAllowedError("Only who started a run, or a moderator, can cancel it or let it go on.");
}

/** Whether somebody uses the server's own machine, under one of its names for itself and through no proxy. */
function isAtTheMachine(c: Context<AppEnv>): boolean {
  return isFromHere(c) && c.req.header("forwarded") === undefined && isLoopbackHost(c.req.header("host"));
}
