import DKIM from "nodemailer/lib/dkim";
import MailComposer from "nodemailer/lib/mail-composer";
import { buffer } from "node:stream/consumers";
import type { MailConfig } from "./mail-config.ts";
import type { Envelope } from "./smtp-session.ts";
import type { Mail } from "./mail.queries.ts";

/** What the signature covers beside the usual headers: one-click unsubscribing counts only where it is signed. */
const signedHeaders = [
  "From",
  "To",
  "Subject",
  "Date",
  "Message-ID",
  "MIME-Version",
  "Content-Type",
  "Content-Transfer-Encoding",
  "List-Id",
  "List-Unsubscribe",
  "List-Unsubscribe-Post",
  "Auto-Submitted",
].join(":");

/** A mail as it goes over the wire, and between whom. */
export interface Message {
  readonly envelope: Envelope;
  readonly bytes: Buffer;
}

/** Writes a mail: text first, then HTML; the same Message-ID however often it is tried; signed where a key is given. */
export async function writeMessage(mail: Mail, config: MailConfig, date: Date): Promise<Message> {
  const { from, dkim, bouncesTo } = config;
  const composer = new MailComposer({
    from,
    to: { name: "", address: mail.recipient },
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    date,
    messageId: messageIdOf(mail, config),
    headers: { "Auto-Submitted": "auto-generated", ...mail.headers },
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const plain = await composer.compile().build();
  const bytes =
    dkim === undefined
      ? plain
      : await buffer(
          new DKIM({
            domainName: dkim.domain,
            keySelector: dkim.selector,
            privateKey: dkim.privateKey,
            headerFieldNames: signedHeaders,
          }).sign(plain),
        );
  return { envelope: { from: returnPath(bouncesTo ?? from.address, mail.id, bouncesTo), to: mail.recipient }, bytes };
}

function messageIdOf({ id }: Mail, { from }: MailConfig): string {
  return `<${id}@${from.address.split("@")[1] ?? "localhost"}>`;
}

/** The address that bounces go to, with the mail's id in it where there is a mailbox for bounces. */
function returnPath(address: string, id: string, bouncesTo: string | undefined): string {
  if (bouncesTo === undefined) return address;
  const at = bouncesTo.lastIndexOf("@");
  return `${bouncesTo.slice(0, at)}+${id}${bouncesTo.slice(at)}`;
}
