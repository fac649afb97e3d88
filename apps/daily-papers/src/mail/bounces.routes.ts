import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Kysely } from "kysely";
import { z } from "zod";
import type { AppEnv } from "../app-env.ts";
import type { Database } from "../database/schema.ts";
import { isSameSecret } from "../secrets.ts";
import { isAddress } from "./address.ts";
import { noteComplaint, noteHardBounce, noteReturned } from "./bounce.ts";
import { mailIdsIn, readDsn, type BounceReport } from "./dsn.ts";
import { findMail, type Mail } from "./mail.queries.ts";

/** A note of non-delivery holds the mail that it is about. */
const maxBytes = 1_000_000;

const jsonReport = z.object({
  /** A delay is no failure yet; programs that pass on all that they hear may send it. */
  type: z.enum(["bounce", "returned", "delay", "complaint"]),
  recipient: z.email().max(254).optional(),
  /** The address that the report was sent to, with the mail's id in it. */
  returnPath: z.string().max(300).optional(),
});
const jsonReports = z.union([jsonReport.transform((report) => [report]), z.array(jsonReport).max(500)]);

/**
 * Where a program of the mail server reports what could not be delivered: as JSON, or as the note itself
 * (`Content-Type: message/rfc822`). It shows the token of `OFFPRINT_MAIL_BOUNCE_TOKEN`; without one, nobody may.
 */
export const bounceRoutes = new Hono<AppEnv>().post("/mail/bounces", bodyLimit({ maxSize: maxBytes }), async (c) => {
  const { bounceToken } = c.var.config.mail;
  const shown = /^Bearer (\S+)$/.exec(c.req.header("authorization") ?? "")?.[1];
  if (bounceToken === undefined || shown === undefined || !isSameSecret(shown, bounceToken)) {
    c.header("WWW-Authenticate", "Bearer");
    return c.json({ error: "show the token of OFFPRINT_MAIL_BOUNCE_TOKEN as Authorization: Bearer …" }, 401);
  }
  const reports = await readReports(c);
  if (reports === undefined) return c.json({ error: "send a report as JSON, or a note of non-delivery" }, 400);
  let noted = 0;
  for (const report of reports) if (await note(c.var.db, report, c.var.now())) noted += 1;
  return c.json({ noted });
});

interface Report extends Omit<BounceReport, "type"> {
  readonly type: BounceReport["type"] | "delay";
  readonly recipient: string | undefined;
}

async function readReports(c: Context<AppEnv>): Promise<readonly Report[] | undefined> {
  const type = c.req.header("content-type") ?? "";
  if (type.startsWith("application/json")) {
    const parsed = jsonReports.safeParse(await c.req.json().catch(() => undefined));
    return parsed.data?.map(({ type: kind, recipient, returnPath }) => ({
      type: kind,
      recipient,
      mailIds: mailIdsIn(returnPath ?? ""),
    }));
  }
  if (!/^(message|multipart|text)\//.test(type)) return undefined;
  const report = readDsn(await c.req.text());
  return report === undefined ? [] : [{ ...report, recipient: undefined }];
}

/** A report counts for the mail that it names; for an address alone where a program that has the token names it. */
async function note(db: Kysely<Database>, { type, recipient, mailIds }: Report, now: Date): Promise<boolean> {
  const mail = await findFirst(db, mailIds);
  const address = mail?.recipient ?? recipient;
  if (type === "delay" || address === undefined || !isAddress(address)) return false;
  if (mail !== undefined) await noteReturned(db, mail, { type, now });
  if (type === "bounce") await noteHardBounce(db, address, now);
  else if (type === "complaint") await noteComplaint(db, address, now);
  return true;
}

async function findFirst(db: Kysely<Database>, ids: readonly string[]): Promise<Mail | undefined> {
  for (const id of ids) {
    const mail = await findMail(db, id);
    if (mail !== undefined) return mail;
  }
  return undefined;
}
