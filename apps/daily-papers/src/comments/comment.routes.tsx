/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { Hono, type Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { rateLimit } from "../limits/rate-limit.ts";
import { formFields, type Fields } from "../look/form.ts";
import { renderPage } from "../look/layout.tsx";
import { renderNotFound, renderNotice } from "../look/notice.tsx";
import { judgeText } from "../moderation/text-rating.ts";
import { logRule } from "../moderation/moderation.queries.ts";
import { isArxivId, paperPath } from "../papers/arxiv-id.ts";
import { NotAllowedError } from "../people/reader.ts";
import { requireReader, requireWriter } from "../people/session.ts";
import { CommentFormPage, ReportPage } from "./comment-form.page.tsx";
import { findComment } from "./comment.queries.ts";
import { commentPath, mostCharacters, problemOfBody, type Comment } from "./comment.ts";
import { acceptAnswer, reportComment } from "./judge-answer.ts";
import { CommentRefusedError, deleteComment, editComment, writeComment } from "./write-comment.ts";

/** One character more than a text may have, so that a longer one is seen and not cut. */
const readFields = (c: Context<AppEnv>) => formFields(c, mostCharacters + 1);
const writing = rateLimit({ name: "writing", points: 120, seconds: 3600, by: "account" });

export const commentRoutes = new Hono<AppEnv>()
  .post("/comments", writing, async (c) => {
    const { id: accountId } = requireWriter(c);
    const form = await readFields(c);
    const [paperId, body] = [form["paper"] ?? "", bodyOf(form)];
    if (!isArxivId(paperId)) return renderNotFound(c, "paper");
    const problem = problemOfBody(body);
    if (problem !== undefined) return renderNewForm(c, form, problem);
    const verdict = await judgeText(body, c.var.rateText, c.var.report);
    const comment = { paperId, accountId, parentId: form["parent"], isQuestion: form["question"] === "yes", body };
    const id = await unlessRefused(writeComment(c.var.db, { ...comment, verdict, now: c.var.now() }));
    if (typeof id !== "string") return renderNewForm(c, form, id.message);
    const path = commentPath({ paperId, id });
    if (verdict.state === "held") await logHeld(c, path);
    return c.redirect(path, 303);
  })
  .get("/comments/:id/edit", async (c) => {
    requireWriter(c);
    const comment = await ownComment(c);
    return comment === undefined ? renderNotFound(c, "comment") : renderEditForm(c, comment, comment.body);
  })
  .post("/comments/:id/edit", writing, async (c) => {
    const { id: accountId } = requireWriter(c);
    const comment = await ownComment(c);
    if (comment === undefined) return renderNotFound(c, "comment");
    const body = bodyOf(await readFields(c));
    const problem = problemOfBody(body);
    if (problem !== undefined) return renderEditForm(c, comment, body, problem);
    const verdict = await judgeText(body, c.var.rateText, c.var.report);
    await editComment(c.var.db, { id: comment.id, accountId, body, verdict, now: c.var.now() });
    if (verdict.state === "held" && comment.state === "shown") await logHeld(c, commentPath(comment));
    return c.redirect(commentPath(comment), 303);
  })
  .post("/comments/:id/delete", async (c) => {
    const { id: accountId } = requireReader(c);
    const comment = await ownComment(c);
    if (comment === undefined) return renderNotFound(c, "comment");
    await deleteComment(c.var.db, { id: comment.id, accountId, now: c.var.now() });
    return c.redirect(`${paperPath(comment.paperId)}#discussion`, 303);
  })
  .post("/comments/:id/accept", async (c) => {
    const { id: accountId } = requireWriter(c);
    const comment = await findComment(c.var.db, c.req.param("id"));
    if (comment === undefined) return renderNotFound(c, "comment");
    const accepted = (await formFields(c))["accepted"] !== "no";
    const change = { id: comment.id, accountId, accepted, now: c.var.now() };
    const done = await unlessRefused(acceptAnswer(c.var.db, change));
    if (done instanceof CommentRefusedError) throw new NotAllowedError(done.message);
    return c.redirect(commentPath(comment), 303);
  })
  .get("/comments/:id/report", async (c) => {
    requireReader(c);
    const comment = await findComment(c.var.db, c.req.param("id"));
    if (comment?.state !== "shown") return renderNotFound(c, "comment");
    return renderReportForm(c, comment);
  })
  .post("/comments/:id/report", rateLimit({ name: "reports", points: 20, seconds: 3600, by: "account" }), async (c) => {
    const { id: accountId } = requireWriter(c);
    const comment = await findComment(c.var.db, c.req.param("id"));
    if (comment?.state !== "shown") return renderNotFound(c, "comment");
    const reason = ((await readFields(c))["reason"] ?? "").trim().slice(0, 500);
    if (reason === "") return renderReportForm(c, comment, "Say in a few words what is wrong with it.");
    const report = { id: comment.id, accountId, reason, now: c.var.now() };
    const done = await unlessRefused(reportComment(c.var.db, report));
    if (done instanceof CommentRefusedError) throw new NotAllowedError(done.message);
    return renderNotice(c, {
      status: 200,
      title: "Thank you",
      text: "A moderator will read the comment. What is done about it stands in the public log.",
      way: { href: commentPath(comment), label: "Back to the discussion" },
    });
  });

/** Line ends as one character: browsers send two. */
function bodyOf(form: Fields): string {
  // NUL cannot be stored.
  return (form["body"] ?? "").replaceAll("\r\n", "\n").replaceAll("\0", "");
}

/** The comment of the address if it is the reader's own and not deleted. */
async function ownComment(c: Context<AppEnv, "/comments/:id/*">): Promise<Comment | undefined> {
  const comment = await findComment(c.var.db, c.req.param("id"));
  return comment?.author?.id === c.var.reader?.id && comment?.state !== "deleted" ? comment : undefined;
}

async function unlessRefused<T>(work: Promise<T>): Promise<T | CommentRefusedError> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof CommentRefusedError) return error;
    throw error;
  }
}

function logHeld(c: Context<AppEnv>, subject: string) {
  return logRule(c.var.db, { action: "held a comment for review", subject, now: c.var.now() });
}

function renderNewForm(c: Context<AppEnv>, form: Fields, problem: string) {
  const hidden = Object.fromEntries(
    ["paper", "parent", "question"].flatMap((name) => (form[name] === undefined ? [] : [[name, form[name]] as const])),
  );
  return renderPage(
    c,
    { title: "Your comment", status: 422 },
    <CommentFormPage
      {...{ hidden, problem, body: form["body"] ?? "", title: "Not published yet", action: "/comments" }}
      label="Publish"
      back={paperPath(form["paper"] ?? "")}
    />,
  );
}

function renderEditForm(c: Context<AppEnv>, comment: Comment, body: string, problem?: string) {
  return renderPage(
    c,
    { title: "Edit your comment", ...(problem === undefined ? {} : { status: 422 as const }) },
    <CommentFormPage
      {...{ body, problem, title: "Edit your comment", action: `/comments/${comment.id}/edit` }}
      label="Save"
      back={commentPath(comment)}
    />,
  );
}

function renderReportForm(c: Context<AppEnv>, comment: Comment, problem?: string) {
  const action = `/comments/${comment.id}/report`;
  return renderPage(
    c,
    { title: "Report a comment", ...(problem === undefined ? {} : { status: 422 as const }) },
    <ReportPage action={action} back={commentPath(comment)} problem={problem} />,
  );
}
