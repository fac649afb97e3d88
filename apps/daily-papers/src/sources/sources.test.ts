import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../database/database.ts";
import { arxivError, arxivFeed, arxivKnowing } from "../testing/arxiv-feed.ts";
import { openMigratedPglite } from "../testing/databases.ts";
import { answer, startRemoteServer, type RemoteAnswer, type RemoteServer } from "../testing/remote-server.ts";
import { arxivCategory, arxivPapers } from "./arxiv.ts";
import { huggingFaceDay, readDailyPapers } from "./hugging-face.ts";
import { Metrics } from "../operations/metrics.ts";
import type { RemoteOptions } from "./remote.ts";
import { SourceRefusedError, SourceUnavailableError } from "./source-error.ts";

const atom = "application/atom+xml; charset=UTF-8";
const sample = fileURLToPath(
  new URL("../../../../../shared/data/papers/raw-api-sample-2026-08-19.json.gz", import.meta.url),
);

describe("sources", () => {
  let database: OpenDatabase;
  let remote: RemoteServer;
  let usual: RemoteAnswer;
  beforeAll(async () => {
    database = await openMigratedPglite();
  });
  beforeEach(async () => {
    usual = arxivKnowing([{ id: "2608.00001", version: 2 }, { id: "hep-th/9901001" }]);
    remote = await startRemoteServer((response, request) => usual(response, request));
  });
  afterEach(() => remote.close());
  afterAll(() => database.close());
  const options = (changes: Partial<RemoteOptions> = {}): RemoteOptions => ({
    db: database.db,
    base: remote.url,
    userAgent: "Offprint/0.1 (+https://papers.example)",
    intervalMs: 1,
    patienceMs: 1,
    timeoutMs: 1_000,
    ...changes,
  });

  describe("arXiv", () => {
    it("gives papers by id, whole, and leaves out what it does not know", async () => {
      const papers = await arxivPapers(["2608.00001", "hep-th/9901001", "2608.00003"], options());
      expect(papers.map((paper) => paper.id)).toEqual(["2608.00001", "hep-th/9901001"]);
      expect(papers[0]).toEqual({
        id: "2608.00001",
        title: "The paper <2608.00001> of $O(n^2)$ & more",
        abstract: "We show that it holds.",
        authors: ["Zo\u00EB Example", "Bo Example"],
        publishedOn: "2026-08-10",
        publishedAt: new Date("2026-08-10T17:34:15Z"),
        revisedAt: new Date("2026-08-12T00:00:00Z"),
        version: 2,
        categories: ["cs.LG", "stat.ML"],
        journalRef: "Example Journal 1 (2026)",
        doi: "10.1000/example",
        authorComment: "12 pages, 3 figures",
        withdrawnAt: undefined,
      });
      expect(remote.asked[0]).toMatchObject({
        path: "/api/query?id_list=2608.00001,hep-th/9901001,2608.00003&max_results=3",
        userAgent: "Offprint/0.1 (+https://papers.example)",
      });
    });

    it("is asked for many ids in several requests, apart in time", async () => {
      const ids = Array.from({ length: 150 }, (_, index) => `2608.1${String(index).padStart(4, "0")}`);
      await arxivPapers(ids, options({ intervalMs: 250 }));
      expect(remote.asked).toHaveLength(2);
      expect((remote.asked[1]?.at ?? 0) - (remote.asked[0]?.at ?? 0)).toBeGreaterThan(150);
    });

    it("gives the newest of a category, and is asked again when a page comes empty", async () => {
      usual = answer(arxivFeed([{ id: "2608.00001" }], 500), atom);
      remote.next.push(answer(arxivFeed([], 500), atom));
      const page = await arxivCategory("cs.LG", { start: 100, most: 50 }, options());
      expect(page).toMatchObject({ total: 500, papers: [{ id: "2608.00001" }] });
      expect(remote.asked.map(({ path }) => path)[1]).toContain("search_query=cat:cs.LG&sortBy=submittedDate");
      usual = answer(arxivFeed([], 500), atom);
      await expect(arxivCategory("cs.LG", {}, options())).rejects.toThrow("an empty page");
    });

    it.each<[string, string, boolean]>([
      ["This paper has been withdrawn by us", "We show.", true],
      ["12 pages. This paper has been temporarily withdrawn", "We show.", true],
      ["Withdrawn by the authors: Lemma 2 is wrong", "We show.", true],
      ["arXiv admin note: submission has been withdrawn by arXiv administrators", "We show.", true],
      ["", "This paper has been withdrawn by the author due to a crucial error.", true],
      ["Extends 2301.00001, which has been withdrawn", "We show.", false],
      ["12 pages", "We ask which articles were withdrawn, and whether a paper is withdrawn early.", false],
    ])("notices that a paper was withdrawn: %s / %s", async (comment, abstract, wanted) => {
      const xml = arxivFeed([{ id: "2608.00001" }])
        .replace("12 pages, 3 figures", comment)
        .replace(/<summary>[^<]*/, `<summary>${abstract}`);
      usual = answer(xml, atom);
      expect((await arxivPapers(["2608.00001"], options()))[0]?.withdrawnAt instanceof Date).toBe(wanted);
    });

    it.each<[string, RemoteAnswer]>([
      ["429 with Retry-After", answer("slow down", "text/plain", 429, { "retry-after": "0" })],
      ["503", answer("Service Unavailable", "text/html", 503)],
      ["half a document", answer(arxivFeed([{ id: "2608.00001" }]).slice(0, 900), atom)],
      ["a connection that breaks", (response) => response.destroy()],
      ["nothing for too long", () => undefined],
    ])("is asked again after %s", async (_, fault) => {
      remote.next.push(fault);
      expect(await arxivPapers(["2608.00001"], options())).toHaveLength(1);
      expect(remote.asked).toHaveLength(2);
    });

    it("is left alone for as long as it asks", async () => {
      usual = answer("later", "text/plain", 429, { "retry-after": "3600" });
      const failed = arxivPapers(["2608.00001"], options());
      await expect(failed).rejects.toThrow(SourceUnavailableError);
      await expect(failed).rejects.toMatchObject({ retryAfterMs: 3_600_000 });
      expect(remote.asked).toHaveLength(1);
      await database.db.deleteFrom("pace").execute();
    });

    it("is counted by how each request ended", async () => {
      const metrics = new Metrics();
      const counted = options({ onAsked: metrics.countSourceRequest });
      remote.next.push(
        answer("slow down", "text/plain", 429, { "retry-after": "0" }),
        (response) => response.destroy(),
        answer(arxivFeed([{ id: "2608.00001" }]).slice(0, 900), atom),
      );
      await arxivPapers(["2608.00001"], counted);
      usual = answer("no", "text/html", 403);
      await expect(arxivPapers(["2608.00001"], counted)).rejects.toThrow("answers 403");
      const text = await metrics.text(database.db, new Date());
      for (const [outcome, count] of Object.entries({ answered: 1, later: 1, failed: 2, refused: 1 })) {
        expect(text).toContain(`offprint_source_requests_total{source="arxiv",outcome="${outcome}"} ${count}\n`);
      }
    });

    it("is given up after a few tries", async () => {
      usual = answer("", "text/html", 500);
      await expect(arxivPapers(["2608.00001"], options())).rejects.toThrow("arxiv answers 500 for now");
      expect(remote.asked).toHaveLength(4);
    });

    it.each<[string, RemoteAnswer, string]>([
      ["an error feed, 400", arxivError(400), "incorrect id format for nope"],
      ["an error feed, 200", arxivError(200), "incorrect id format for nope"],
      ["a page for people", answer("<html></html>", "text/html"), "text/html"],
      ["403", answer("no", "text/html", 403), "answers 403"],
      ["a redirect elsewhere", answer("", atom, 302, { location: "https://evil.example/" }), "none of the hosts"],
      ["XML that is no feed", answer("<a/>", atom), "no feed"],
      [
        "entities of its own",
        answer(`<?xml version="1.0"?><!DOCTYPE f [<!ENTITY a "b">]>${arxivFeed([]).slice(38)}`, atom),
        "declares a document type",
      ],
    ])("is not asked again after %s", async (_, fault, words) => {
      usual = fault;
      await expect(arxivPapers(["2608.00001"], options())).rejects.toThrow(words);
      expect(remote.asked).toHaveLength(1);
    });

    it("may not send more than fits", async () => {
      usual = (response) => {
        response.writeHead(200, { "content-type": atom });
        response.end(Buffer.alloc(21_000_000, " "));
      };
      await expect(arxivPapers(["2608.00001"], options({ timeoutMs: 10_000 }))).rejects.toThrow("20000000 bytes");
    });
  });

  describe("Hugging Face", () => {
    const json = "application/json; charset=utf-8";
    const item = (id: string, paper: object = {}) => ({
      title: "T",
      paper: { id, title: "T", summary: "S", authors: [{ name: "A" }], publishedAt: "2026-08-18T00:00:00Z", ...paper },
    });

    it("gives a day over several pages", async () => {
      const items = Array.from({ length: 130 }, (_, index) => item(`2608.1${String(index).padStart(4, "0")}`));
      usual = (response, request) => {
        const page = Number(new URL(request.url ?? "", remote.url).searchParams.get("p"));
        answer(JSON.stringify(items.slice(page * 100, page * 100 + 100)), json)(response, request);
      };
      const { papers } = await huggingFaceDay("2026-08-19", options());
      expect(papers).toHaveLength(130);
      expect(remote.asked.map(({ path }) => path)).toEqual([
        "/api/daily_papers?date=2026-08-19&limit=100&p=0",
        "/api/daily_papers?date=2026-08-19&limit=100&p=1",
      ]);
    });

    it("tells a day that it fell back to from the day that was asked for", async () => {
      usual = answer(JSON.stringify([item("2608.00001", { submittedOnDailyAt: "2026-08-14T01:00:00Z" })]), json);
      const { papers } = await huggingFaceDay("2026-08-16", options());
      expect(papers[0]?.featuredOn).toBe("2026-08-14");
    });

    it("is read though fields are missing, new or of another kind, and nothing is made up", () => {
      const { papers, unusable } = readDailyPapers([
        item("2608.00001", { upvotes: "many", organization: 5, somethingNew: { a: 1 }, ai_keywords: null }),
        item("not-an-id"),
        { paper: null },
        "nonsense",
      ]);
      expect(papers).toHaveLength(1);
      expect(papers[0]).toMatchObject({ id: "2608.00001", extra: { somethingNew: { a: 1 } } });
      for (const name of ["votesElsewhere", "commentsElsewhere", "organization", "keywords"] as const) {
        expect(papers[0]?.[name], name).toBeUndefined();
      }
      expect(unusable).toHaveLength(3);
    });

    it.each<[string, RemoteAnswer, string]>([
      ["an error", answer('{"error":"Invalid date"}', json, 400), '"Invalid date"'],
      ["a page for people", answer("<html></html>", "text/html"), "text/html"],
    ])("is not asked again after %s", async (_, fault, words) => {
      usual = fault;
      const refused = huggingFaceDay("2026-08-19", options());
      await expect(refused).rejects.toThrow(SourceRefusedError);
      await expect(refused).rejects.toThrow(words);
      expect(remote.asked).toHaveLength(1);
    });

    it.skipIf(!existsSync(sample))("is read as it really answers", () => {
      const items: unknown = JSON.parse(gunzipSync(readFileSync(sample)).toString("utf8"));
      const { papers, unusable } = readDailyPapers(Array.isArray(items) ? items : [], "2026-08-19");
      expect({ papers: papers.length, unusable }).toEqual({ papers: 26, unusable: [] });
      expect(papers[0]).toMatchObject({
        id: "2608.17271",
        title: "ASI-Bench: At the Dawn of Artificial Superintelligence",
        publishedOn: "2026-08-18",
        featuredOn: "2026-08-19",
        codeUrl: "https://github.com/apexin-ai/ASI-Bench",
        codeStars: 10,
        votesElsewhere: 38,
      });
      expect(papers[0]?.authors).toHaveLength(42);
      expect(papers.every((paper) => paper.abstract.length > 100 && paper.authors.length > 0)).toBe(true);
      expect(papers.filter((paper) => paper.summary !== undefined)).toHaveLength(25);
      // Nobody's account is kept but the name under which a paper was submitted.
      expect(JSON.stringify(papers)).not.toMatch(/avatar|isPro|fullname/);
    });
  });
});
