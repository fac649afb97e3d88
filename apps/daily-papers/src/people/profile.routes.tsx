/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { Hono } from "hono";
import type { AppEnv } from "../app-env.ts";
import { commentsBy } from "../comments/comment.queries.ts";
import { renderPage } from "../look/layout.tsx";
import { renderNotFound } from "../look/notice.tsx";
import { submissionsBy } from "../submissions/submission.queries.ts";
import { papersVotedBy } from "../votes/vote.queries.ts";
import { findAccount } from "./account.queries.ts";
import { personPath } from "./account.ts";
import { ProfilePage } from "./profile.page.tsx";

const mostListed = 30;

export const profileRoutes = new Hono<AppEnv>().get("/people/:name", async (c) => {
  const name = c.req.param("name");
  const account = /^[A-Za-z0-9-]{2,32}$/.test(name) ? await findAccount(c.var.db, { name }) : undefined;
  if (account === undefined) return renderNotFound(c, "person");
  if (account.name !== name) return c.redirect(personPath(account.name), 302);
  const { db, reader } = c.var;
  const [comments, submissions, votedFor] = await Promise.all([
    commentsBy(db, account.id, mostListed),
    submissionsBy(db, account.id, { most: mostListed, onlyFeatured: true }),
    reader?.id === account.id ? papersVotedBy(db, account.id, mostListed) : undefined,
  ]);
  return renderPage(
    c,
    {
      title: account.name,
      feeds: [{ title: `Papers that ${account.name} brought`, href: `/feeds/submitter/${account.name}.atom` }],
    },
    <ProfilePage {...{ account, reader, comments, submissions, votedFor }} />,
  );
});
