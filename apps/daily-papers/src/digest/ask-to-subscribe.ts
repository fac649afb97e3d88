import { sql, type Kysely } from "kysely";
import { siteAddress, type Config } from "../config.ts";
import type { Database } from "../database/schema.ts";
import { foldAddress } from "../mail/address.ts";
import { writeLetter } from "../mail/letter.tsx";
import { queueMail } from "../mail/queue-mail.ts";
import { suppressionOf } from "../mail/suppression.ts";
import { newToken } from "../secrets.ts";
import { linkSigner } from "./links.ts";
import { countConfirmations, findSubscriberOf, requestSubscription } from "./subscriber.queries.ts";
import { usualPreferences } from "./subscriber.ts";

/** More mails than this are not sent to one address in a day, whoever asks for them. */
const mostConfirmations = 3;
const dayMs = 86_400_000;

/**
 * Asks the owner of an address whether issues shall be sent there; one who gets them already is told where to change
 * them. What happened is for nobody to see: the answer to the form is the same.
 */
export async function askToSubscribe(
  db: Kysely<Database>,
  { email, timeZone, config, now }: { email: string; timeZone: string; config: Config; now: Date },
): Promise<void> {
  const site = siteAddress(config);
  const { host } = new URL(site);
  const { token } = newToken();
  const footer = [`Sent once, because somebody entered this address at ${host}.`];
  const confirmation = await writeLetter({
    title: "Subscribe to Daily Papers?",
    paragraphs: [
      `Somebody, probably you, asked for the papers of the day by mail at ${host}.`,
      "Follow the link and say yes, and the first issue comes on the next weekday. The link can be used for two days.",
    ],
    action: { label: "Subscribe", href: `${site}/subscribe/confirm/${token}` },
    afterwards: ["If it was not you, do nothing: no more will be sent."],
    footer,
  });
  const links = await linkSigner(db, site);
  await db.transaction().execute(async (trx) => {
    // Of two requests for one address the second counts the first.
    await sql`select pg_advisory_xact_lock(hashtextextended(${foldAddress(email)}, 7204245))`.execute(trx);
    if ((await suppressionOf(trx, email)) !== undefined) return;
    if ((await countConfirmations(trx, email, new Date(now.getTime() - dayMs))) >= mostConfirmations) return;
    const known = await findSubscriberOf(trx, email);
    if (known?.state === "confirmed") {
      const letter = await writeLetter({
        title: "You get Daily Papers already",
        paragraphs: [`Somebody, probably you, asked for the papers of the day at ${host}. You are subscribed already.`],
        action: { label: "Change what you get", href: links.preferences(known.id) },
        footer,
      });
      await queueMail(trx, {
        kind: "confirmation",
        recipient: known.email,
        subject: "You get Daily Papers already",
        ...letter,
        now,
      });
      return;
    }
    const preferences = { ...(known ?? usualPreferences), timeZone };
    await requestSubscription(trx, { email, token, preferences, now });
    await queueMail(trx, {
      kind: "confirmation",
      recipient: email,
      subject: "Subscribe to Daily Papers?",
      ...confirmation,
      now,
    });
  });
}
