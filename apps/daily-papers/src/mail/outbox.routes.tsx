/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { Hono, type Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { isFromHere } from "../limits/client-address.ts";
import { addressFields, formFields } from "../look/form.ts";
import { renderPage } from "../look/layout.tsx";
import { renderNotFound } from "../look/notice.tsx";
import { requirePower } from "../people/session.ts";
import { countMails, findMail, newestMails, sendAgain, type Mail } from "./mail.queries.ts";
import { MailPage, mailStates, OutboxPage } from "./outbox.page.tsx";
import { readSenderState } from "./sender-state.ts";
import { unsuppress } from "./suppression.ts";

const mostMails = 50;
const newsTexts: Readonly<Record<string, string>> = {
  again: "It will be sent again.",
  released: "If the address was held back, mails go there again.",
};

/** The outbox, for the admin. */
export const outboxRoutes = new Hono<AppEnv>()
  .use("/admin/mails/*", async (c, next) => {
    requirePower(c, "administer");
    c.header("Cache-Control", "private, no-store");
    await next();
  })
  .get("/admin/mails", async (c) => {
    requirePower(c, "administer");
    const { db, config } = c.var;
    const fields = addressFields(c);
    const state = mailStates.find((name) => name === fields["state"]);
    const before = fields["before"] === undefined ? undefined : await findMail(db, fields["before"]);
    const mails = await newestMails(db, { state, before, most: mostMails });
    const last = mails.length === mostMails ? mails.at(-1) : undefined;
    const next = new URLSearchParams({ ...(state === undefined ? {} : { state }), before: last?.id ?? "" });
    const props = {
      mails,
      state,
      counts: await countMails(db),
      next: last === undefined ? undefined : `/admin/mails?${next}`,
      sendsMail: config.mail.smtp !== undefined,
      sender: await readSenderState(db),
      news: newsTexts[fields["news"] ?? ""],
    };
    return renderPage(c, { title: "Mails" }, <OutboxPage {...props} />);
  })
  .post("/admin/mails/release", async (c) => {
    const { email = "" } = await formFields(c);
    await unsuppress(c.var.db, email);
    return c.redirect("/admin/mails?news=released", 303);
  })
  .get("/admin/mails/:id", async (c) => {
    const mail = await findMail(c.var.db, c.req.param("id"));
    if (mail === undefined) return renderNotFound(c, "mail");
    const hidden = whyHidden(c, mail);
    if (hidden === undefined) c.set("frames", "holds");
    return renderPage(c, { title: mail.subject }, <MailPage mail={mail} hidden={hidden} />);
  })
  .get("/admin/mails/:id/html", async (c) => {
    const mail = await findMail(c.var.db, c.req.param("id"));
    if (mail === undefined || whyHidden(c, mail) !== undefined) return renderNotFound(c, "mail");
    c.set("frames", "held");
    return c.html(mail.html);
  })
  .post("/admin/mails/:id/again", async (c) => {
    await sendAgain(c.var.db, c.req.param("id"), c.var.now());
    return c.redirect("/admin/mails?news=again", 303);
  });

/**
 * Why a mail's text is not shown. A link that signs in, or that gives consent, is for who reads that mailbox alone;
 * only where the site runs on the admin's own machine and sends nothing, there is no other way to use it.
 */
function whyHidden(c: Context<AppEnv>, { kind, text }: Mail): string | undefined {
  if (text === "") return "What was sent is not kept.";
  if (kind !== "sign-in" && kind !== "confirmation") return undefined;
  if (c.var.config.mail.smtp === undefined && isFromHere(c)) return undefined;
  return "Its link acts for its reader alone, so its text is not shown.";
}
