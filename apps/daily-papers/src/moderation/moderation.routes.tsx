/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { Hono, type Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { findComment, heldComments } from "../comments/comment.queries.ts";
import { commentPath } from "../comments/comment.ts";
import type { Role } from "../database/schema.ts";
import { addressFields, formFields } from "../look/form.ts";
import { renderPage } from "../look/layout.tsx";
import { renderNotFound } from "../look/notice.tsx";
import { paperPath } from "../papers/arxiv-id.ts";
import { isName, personPath } from "../people/account.ts";
import { can, NotAllowedError, type Reader } from "../people/reader.ts";
import { requirePower } from "../people/session.ts";
import { decideSubmission, findSubmission, heldSubmissions } from "../submissions/submission.queries.ts";
import { papersOfNewAccounts } from "../votes/new-accounts.ts";
import { LogPage } from "./log.page.tsx";
import {
  ban,
  giveRole,
  logAct,
  moderateComment,
  ModerationRefusedError,
  openReports,
  readLog,
  type Act,
} from "./moderation.queries.ts";
import { JudgePage, QueuePage, type ReportedComment } from "./queue.page.tsx";

const mostListed = 50;
const roles: readonly Role[] = ["reader", "moderator", "admin"];

export const moderationRoutes = new Hono<AppEnv>()
  .get("/moderation", async (c) => {
    const before = addressFields(c)["before"];
    const entries = await readLog(c.var.db, {
      before: before !== undefined && /^\d{1,18}$/.test(before) ? before : undefined,
      most: mostListed + 1,
    });
    const shown = entries.slice(0, mostListed);
    const older = entries.length > mostListed ? shown.at(-1)?.id : undefined;
    return renderPage(c, { title: "Moderation log" }, <LogPage entries={shown} older={older} />);
  })
  .get("/moderation/queue", async (c) => {
    requirePower(c, "moderate");
    const { db } = c.var;
    const queue = {
      reported: await reportedComments(c),
      held: await heldComments(db, mostListed),
      submissions: await heldSubmissions(db, mostListed),
      noted: await papersOfNewAccounts(db, mostListed),
    };
    return renderPage(c, { title: "Waiting for a moderator" }, <QueuePage {...queue} />);
  })
  .get("/moderation/comments/:id", async (c) => {
    requirePower(c, "moderate");
    const comment = await findComment(c.var.db, c.req.param("id"));
    if (comment === undefined || comment.state === "deleted") return renderNotFound(c, "comment");
    return renderPage(c, { title: "Moderate a comment" }, <JudgePage comment={comment} />);
  })
  .post("/moderation/comments/:id", async (c) => {
    const actor = requirePower(c, "moderate");
    const comment = await findComment(c.var.db, c.req.param("id"));
    if (comment === undefined || comment.state === "deleted") return renderNotFound(c, "comment");
    const { act, decision } = await readAct(c, actor);
    if (act === undefined || (decision !== "show" && decision !== "hide")) {
      const page = <JudgePage comment={comment} problem="Say why: the reason stands in the public log." />;
      return renderPage(c, { title: "Moderate a comment", status: 422 }, page);
    }
    const path = commentPath(comment);
    await allowed(moderateComment(c.var.db, { ...act, id: comment.id, show: decision === "show", path }));
    return c.redirect("/moderation/queue", 303);
  })
  .post("/moderation/submissions/:id", async (c) => {
    const actor = requirePower(c, "moderate");
    const submission = await findSubmission(c.var.db, c.req.param("id"));
    if (submission === undefined) return renderNotFound(c, "submission");
    const { act, decision } = await readAct(c, actor);
    if (act === undefined || (decision !== "feature" && decision !== "refuse"))
      return c.redirect("/moderation/queue", 303);
    await c.var.db.transaction().execute(async (trx) => {
      const decided = { id: submission.id, feature: decision === "feature", reason: act.reason, now: act.now };
      if (!(await decideSubmission(trx, decided))) return;
      const action = decision === "feature" ? "put into the feed" : "refused the submission of";
      await logAct(trx, act, action, paperPath(submission.paperId));
    });
    return c.redirect("/moderation/queue", 303);
  })
  .post("/moderation/people/:name", async (c) => {
    const actor = requirePower(c, "moderate");
    const name = c.req.param("name");
    const { act, decision, role } = await readAct(c, actor);
    if (!isName(name)) return renderNotFound(c, "person");
    if (act === undefined) return c.redirect(personPath(name), 303);
    if (decision === "ban" || decision === "lift") {
      await allowed(ban(c.var.db, { ...act, name, banned: decision === "ban" }));
    }
    if (decision === "role" && role !== undefined) {
      if (!can(actor, "administer")) throw new NotAllowedError("Only the admin gives roles.");
      await allowed(giveRole(c.var.db, { ...act, name, role }));
    }
    return c.redirect(personPath(name), 303);
  });

async function reportedComments(c: Context<AppEnv>): Promise<ReportedComment[]> {
  const reports = await openReports(c.var.db, mostListed);
  const comments = await Promise.all(reports.map((report) => findComment(c.var.db, report.commentId)));
  return reports.flatMap((report, at) => {
    const comment = comments[at];
    return comment === undefined ? [] : [{ ...report, comment }];
  });
}

/** What a moderator's form says; without a reason there is no act. */
async function readAct(c: Context<AppEnv>, actor: Reader) {
  const form = await formFields(c);
  const reason = (form["reason"] ?? "").replaceAll("\0", "").trim();
  const act: Act | undefined = reason === "" ? undefined : { actor, reason, now: c.var.now() };
  return { act, decision: form["decision"], role: roles.find((role) => role === form["role"]) };
}

/** What the rules of moderation refuse is answered with the reason. */
async function allowed(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ModerationRefusedError) throw new NotAllowedError(error.message);
    throw error;
  }
}
