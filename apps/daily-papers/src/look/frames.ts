import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "../app-env.ts";

/** What a page has to do with frames: it holds one of this site's, or it is what is held. */
export type Frames = "holds" | "held";

/** A text from elsewhere, such as a mail: its own styles, and nothing else that would load, run or lead away. */
const heldPolicy = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
  "sandbox",
].join("; ");

/** Loosens the rules of the page for the few answers that said so with `c.set("frames", …)`; all others keep them. */
export const frames: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  const kind = c.get("frames");
  if (kind === "held") {
    c.res.headers.set("Content-Security-Policy", heldPolicy);
    c.res.headers.set("X-Frame-Options", "SAMEORIGIN");
  } else if (kind === "holds") {
    const policy = c.res.headers.get("Content-Security-Policy") ?? "";
    c.res.headers.set("Content-Security-Policy", `${policy}; frame-src 'self'`);
  }
};
