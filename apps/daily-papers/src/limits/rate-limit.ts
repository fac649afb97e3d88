import type { Context, MiddlewareHandler } from "hono";
import type { AppEnv } from "../app-env.ts";
import { renderNotice } from "../look/notice.tsx";
import { addressKey, clientAddress } from "./client-address.ts";
import type { Allowance, Rule } from "./windows.ts";

export interface RateLimit extends Rule {
  /** Whose points are taken: those of the reader's address, or of the account where a reader is signed in. */
  readonly by: "address" | "account";
  /** The answer to one who has no points left; a page by default. */
  readonly refuse?: (c: Context<AppEnv>, seconds: number) => Response | Promise<Response>;
}

/**
 * Lets each reader ask `points` times in `seconds`. Every answer tells what is left in `RateLimit` and
 * `RateLimit-Policy`; a refused one (429) also says in `Retry-After` when to come back.
 */
export function rateLimit(limit: RateLimit): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const allowance = await c.var.windows.take(limit, keyOf(c, limit.by));
    if (!allowance.allowed) {
      const refused = await (limit.refuse ?? renderTooMany)(c, allowance.resetSeconds);
      for (const [name, value] of headersOf(limit, allowance)) refused.headers.append(name, value);
      refused.headers.set("Retry-After", String(allowance.resetSeconds));
      refused.headers.set("Cache-Control", "no-store");
      c.res = refused;
      return;
    }
    await next();
    for (const [name, value] of headersOf(limit, allowance)) c.res.headers.append(name, value);
  };
}

/** The names and forms that the Hugging Face Hub gives these headers (IETF draft 9), which its clients read. */
function headersOf({ name, points, seconds }: Rule, { left, resetSeconds }: Allowance): [string, string][] {
  return [
    ["RateLimit", `"${name}";r=${left};t=${resetSeconds}`],
    ["RateLimit-Policy", `"fixed window";"${name}";q=${points};w=${seconds}`],
  ];
}

function keyOf(c: Context<AppEnv>, by: RateLimit["by"]): string {
  const reader = by === "account" ? c.var.reader : undefined;
  return reader === undefined ? `address ${addressKey(clientAddress(c))}` : `account ${reader.id}`;
}

function renderTooMany(c: Context<AppEnv>, seconds: number) {
  return renderNotice(c, {
    status: 429,
    title: "That was a little too often",
    text: `Nothing was done. It will work again in ${writeWait(seconds)}.`,
  });
}

/** `20 seconds`, `3 minutes`, `2 hours` */
function writeWait(seconds: number): string {
  const [amount, unit] =
    seconds < 90 ? [seconds, "second"] : seconds < 5400 ? [seconds / 60, "minute"] : [seconds / 3600, "hour"];
  const whole = Math.ceil(amount);
  return `${whole} ${unit}${whole === 1 ? "" : "s"}`;
}
