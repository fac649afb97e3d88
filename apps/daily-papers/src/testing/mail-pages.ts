import { openEmbeddedDatabase } from "../database/database.ts";
import { requestSubscription } from "../digest/subscriber.queries.ts";
import { usualPreferences } from "../digest/subscriber.ts";
import { writeLetter } from "../mail/letter.tsx";
import { queueMail } from "../mail/queue-mail.ts";
import { startSession } from "../people/session.queries.ts";
import { newId, newToken, signingKeys, signToken } from "../secrets.ts";
import { addAccount } from "./accounts.ts";

/** Puts an admin who is signed in, subscribers and mails of every state into the database of a folder. */
export async function signInAdmin(dataFolder: string) {
  const { db, close } = await openEmbeddedDatabase(dataFolder);
  const now = new Date();
  const accountId = await addAccount(db, "keeper", { role: "admin" });
  const cookie = await db.transaction().execute((trx) => startSession(trx, { accountId, browser: "Test", now }));

  const { token } = newToken();
  await db
    .transaction()
    .execute((trx) =>
      requestSubscription(trx, { email: "new@example.org", token, preferences: usualPreferences, now }),
    );
  const subscriber = newId();
  await db
    .insertInto("subscriber")
    .values({
      id: subscriber,
      email: "reader@example.org",
      state: "confirmed",
      frequency: "daily",
      created_at: now,
      next_issue_at: now,
      topics: ["agents", "cs.CL"],
    })
    .execute();
  const letter = await writeLetter({
    title: "Your paper is in the feed",
    paragraphs: ["It was featured today."],
    action: { label: "See it", href: "https://papers.example.org/" },
    footer: ["Sent by an example."],
  });
  let mail = "";
  for (const [index, state] of (["waiting", "sent", "failed", "unsure"] as const).entries()) {
    const id = await queueMail(db, {
      kind: "notice",
      recipient: `somebody${index}@example.org`,
      subject: letter.text.split("\n")[0] ?? "",
      ...letter,
      now,
      sendAfter: new Date(now.getTime() + 86_400_000),
    });
    const error = state === "unsure" ? "the connection broke after the text was handed over" : null;
    await db
      .updateTable("mail")
      .set({ state, error })
      .where("id", "=", id ?? "")
      .execute();
    mail = `/admin/mails/${id}`;
  }
  const signed = async (purpose: string) => signToken(await signingKeys(db, purpose), subscriber);
  const paths = {
    confirm: `/subscribe/confirm/${token}`,
    preferences: `/subscribe/preferences/${await signed("preferences")}`,
    unsubscribe: `/unsubscribe/${await signed("unsubscribe")}`,
    mail,
  };
  await close();
  return { cookie, paths };
}
