/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { Hono } from "hono";
import type { AppEnv } from "../app-env.ts";
import { showPapers } from "../feed/show-papers.tsx";
import { rateLimit } from "../limits/rate-limit.ts";
import { isDay } from "../look/dates.ts";
import { addressFields, type Fields } from "../look/form.ts";
import { renderPage } from "../look/layout.tsx";
import { paperPath, parseArxivId } from "../papers/arxiv-id.ts";
import { findPaper } from "../papers/paper.queries.ts";
import { mostRanked, pageSize, searchPapers } from "./search.queries.ts";
import { SearchPage, searchPath, type SearchFields } from "./search.page.tsx";

const mostPages = mostRanked / pageSize;

export const searchRoutes = new Hono<AppEnv>()
  .use("/search", rateLimit({ name: "search", points: 60, seconds: 60, by: "address" }))
  .get("/search", async (c) => {
    const { db, implementations } = c.var;
    const given = addressFields(c);
    const fields = readFields(given);
    const page = readPage(given["page"]);
    const named = parseArxivId(fields.q);
    if (named !== undefined) {
      if ((await findPaper(db, named.id)) !== undefined) return c.redirect(paperPath(named.id), 302);
      return renderPage(
        c,
        { title: "Search" },
        <SearchPage {...{ fields, page, implementations }} result={undefined} missing={named.id} />,
      );
    }
    const asked = fields.q !== "" || fields.from !== "" || fields.to !== "" || fields.category !== "" || fields.runs;
    if (!asked)
      return renderPage(
        c,
        { title: "Search" },
        <SearchPage {...{ fields, page, implementations }} result={undefined} />,
      );
    const feed = {
      title: `Papers on “${fields.q}”`,
      href: `/feeds/search/papers.atom?${new URLSearchParams({ q: fields.q })}`,
    };
    return showPapers(c, {
      name: searchPath(fields, page),
      page: {
        title: fields.q === "" ? "Search" : `${fields.q}, search`,
        ...(fields.q === "" ? {} : { feeds: [feed] }),
      },
      make: async () => {
        const filters = {
          from: fields.from || undefined,
          to: fields.to || undefined,
          category: fields.category || undefined,
          implementations: fields.runs ? implementations.names : undefined,
        };
        const result = await searchPapers(db, fields.q, filters, page);
        return <SearchPage {...{ fields, result, page, implementations }} />;
      },
    });
  });

function readFields({ q = "", from = "", to = "", category = "", runs }: Fields): SearchFields {
  const text = (value: string, most: number) =>
    value
      .replaceAll(/\p{Cc}/gu, " ")
      .trim()
      .slice(0, most);
  return {
    q: text(q, 250),
    from: isDay(from) ? from : "",
    to: isDay(to) ? to : "",
    category: text(category, 80),
    runs: runs !== undefined,
  };
}

function readPage(text: string | undefined): number {
  return /^\d{1,3}$/.test(text ?? "") ? Math.min(mostPages, Math.max(1, Number(text))) : 1;
}
