/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { Hono, type Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { isDay, writeHeadline } from "../look/dates.ts";
import { formFields } from "../look/form.ts";
import { renderPage } from "../look/layout.tsx";
import { renderNotFound, renderNotice } from "../look/notice.tsx";
import { DayPage, NewPage, PeriodPage, TrendingPage } from "./feed.page.tsx";
import { feedOfDay, neighboursOf, newPapers, papersDay, papersOfPeriod, trendingPapers } from "./feed.queries.ts";
import { periodNamed, periodOf, periodPath, writePeriod, yearOf, type Period } from "./period.ts";
import { RankingPage } from "./ranking.page.tsx";
import { readTime, rememberSeen, seenUntil } from "./seen.ts";
import { showPapers } from "./show-papers.tsx";

const description = "Daily Papers, by AK and the research community: papers that run.";

export const feedRoutes = new Hono<AppEnv>()
  .get("/", async (c) => {
    const day = await papersDay(c.var.db);
    if (day === undefined) return renderEmpty(c);
    return showDay(c, day);
  })
  .get("/date/:day", async (c) => {
    const day = c.req.param("day");
    if (!isDay(day)) return renderNotFound(c, "day");
    const shown = await papersDay(c.var.db, day);
    if (shown === undefined) return renderTooEarly(c);
    return shown === day ? showDay(c, day) : c.redirect(`/date/${shown}`, 302);
  })
  .get("/week", (c) => openPeriod(c, "week"))
  .get("/month", (c) => openPeriod(c, "month"))
  .get("/week/:name", (c) => showPeriod(c, periodNamed("week", c.req.param("name"))))
  .get("/month/:name", (c) => showPeriod(c, periodNamed("month", c.req.param("name"))))
  .get("/trending", (c) => {
    const after = c.req.query("after");
    return showPapers(c, {
      name: `trending ${after ?? ""}`,
      page: {
        title: "Trending",
        description: "The papers that readers vote for now.",
        feeds: [{ title: "Trending papers", href: "/feeds/trending.atom" }],
      },
      make: async () => {
        const list = await trendingPapers(c.var.db, after);
        return <TrendingPage list={list} goesOn={after !== undefined} implementations={c.var.implementations} />;
      },
    });
  })
  .get("/new", async (c) => {
    const after = c.req.query("after");
    const [since, shownAt] = [await seenUntil(c), c.var.now()];
    return showPapers(c, {
      // Another reader saw the feed at another time; the minute is enough for what "these" are.
      name: `new ${since.toISOString()} ${shownAt.toISOString().slice(0, 16)} ${after ?? ""}`,
      page: { title: "New papers", description },
      make: async () => {
        const list = await newPapers(c.var.db, since, after);
        const { implementations } = c.var;
        return <NewPage {...{ list, since, implementations }} seenUntil={shownAt} goesOn={after !== undefined} />;
      },
    });
  })
  .post("/new/seen", async (c) => {
    const until = readTime((await formFields(c))["until"]);
    if (until !== undefined) await rememberSeen(c, until);
    return c.redirect("/new", 303);
  })
  .get("/how-ranking-works", (c) =>
    renderPage(
      c,
      { title: "How ranking works", description: "The formula behind the trending papers." },
      <RankingPage />,
    ),
  );

function showDay(c: Context<AppEnv>, day: string) {
  const { db, implementations } = c.var;
  return showPapers(c, {
    name: `day ${day} ${c.req.path}`,
    page: { title: `${writeHeadline(day)} ${day.slice(0, 4)}`, description },
    make: async () => {
      const feed = await feedOfDay(db, day);
      return feed === undefined ? <></> : <DayPage feed={feed} implementations={implementations} path={c.req.path} />;
    },
  });
}

/** The week or month of a day, or of the newest papers. */
async function openPeriod(c: Context<AppEnv>, kind: Period["kind"]) {
  const wanted = c.req.query("day");
  const day = await papersDay(c.var.db, wanted !== undefined && isDay(wanted) ? wanted : undefined);
  return day === undefined ? renderEmpty(c) : c.redirect(periodPath(periodOf(kind, day)), 302);
}

async function showPeriod(c: Context<AppEnv>, period: Period | undefined) {
  if (period === undefined) return renderNotFound(c, c.req.path.startsWith("/week") ? "week" : "month");
  const { db, implementations } = c.var;
  const day = await papersDay(db, period.to);
  if (day === undefined) return renderTooEarly(c);
  if (day < period.from) return c.redirect(periodPath(periodOf(period.kind, day)), 302);
  const after = c.req.query("after");
  return showPapers(c, {
    name: `${period.kind} ${period.name} ${after ?? ""}`,
    page: {
      title: `${writePeriod(period)} ${yearOf(period)}`,
      description: `The papers of a ${period.kind}, most votes first.`,
      feeds: [{ title: `Daily Papers, ${period.kind} by ${period.kind}`, href: `/feeds/${period.kind}ly.atom` }],
    },
    make: async () => {
      const [list, neighbours] = await Promise.all([papersOfPeriod(db, period, after), neighboursOf(db, period)]);
      return <PeriodPage {...{ period, neighbours, list, implementations }} goesOn={after !== undefined} />;
    },
  });
}

function renderEmpty(c: Context<AppEnv>) {
  return renderNotice(c, {
    status: 200,
    title: "No papers yet",
    text: "The first day of papers will appear here.",
    way: { href: "/", label: "Look again" },
  });
}

function renderTooEarly(c: Context<AppEnv>) {
  return renderNotice(c, { status: 404, title: "No papers that early", text: "The feed begins on a later day." });
}
