import { Hono } from "hono";
import type { AppEnv } from "../app-env.ts";
import { rateLimit } from "../limits/rate-limit.ts";
import { formFields } from "../look/form.ts";
import { renderNotFound } from "../look/notice.tsx";
import { ownPath } from "../look/own-path.ts";
import { isArxivId, paperPath } from "../papers/arxiv-id.ts";
import { wantsJson } from "../people/refusals.tsx";
import { requireWriter } from "../people/session.ts";
import { countingHours } from "./new-accounts.ts";
import { castVote, withdrawVote } from "./vote.queries.ts";

const waitingNote = `Your vote is kept; it counts when your account is ${countingHours} hours old.`;

/** Votes, by a form or by the page's script. */
export const voteRoutes = new Hono<AppEnv>().post(
  "/votes",
  rateLimit({ name: "votes", points: 60, seconds: 60, by: "account" }),
  async (c) => {
    const reader = requireWriter(c);
    const form = await formFields(c);
    const paperId = form["paper"] ?? "";
    const change = { accountId: reader.id, paperId, now: c.var.now() };
    const result = isArxivId(paperId)
      ? await (form["vote"] === "off" ? withdrawVote : castVote)(c.var.db, change)
      : undefined;
    if (result === undefined) return renderNotFound(c, "paper");
    const note = result.waits ? waitingNote : "";
    return wantsJson(c)
      ? c.json({ voted: result.voted, votes: result.votes, note })
      : c.redirect(ownPath(form["from"], paperPath(paperId)), 303);
  },
);
