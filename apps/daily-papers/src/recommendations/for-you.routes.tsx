/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { Hono } from "hono";
import type { AppEnv } from "../app-env.ts";
import { rateLimit } from "../limits/rate-limit.ts";
import { formFields } from "../look/form.ts";
import { renderPage } from "../look/layout.tsx";
import { findPaper } from "../papers/paper.queries.ts";
import { requireReader } from "../people/session.ts";
import { ForYouPage } from "./for-you.page.tsx";
import { letBack, papersFor, passOver } from "./for-you.queries.ts";

const mostShown = 20;
const sending = rateLimit({ name: "for-you", points: 60, seconds: 60, by: "account" });

/** What lies near a reader's votes; for that reader alone. */
export const forYouRoutes = new Hono<AppEnv>()
  .get("/for-you", async (c) => {
    const reader = requireReader(c);
    const passedId = c.req.query("passed");
    const [forYou, passed] = await Promise.all([
      papersFor(c.var.db, reader.id, mostShown),
      passedId === undefined ? undefined : findPaper(c.var.db, passedId),
    ]);
    const page = { title: "For you", description: "Papers near those that you voted for." };
    return renderPage(c, page, <ForYouPage forYou={forYou} passed={passed} />);
  })
  .post("/for-you/pass-over", sending, async (c) => {
    const reader = requireReader(c);
    const paperId = (await formFields(c))["paper"] ?? "";
    await passOver(c.var.db, { accountId: reader.id, paperId, now: c.var.now() });
    return c.redirect(`/for-you?${new URLSearchParams({ passed: paperId })}`, 303);
  })
  .post("/for-you/let-back", sending, async (c) => {
    const reader = requireReader(c);
    await letBack(c.var.db, reader.id, (await formFields(c))["paper"] ?? "");
    return c.redirect("/for-you", 303);
  });
