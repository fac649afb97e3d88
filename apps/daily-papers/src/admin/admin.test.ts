import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addAccount } from "../testing/accounts.ts";
import { TestApp } from "../testing/apps.ts";
import { Visitor } from "../testing/visitor.ts";

describe("the admin's pages", () => {
  let app: TestApp;
  let admin: Visitor;
  let reader: Visitor;
  beforeAll(async () => {
    app = await TestApp.open();
    await addAccount(app.database.db, "root-of-all", { role: "admin" });
    await addAccount(app.database.db, "ada");
    admin = new Visitor(app.with());
    reader = new Visitor(app.with());
    await admin.signIn(app.database, "root-of-all@example.org");
    await reader.signIn(app.database, "ada@example.org");
  });
  afterAll(async () => {
    await app.close();
    expect(app.errors).toEqual([]);
  });

  it("are the admin's alone", async () => {
    const stranger = new Visitor(app.with());
    for (const path of ["/admin", "/admin/jobs", "/admin/people"]) {
      expect((await stranger.get(path)).status, path).not.toBe(200);
      expect((await reader.get(path)).status, path).toBe(403);
      const page = await admin.get(path);
      expect([page.status, page.headers.get("cache-control")], path).toEqual([200, "private, no-store"]);
    }
    for (const path of ["/admin/sources/arxiv/ask", "/admin/jobs/1/again"]) {
      expect((await reader.post(path)).status, path).toBe(403);
    }
    expect(await app.database.db.selectFrom("job").where("dedupe_key", "=", "by hand").selectAll().execute()).toEqual(
      [],
    );
  });

  it("ask a source at once, one time for however many clicks", async () => {
    const asked = await admin.post("/admin/sources/huggingface/ask");
    expect([asked.status, asked.headers.get("location")]).toEqual([303, "/admin?asked=huggingface"]);
    await admin.post("/admin/sources/huggingface/ask");
    const jobs = await app.database.db.selectFrom("job").select("name").where("dedupe_key", "=", "by hand").execute();
    expect(jobs).toEqual([{ name: "ingest-hugging-face" }]);
    expect((await admin.post("/admin/sources/elsewhere/ask")).status).toBe(404);
    expect(await admin.text("/admin")).toContain("Not asked yet.");
    expect(await admin.text("/admin")).toContain("Nothing needs you.");
    await app.database.db
      .insertInto("source")
      .values({
        name: "huggingface",
        succeeded_at: new Date("2026-11-23T10:00:00Z"),
        state: JSON.stringify({ day: "2026-11-23", papers: 3, unusable: ["item 4: its id is none of arXiv's"] }),
      })
      .execute();
    expect(await admin.text("/admin")).toContain("1 entry of 2026-11-23 left out");
    await app.database.db
      .insertInto("source")
      .values({ name: "arxiv", failed_at: new Date("2026-11-23T10:00:00Z"), error: "answered 503 <b>" })
      .execute();
    expect(await admin.text("/admin")).toContain("answered 503 &lt;b&gt;");
  });

  it("put a job that was given up back, unless another does the same", async () => {
    const { db } = app.database;
    const failed = { name: "try", payload: "{}", run_after: new Date(0), created_at: new Date(0), failed: true };
    const { id } = await db
      .insertInto("job")
      .values({ ...failed, finished_at: new Date(0), error: "no luck", attempts: 5, dedupe_key: "one" })
      .returning("id")
      .executeTakeFirstOrThrow();
    expect(await admin.text("/admin/jobs?state=failed")).toContain("no luck");
    expect(await admin.text("/admin")).toContain('1 job given up. <a href="/admin/jobs?state=failed">See to it</a>');
    expect((await admin.post(`/admin/jobs/${id}/again`)).status).toBe(303);
    expect(await db.selectFrom("job").select(["attempts", "failed"]).where("id", "=", id).execute()).toEqual([
      { attempts: 0, failed: false },
    ]);
    await db
      .updateTable("job")
      .set({ failed: true, finished_at: new Date(0) })
      .where("id", "=", id)
      .execute();
    await db
      .insertInto("job")
      .values({ ...failed, failed: false, dedupe_key: "one" })
      .execute();
    expect((await admin.post(`/admin/jobs/${id}/again`)).status).toBe(409);
    expect((await admin.post("/admin/jobs/x/again")).status).toBe(409);
  });

  it("find people by name or address, and show no address whole", async () => {
    const found = await admin.text("/admin/people?q=ada%40example.org");
    expect(found).toContain('href="/people/ada"');
    expect(found).toContain("a…@example.org");
    const page = await admin.text("/admin/people");
    expect(page).not.toMatch(/ada@example\.org/);
    expect(await admin.text("/admin/people?q=100%25")).toContain("Nobody has such a name");
  });
});
