/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { discussionOf } from "./comment.queries.ts";
import { Discussion } from "./discussion.tsx";

/** The discussion as part of a paper's page, as the one who asks may see it. */
export async function discussionPart(c: Context<AppEnv>, paperId: string) {
  const { db, reader } = c.var;
  return <Discussion paperId={paperId} threads={await discussionOf(db, paperId, reader)} reader={reader} />;
}
