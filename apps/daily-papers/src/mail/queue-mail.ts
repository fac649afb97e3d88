import { EventEmitter } from "node:events";
import type { Kysely } from "kysely";
import type { Database, MailKind } from "../database/schema.ts";
import { DailyPapersError } from "../errors.ts";
import { newId } from "../secrets.ts";
import { isAddress } from "./address.ts";

/** A mail to be sent, or to be kept in the outbox where no way to send is configured. */
export interface NewMail {
  readonly kind: MailKind;
  readonly recipient: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Headers beside those that every mail has. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The same key is the same mail: it is written once, for ever. */
  readonly dedupeKey?: string | undefined;
  readonly sendAfter?: Date | undefined;
  readonly subscriberId?: string | undefined;
  /** For tests: the time it is written at. */
  readonly now?: Date;
}

/** A mail that must not be written as it was given. The recipient is not repeated: it would end up in a log. */
class MailRefusedError extends DailyPapersError {
  override readonly name = "MailRefusedError";
  readonly code = "MAIL_REFUSED";
}

const news = new EventEmitter<{ added: [] }>().setMaxListeners(0);

/**
 * Writes a mail into the outbox, in the caller's transaction: it is sent if the transaction is committed, once.
 * @returns its id, or undefined when a mail with its key was written before.
 * @throws {MailRefusedError} when the recipient is no address or a header could smuggle in another.
 */
export async function queueMail(trx: Kysely<Database>, mail: NewMail): Promise<string | undefined> {
  const now = mail.now ?? new Date();
  if (!isAddress(mail.recipient)) {
    throw new MailRefusedError(`the recipient of a ${mail.kind} mail is no email address that can be written to`);
  }
  for (const [name, value] of Object.entries(mail.headers ?? {})) {
    if (!/^[A-Za-z][A-Za-z0-9-]*$/.test(name) || !/^[\x20-\x7e]*$/.test(value)) {
      throw new MailRefusedError(
        `the header ${JSON.stringify(name)} of a ${mail.kind} mail has a name or value that is not plain`,
      );
    }
  }
  const row = await trx
    .insertInto("mail")
    .values({
      id: newId(),
      kind: mail.kind,
      dedupe_key: mail.dedupeKey ?? null,
      subscriber_id: mail.subscriberId ?? null,
      recipient: mail.recipient,
      subject: oneLine(mail.subject),
      text_body: mail.text,
      html_body: mail.html,
      headers: JSON.stringify(mail.headers ?? {}),
      created_at: now,
      send_after: mail.sendAfter ?? now,
    })
    .onConflict((conflict) => conflict.column("dedupe_key").doNothing())
    .returning("id")
    .executeTakeFirst();
  news.emit("added");
  return row?.id;
}

/** A subject has one line, whatever a paper's title brings. */
function oneLine(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
    .trim()
    .slice(0, 250);
}

/** Calls `listener` whenever this process writes a mail, until the returned function is called. */
export function onMailAdded(listener: () => void): () => void {
  news.on("added", listener);
  return () => void news.off("added", listener);
}
