/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { Context } from "hono";
import { raw } from "hono/html";
import type { Child } from "hono/jsx";
import type { Kysely } from "kysely";
import type { AppEnv } from "../app-env.ts";
import type { Database } from "../database/schema.ts";
import { answerFresh } from "../http/etag.ts";
import { assetPaths } from "../look/assets.ts";
import { renderPage, type PageProps } from "../look/layout.tsx";
import { themeOf } from "../look/theme.ts";
import { votedPapers } from "../votes/vote.queries.ts";
import { feedVersion } from "./feed.queries.ts";
import { filled, RenderedParts } from "./rendered.ts";

/** One store a database: a process has one, a test several. */
const stores = new WeakMap<Kysely<Database>, RenderedParts>();

export interface ShownPapers {
  /** What is shown, as its address says it: the same name and the same papers give the same HTML. */
  readonly name: string;
  readonly page: PageProps;
  readonly make: () => Promise<Child>;
}

/**
 * Answers with a page of papers. What all readers see is rendered once for each state of the papers; the reader's own
 * votes are put into it, and who has the page already is told so.
 */
export async function showPapers(c: Context<AppEnv>, { name, page, make }: ShownPapers): Promise<Response> {
  const { db, reader } = c.var;
  const { version, changedAt } = await feedVersion(db);
  const parts = [name, version, reader?.id, reader?.name, reader?.role, themeOf(c), assetPaths];
  return answerFresh(c, { parts, changedAt }, async () => {
    const store = stores.get(db) ?? new RenderedParts();
    stores.set(db, store);
    const rendered = await store.get(name, version, make);
    const names = rendered.places.map((place) => place.name);
    const voted = await votedPapers(db, reader?.id, names);
    return renderPage(c, page, raw(filled(rendered, voted)));
  });
}
