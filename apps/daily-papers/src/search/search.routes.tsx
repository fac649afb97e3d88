/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { Hono } from "hono";
import type { AppEnv } from "../app-env.ts";
import { showPapers } from "../feed/show-papers.tsx";
import { rateLimit } from "../limits/rate-limit.ts";
import { addressFields } from "../look/form.ts";
import { renderPage } from "../look/layout.tsx";
import { paperPath, parseArxivId } from "../papers/arxiv-id.ts";
import { findPaper } from "../papers/paper.queries.ts";
import { mostRanked, pageSize, searchPapers } from "./search.queries.ts";
import {
  filtersOf,
  isSearch,
  readSearchFields,
  searchFeedPath,
  searchPath,
  writeSearchFields,
} from "./search-fields.ts";
import { SearchPage } from "./search.page.tsx";

const mostPages = mostRanked / pageSize;

export const searchRoutes = new Hono<AppEnv>()
  .use("/search", rateLimit({ name: "search", points: 60, seconds: 60, by: "address" }))
  .get("/search", async (c) => {
    const { db, implementations } = c.var;
    const given = addressFields(c);
    const fields = readSearchFields(given);
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
    if (!isSearch(fields))
      return renderPage(
        c,
        { title: "Search" },
        <SearchPage {...{ fields, page, implementations }} result={undefined} />,
      );
    const feed = { title: `Papers: ${writeSearchFields(fields)}`, href: searchFeedPath(fields) };
    return showPapers(c, {
      name: searchPath(fields, page),
      page: {
        title: fields.q === "" ? "Search" : `${fields.q}, search`,
        feeds: [feed],
      },
      make: async () => {
        const result = await searchPapers(db, fields.q, filtersOf(fields, implementations.names), page);
        return <SearchPage {...{ fields, result, page, implementations }} />;
      },
    });
  });

function readPage(text: string | undefined): number {
  return /^\d{1,3}$/.test(text ?? "") ? Math.min(mostPages, Math.max(1, Number(text))) : 1;
}
