import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../database/database.ts";
import { JobWorker } from "../jobs/job.worker.ts";
import { enqueueJob } from "../jobs/jobs.ts";
import { findPaper, papersOfDay } from "../papers/paper.queries.ts";
import { arxivFeed, arxivKnowing } from "../testing/arxiv-feed.ts";
import { databaseKinds } from "../testing/databases.ts";
import { answer, startRemoteServer, type RemoteServer } from "../testing/remote-server.ts";
import { sourceHandlers } from "./ingest.ts";
import { listSources } from "./source-state.ts";

const json = "application/json";
const paper = (id: string, upvotes: number) => ({
  paper: {
    id,
    title: `Paper ${id}`,
    summary: "S",
    authors: [{ name: "A" }],
    publishedAt: "2026-08-18T00:00:00Z",
    upvotes,
  },
});

describe.each(databaseKinds())("papers brought in on $name", ({ missing, open, stop }) => {
  if (missing !== undefined) {
    it.skip(`are not tried: ${missing}`, () => undefined);
    return;
  }
  let database: OpenDatabase;
  let arxiv: RemoteServer;
  let huggingFace: RemoteServer;
  let days: Record<string, unknown[]>;
  let now: Date;
  const errors: unknown[] = [];

  beforeAll(async () => {
    database = await open();
  });
  beforeEach(async () => {
    now = new Date("2026-08-20T12:00:00Z");
    days = {};
    arxiv = await startRemoteServer(arxivKnowing([{ id: "2608.00001", version: 2 }, { id: "hep-th/9901001" }]));
    huggingFace = await startRemoteServer((response, request) => {
      const day = new URL(request.url ?? "", "http://hf.test").searchParams.get("date") ?? "";
      answer(JSON.stringify(days[day] ?? []), json)(response, request);
    });
    errors.length = 0;
  });
  afterEach(async () => {
    arxiv.close();
    huggingFace.close();
    for (const table of ["job", "source", "submission", "paper", "account", "pace"] as const) {
      await database.db.deleteFrom(table).execute();
    }
  });
  afterAll(async () => {
    await database.close();
    await stop();
  });

  /** Works off the queue, as a server does. */
  const work = async () => {
    const remote = { userAgent: "Offprint", intervalMs: 1, patienceMs: 1, timeoutMs: 1_000 };
    const handlers = sourceHandlers({
      arxiv: { ...remote, base: arxiv.url },
      huggingFace: { ...remote, base: huggingFace.url },
      categories: ["cs.LG"],
      now: () => now,
    });
    const worker = new JobWorker({ db: database.db, handlers, onError: (error) => errors.push(error), now: () => now });
    await worker.idle();
    await worker.stop();
  };
  const enqueue = (name: string, payload: Record<string, unknown> = {}) =>
    enqueueJob(database.db, { name, payload, now });
  const submit = async (paperId: string) => {
    await database.db
      .insertInto("account")
      .values({ id: "aaaaaaaaaaaa", name: "Ada", email: "ada@example.org", created_at: now })
      .execute();
    await database.db
      .insertInto("submission")
      .values({
        id: "ssssssssssss",
        paper_id: paperId,
        account_id: "aaaaaaaaaaaa",
        state: "waiting",
        created_at: new Date("2026-08-19T23:59:00Z"),
      })
      .execute();
    await enqueue("fetch-paper", { arxivId: paperId, submissionId: "ssssssssssss" });
  };
  const submission = () =>
    database.db.selectFrom("submission").select(["state", "state_reason"]).executeTakeFirstOrThrow();

  it("by submission enter the feed of the day on which they were submitted", async () => {
    await submit("hep-th/9901001");
    await work();
    expect(errors).toEqual([]);
    expect(await submission()).toEqual({ state: "featured", state_reason: null });
    expect((await papersOfDay(database.db, "2026-08-19"))[0]).toMatchObject({
      id: "hep-th/9901001",
      submittedBy: "Ada",
      source: "submission",
      featuredOn: "2026-08-19",
    });
    expect((await findPaper(database.db, "hep-th/9901001"))?.hotness).toBeGreaterThan(800);
  });

  it("that arXiv does not know are refused with the reason", async () => {
    await submit("2608.00009");
    await work();
    expect(await submission()).toEqual({ state: "refused", state_reason: "arXiv knows no paper of this id" });
  });

  it("come day by day, go on from the last day, and take what came to it since", async () => {
    days["2026-08-19"] = [paper("2608.10001", 3), paper("2608.10002", 5), { paper: { id: "broken" } }];
    await enqueue("ingest-hugging-face");
    await work();
    expect(huggingFace.asked.map(({ path }) => /date=([\d-]+)/.exec(path)?.[1])).toEqual(
      [13, 14, 15, 16, 17, 18, 19, 20].map((day) => `2026-08-${day}`),
    );
    expect((await papersOfDay(database.db, "2026-08-19")).map(({ id }) => id)).toEqual(["2608.10002", "2608.10001"]);

    days["2026-08-20"] = [paper("2608.10003", 1)];
    now = new Date("2026-08-21T12:00:00Z");
    huggingFace.asked.length = 0;
    await enqueue("ingest-hugging-face");
    await work();
    expect(huggingFace.asked).toHaveLength(8);
    expect(await papersOfDay(database.db, "2026-08-20")).toHaveLength(1);
    await enqueue("ingest-hugging-face");
    await work();
    expect(huggingFace.asked).toHaveLength(9);
    expect(await listSources(database.db)).toMatchObject([
      { name: "huggingface", state: { day: "2026-08-21" }, succeededAt: now, error: undefined },
    ]);
    expect(errors).toEqual([]);
  });

  it("keep the days that were read when a later one fails, and go on from there", async () => {
    days["2026-08-14"] = [paper("2608.10001", 3)];
    huggingFace.next.push(
      answer("[]", json),
      answer(JSON.stringify(days["2026-08-14"]), json),
      answer("wait", "text/plain", 429, { "retry-after": "600" }),
    );
    await enqueue("ingest-hugging-face");
    await work();
    const [source] = await listSources(database.db);
    expect(source).toMatchObject({
      state: { day: "2026-08-14" },
      failedAt: now,
      error: "huggingface answers 429 for now",
    });
    expect(await papersOfDay(database.db, "2026-08-14")).toHaveLength(1);
    // The queue waits as long as it was asked to; the pace as well, which a real clock would have waited for.
    now = new Date(now.getTime() + 600_000);
    await database.db.deleteFrom("pace").execute();
    await work();
    expect((await listSources(database.db))[0]).toMatchObject({ state: { day: "2026-08-20" }, error: undefined });
  });

  it("of a category come page by page until they are a week old, and into no feed", async () => {
    const entry = (id: string, day: string) =>
      arxivFeed([{ id }], 500).replace("2026-08-10T17:34:15Z", `${day}T17:34:15Z`);
    const atom = "application/atom+xml";
    arxiv.next.push(
      answer(entry("2608.20001", "2026-08-19"), atom),
      answer("later", "text/plain", 503),
      answer(entry("2608.20002", "2026-08-15"), atom),
      answer(entry("2608.20003", "2026-08-12"), atom),
    );
    await enqueue("ingest-arxiv");
    await work();
    expect(errors).toEqual([]);
    expect(arxiv.asked.map(({ path }) => /start=(\d+)/.exec(path)?.[1])).toEqual(["0", "200", "200", "400"]);
    const kept = await database.db.selectFrom("paper").select(["id", "featured_on", "source"]).orderBy("id").execute();
    expect(kept).toEqual(
      ["2608.20001", "2608.20002", "2608.20003"].map((id) => ({ id, featured_on: null, source: "arxiv" })),
    );
  });

  it("learn for some days how they are voted for, and lose no place when that fails", async () => {
    days["2026-08-18"] = [paper("2608.10001", 3)];
    await enqueue("ingest-hugging-face");
    await work();
    const before = await findPaper(database.db, "2608.10001");
    now = new Date("2026-08-21T00:30:00Z");
    days["2026-08-18"] = [paper("2608.10001", 40)];
    const ok = answer("[]", json);
    huggingFace.next.push(ok, ok, ok, answer("wait", "text/plain", 429, { "retry-after": "600" }));
    await enqueue("ingest-hugging-face");
    await work();
    expect((await listSources(database.db))[0]).toMatchObject({ state: { day: "2026-08-20" }, failedAt: now });
    now = new Date(now.getTime() + 600_000);
    await database.db.deleteFrom("pace").execute();
    await work();
    expect(await findPaper(database.db, "2608.10001")).toMatchObject({
      votesElsewhere: 40,
      featuredAt: before?.featuredAt,
    });
    expect((await listSources(database.db))[0]).toMatchObject({ state: { day: "2026-08-21" } });
  });

  it("learn of new versions", async () => {
    days["2026-08-19"] = [paper("2608.00001", 3)];
    await enqueue("ingest-hugging-face", { since: "2026-08-19" });
    await work();
    await enqueue("refresh-papers");
    await work();
    expect(await findPaper(database.db, "2608.00001")).toMatchObject({
      version: 2,
      categories: ["cs.LG", "stat.ML"],
      source: "huggingface",
      votesElsewhere: 3,
    });
  });
});
