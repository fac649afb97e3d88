import type { Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { isTrustedPeer } from "../limits/client-address.ts";

/**
 * Where readers find the site, without a slash at its end: `OFFPRINT_URL`, or the address that this request was sent to.
 * That it was sent by https is only known from a proxy that we trust.
 */
export function siteUrl(c: Context<AppEnv>): string {
  if (c.var.config.publicUrl !== undefined) return c.var.config.publicUrl;
  const isHttps = isTrustedPeer(c) && c.req.header("x-forwarded-proto")?.trim().toLowerCase() === "https";
  return `${isHttps ? "https" : "http"}://${c.req.header("host") ?? "localhost"}`;
}
