/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { Hono } from "hono";
import type { AppEnv } from "../app-env.ts";
import { isDay, writeHeadline } from "../look/dates.ts";
import { renderPage } from "../look/layout.tsx";
import { renderNotFound, renderNotice } from "../look/notice.tsx";
import { FeedPage } from "./feed.page.tsx";
import { feedOfDay, type FeedDay } from "./feed.queries.ts";

const pageOf = (feed: FeedDay) => ({
  title: `${writeHeadline(feed.day)} ${feed.day.slice(0, 4)}`,
  description: "Daily Papers, by AK and the research community: papers that run.",
});

export const feedRoutes = new Hono<AppEnv>()
  .get("/", async (c) => {
    const feed = await feedOfDay(c.var.db);
    if (feed === undefined) {
      return renderNotice(c, {
        status: 200,
        title: "No papers yet",
        text: "The first day of papers will appear here.",
        way: { href: "/", label: "Look again" },
      });
    }
    return renderPage(c, pageOf(feed), <FeedPage feed={feed} implementations={c.var.implementations} />);
  })
  .get("/date/:day", async (c) => {
    const day = c.req.param("day");
    if (!isDay(day)) return renderNotFound(c, "day");
    const feed = await feedOfDay(c.var.db, day);
    if (feed === undefined) {
      return renderNotice(c, {
        status: 404,
        title: "No papers that early",
        text: "The feed begins on a later day.",
      });
    }
    if (feed.day !== day) return c.redirect(`/date/${feed.day}`, 302);
    return renderPage(c, pageOf(feed), <FeedPage feed={feed} implementations={c.var.implementations} />);
  });
