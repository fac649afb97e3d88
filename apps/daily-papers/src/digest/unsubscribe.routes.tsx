/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { AppEnv } from "../app-env.ts";
import { renderPage } from "../look/layout.tsx";
import { renderNotFound } from "../look/notice.tsx";
import { subscriberOfLink } from "./links.ts";
import { UnsubscribedPage, UnsubscribePage } from "./subscribe.page.tsx";
import { endSubscription } from "./subscriber.queries.ts";

/**
 * The way out, as RFC 8058 wants it: a mail program posts here without cookies and from no page of ours, so that these
 * routes stand before the check of forms; what they prove is in the link. To open the link changes nothing.
 */
export const unsubscribeRoutes = new Hono<AppEnv>()
  .use("/unsubscribe/*", bodyLimit({ maxSize: 4_096 }), async (c, next) => {
    c.header("Cache-Control", "private, no-store");
    await next();
  })
  .get("/unsubscribe/:token", async (c) => {
    const id = await subscriberOfLink(c.var.db, "unsubscribe", c.req.param("token"));
    if (id === undefined) return renderNotFound(c, "subscription");
    return renderPage(c, { title: "Unsubscribe?" }, <UnsubscribePage action={c.req.path} />);
  })
  .post("/unsubscribe/:token", async (c) => {
    const id = await subscriberOfLink(c.var.db, "unsubscribe", c.req.param("token"));
    if (id === undefined) return renderNotFound(c, "subscription");
    await endSubscription(c.var.db, id, c.var.now());
    return renderPage(c, { title: "You are unsubscribed" }, <UnsubscribedPage />);
  });
