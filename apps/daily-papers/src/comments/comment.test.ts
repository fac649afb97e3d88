import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../database/database.ts";
import type { Role } from "../database/schema.ts";
import { seed } from "../database/seed.ts";
import { moderateComment, openReports } from "../moderation/moderation.queries.ts";
import { deleteAccount } from "../people/delete-account.ts";
import type { Reader } from "../people/reader.ts";
import { addAccount } from "../testing/accounts.ts";
import { databaseKinds } from "../testing/databases.ts";
import { discussionOf, findComment } from "./comment.queries.ts";
import { acceptAnswer, reportComment } from "./judge-answer.ts";
import { CommentRefusedError, deleteComment, editComment, writeComment, type NewComment } from "./write-comment.ts";

const paperId = "2409.19977";
const start = Date.UTC(2026, 10, 23, 12);
const shown = { state: "shown", reason: undefined, score: undefined } as const;
const held = { state: "held", reason: "rated low", score: -0.5 } as const;

describe.each(databaseKinds())("comments on $name", ({ missing, open, stop }) => {
  if (missing !== undefined) {
    it.skip(`is not tried: ${missing}`, () => undefined);
    return;
  }
  let database: OpenDatabase;
  let time = start;
  let ada: string;
  let grace: string;
  const db = () => database.db;
  const now = () => new Date((time += 1_000));
  const write = (comment: Partial<NewComment> = {}) =>
    writeComment(db(), {
      paperId,
      accountId: ada,
      parentId: undefined,
      isQuestion: false,
      body: "text",
      verdict: shown,
      now: now(),
      ...comment,
    });
  const as = (id: string, role: Role = "reader"): Reader => ({ id, name: "x", role, banned: false });
  const texts = async (reader?: Reader) =>
    (await discussionOf(db(), paperId, reader)).map(({ comment, replies }) => [
      comment.state === "deleted" ? "(deleted)" : comment.body,
      ...replies.map((reply) => reply.body),
    ]);

  beforeAll(async () => {
    database = await open();
    await seed(db());
  });
  beforeEach(async () => {
    time = start;
    ada = await addAccount(db(), "ada");
    grace = await addAccount(db(), "grace");
  });
  afterEach(async () => {
    const counts = await db()
      .selectFrom("paper")
      .select("comments")
      .select(sql<number>`(select count(*)::int from comment where paper_id = paper.id and state = 'shown')`.as("rows"))
      .execute();
    for (const { comments, rows } of counts) expect(comments).toBe(rows);
    await db().deleteFrom("comment").execute();
    await db().deleteFrom("account").execute();
    await db().updateTable("paper").set({ comments: 0 }).execute();
  });
  afterAll(async () => {
    await database.close();
    await stop();
  });

  it("are in the order in which they were written, with their replies", async () => {
    const first = await write({ body: "first" });
    await write({ body: "second", accountId: grace });
    await write({ body: "reply", accountId: grace, parentId: first });
    expect(await texts()).toEqual([["first", "reply"], ["second"]]);
    await expect(write({ parentId: "nothing00000" })).rejects.toThrow(CommentRefusedError);
    const reply = (await discussionOf(db(), paperId, undefined))[0]?.replies[0]?.id;
    await expect(write({ parentId: reply })).rejects.toThrow(CommentRefusedError);
    await expect(write({ parentId: first, paperId: "2309.12307" })).rejects.toThrow(CommentRefusedError);
    await expect(write({ paperId: "9999.99999" })).rejects.toThrow(CommentRefusedError);
  });

  it("are changed and erased by their writers only", async () => {
    const id = await write({ body: "before" });
    const change = { id, body: "after", verdict: shown };
    await expect(editComment(db(), { ...change, accountId: grace, now: now() })).rejects.toThrow(CommentRefusedError);
    await expect(deleteComment(db(), { id, accountId: grace, now: now() })).rejects.toThrow(CommentRefusedError);
    await editComment(db(), { ...change, accountId: ada, now: now() });
    expect(await findComment(db(), id)).toMatchObject({ body: "after", editedAt: new Date(time) });
    await deleteComment(db(), { id, accountId: ada, now: now() });
    expect(await findComment(db(), id)).toMatchObject({ body: "", state: "deleted" });
    expect(await texts()).toEqual([]);
    await expect(editComment(db(), { ...change, accountId: ada, now: now() })).rejects.toThrow(CommentRefusedError);
  });

  it("keep the place of what was deleted while a reply stands under it", async () => {
    const id = await write({ body: "before" });
    await write({ body: "reply", accountId: grace, parentId: id });
    await deleteComment(db(), { id, accountId: ada, now: now() });
    expect(await texts()).toEqual([["(deleted)", "reply"]]);
  });

  it("are seen by their writer and by moderators while they are held", async () => {
    const id = await write({ body: "rude", verdict: held });
    expect(await texts()).toEqual([]);
    expect(await texts(as(grace))).toEqual([]);
    expect(await texts(as(ada))).toEqual([["rude"]]);
    expect(await texts(as(grace, "moderator"))).toEqual([["rude"]]);
    expect(await findComment(db(), id)).toMatchObject({ stateReason: "rated low" });
    await editComment(db(), { id, accountId: ada, body: "kind", verdict: shown, now: now() });
    expect(await texts()).toEqual([["kind"]]);
    await editComment(db(), { id, accountId: ada, body: "rude", verdict: held, now: now() });
    expect(await texts()).toEqual([]);
  });

  it("stay hidden by a moderator, however they are edited", async () => {
    const id = await write();
    const moderator = { ...as(grace, "moderator"), name: "grace" };
    const act = { actor: moderator, reason: "spam", now: now(), path: "/x" };
    await moderateComment(db(), { ...act, id, show: false });
    await editComment(db(), { id, accountId: ada, body: "again", verdict: shown, now: now() });
    expect(await texts()).toEqual([]);
    expect(await findComment(db(), id)).toMatchObject({ state: "hidden", stateReason: "spam" });
    await moderateComment(db(), { ...act, id, show: true });
    expect(await texts()).toEqual([["again"]]);
  });

  it("answer questions as the asker says, one answer at a time", async () => {
    const question = await write({ body: "why?", isQuestion: true });
    const one = await write({ body: "so", accountId: grace, parentId: question });
    const two = await write({ body: "because", accountId: grace, parentId: question });
    const remark = await write({ body: "remark" });
    const reply = await write({ body: "yes", parentId: remark });
    const accept = (id: string, accountId: string, accepted = true) =>
      acceptAnswer(db(), { id, accountId, accepted, now: now() });
    for (const [id, who] of [
      [one, grace],
      [question, ada],
      [reply, ada],
      ["nothing00000", ada],
    ] as const) {
      await expect(accept(id, who)).rejects.toThrow(CommentRefusedError);
    }
    await accept(one, ada);
    await accept(two, ada);
    expect((await findComment(db(), one))?.acceptedAt).toBeUndefined();
    expect((await findComment(db(), two))?.acceptedAt).toEqual(new Date(time));
    await accept(two, ada, false);
    expect((await findComment(db(), two))?.acceptedAt).toBeUndefined();
  });

  it("are reported once by a person, and not by their writer", async () => {
    const id = await write();
    const report = (accountId: string) => reportComment(db(), { id, accountId, reason: "spam", now: now() });
    await report(grace);
    await report(grace);
    await expect(report(ada)).rejects.toThrow(CommentRefusedError);
    expect(await db().selectFrom("report").select("reason").execute()).toHaveLength(1);
    // A moderator lets it stand; what is written into it afterwards can be reported again.
    const act = { actor: { ...as(grace, "moderator"), name: "grace" }, reason: "fine", now: now(), path: "/x" };
    await moderateComment(db(), { ...act, id, show: true });
    await report(grace);
    expect(await openReports(db(), 5)).toEqual([]);
    await editComment(db(), { id, accountId: ada, body: "worse", verdict: shown, now: now() });
    await report(grace);
    expect(await openReports(db(), 5)).toMatchObject([{ commentId: id }]);
  });

  it("are limited to ten an hour for a new account, also when they come at once", async () => {
    const accountId = await addAccount(db(), "new", { createdAt: new Date(start - 3_600_000) });
    const tries = await Promise.allSettled(Array.from({ length: 14 }, () => write({ accountId })));
    expect(tries.filter((one) => one.status === "fulfilled")).toHaveLength(10);
    time += 3_600_000;
    await write({ accountId });
  });

  it("stay without a name when their writer leaves, or go with them", async () => {
    const kept = await write({ body: "kept" });
    await write({ body: "held", verdict: held });
    await write({ body: "reply", accountId: grace, parentId: kept });
    await deleteAccount(db(), { accountId: ada, eraseComments: false, now: now() });
    expect(await texts()).toEqual([["kept", "reply"]]);
    expect(await texts(as(grace, "moderator"))).toEqual([["kept", "reply"]]);
    expect((await findComment(db(), kept))?.author).toBeUndefined();
    await deleteAccount(db(), { accountId: grace, eraseComments: true, now: now() });
    expect(await texts()).toEqual([["kept"]]);
  });
});
