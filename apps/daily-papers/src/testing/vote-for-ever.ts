// Votes and takes votes back until it is killed, telling each change that was acknowledged, as "account paper on|off":
// `vote-for-ever.ts WHERE`, a data folder or the address of a PostgreSQL database.
import { openEmbeddedDatabase, usePostgres } from "../database/database.ts";
import { castVote, withdrawVote } from "../votes/vote.queries.ts";

const where = process.argv[2] ?? "";
const { db } = where.startsWith("postgres") ? usePostgres(where) : await openEmbeddedDatabase(where);
const accounts = await db.selectFrom("account").select("id").orderBy("id").execute();
const papers = await db.selectFrom("paper").select("id").orderBy("id").execute();

for (let round = 0; ; round += 1) {
  const on = Math.floor(round / papers.length) % 2 === 0;
  await Promise.all(
    accounts.map(async ({ id: accountId }, at) => {
      const paperId = papers[(at + round) % papers.length]?.id ?? "";
      await (on ? castVote : withdrawVote)(db, { accountId, paperId, now: new Date() });
      process.stdout.write(`${accountId} ${paperId} ${on ? "on" : "off"}\n`);
    }),
  );
}
