import { sql, type Kysely } from "kysely";
import { afterAll, describe, expect, it } from "vitest";
import type { Database } from "../database/schema.ts";
import { seed } from "../database/seed.ts";
import { addAccount } from "../testing/accounts.ts";
import { databaseKinds } from "../testing/databases.ts";
import { RestoreRefusedError, restoreBackup, writeBackup } from "./backup.ts";

const kinds = databaseKinds();

async function* linesOf(lines: readonly string[]) {
  yield* lines;
}

async function linesIn(db: Kysely<Database>): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of writeBackup(db, new Date("2026-11-23T00:00:00Z"))) lines.push(line);
  return lines;
}

/** Rows whose values a careless copy would change. */
async function fill(db: Kysely<Database>): Promise<void> {
  await seed(db);
  const ada = await addAccount(db, "ada");
  const paper_id = "2409.19977";
  await sql`update account set seen_feed_at = '2026-11-23T10:00:00.123456Z'`.execute(db);
  await sql`update paper set hotness = 0.1 + 0.2, extra = '{"n": 12345678901234567890}', keywords = array['a "b"', 'c,d']`.execute(
    db,
  );
  // A reply whose id comes before its parent's.
  const said = { paper_id, account_id: ada, created_at: new Date(0), body: "Text\n'\u2028" };
  await db
    .insertInto("comment")
    .values({ ...said, id: "zzzzzzzzzzzz" })
    .execute();
  await db
    .insertInto("comment")
    .values({ ...said, id: "aaaaaaaaaaaa", parent_id: "zzzzzzzzzzzz" })
    .execute();
  await db
    .insertInto("moderation")
    .values({ at: new Date(0), actor: "ada", action: "hid a comment", subject: "/", reason: "none" })
    .execute();
}

describe.each(kinds)("a backup of $name", { timeout: 300_000 }, (from) => {
  if (from.missing !== undefined) {
    it.skip(`is not tried: ${from.missing}`, () => undefined);
    return;
  }
  afterAll(from.stop);

  it.each(kinds.filter(({ missing }) => missing === undefined))(
    "is restored in $name as it was, to the last digit",
    async (to) => {
      const [source, target] = [await from.open(), await to.openEmpty()];
      await fill(source.db);
      const lines = await linesIn(source.db);
      await restoreBackup(target.db, linesOf(lines));
      const sorted = (list: readonly string[]) => list.slice(1, -1).toSorted();
      expect(sorted(await linesIn(target.db))).toEqual(sorted(lines));
      // Numbers go on, and words are found.
      const next = await target.db
        .insertInto("moderation")
        .values({ at: new Date(0), actor: "ada", action: "a", subject: "/", reason: "b" })
        .returning("id")
        .executeTakeFirstOrThrow();
      expect(Number(next.id)).toBe(2);
      const found =
        await sql`select id from paper where search @@ websearch_to_tsquery('english', 'knowledge graph')`.execute(
          target.db,
        );
      expect(found.rows).toHaveLength(1);
      await expect(restoreBackup(target.db, linesOf(lines))).rejects.toThrow("is not empty");
      await source.close();
      await target.close();
    },
  );

  it("is refused, and leaves nothing, when it is cut off, changed or of a newer version", async () => {
    const source = await from.open();
    await fill(source.db);
    const lines = await linesIn(source.db);
    const newer = lines[0]?.replace('"migrations":[', '"migrations":["9999-later.sql",') ?? "";
    const target = await from.openEmpty();
    for (const broken of [
      [],
      ["x"],
      lines.slice(0, -1),
      [...lines.slice(0, 2), ...lines.slice(3)],
      [newer, ...lines.slice(1)],
    ]) {
      await expect(restoreBackup(target.db, linesOf(broken))).rejects.toThrow(RestoreRefusedError);
    }
    const left = await sql<{ count: number }>`select count(*)::int as count from paper`.execute(target.db);
    expect(left.rows[0]?.count).toBe(0);
    await source.close();
    await target.close();
  });
});
