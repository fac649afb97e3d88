/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { Hono, type Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { clientAddress } from "../limits/client-address.ts";
import { rateLimit } from "../limits/rate-limit.ts";
import { addressFields, formFields } from "../look/form.ts";
import { renderPage } from "../look/layout.tsx";
import { renderNotFound, renderNotice } from "../look/notice.tsx";
import { isAddress } from "../mail/address.ts";
import type { Paper } from "../papers/paper.ts";
import { keyedHash, secretOf, signingKeys, signToken } from "../secrets.ts";
import { askToSubscribe } from "./ask-to-subscribe.ts";
import { isTimeZone } from "./due-time.ts";
import { subscriberOfLink } from "./links.ts";
import { readPreferences } from "./preferences-form.ts";
import { previewIssue } from "./preview.ts";
import {
  AskedPage,
  ConfirmPage,
  LinkUsedPage,
  PreferencesPage,
  PreviewPage,
  SubscribePage,
} from "./subscribe.page.tsx";
import { changePreferences, confirmSubscription, findPending, findSubscriber } from "./subscriber.queries.ts";
import { usualPreferences } from "./subscriber.ts";

/** Which words a reader agreed to: to be raised when the form or the mail says something else. */
const formVersion = "2026-11";
export const subscribeRoutes = new Hono<AppEnv>()
  .get("/subscribe", (c) => renderPage(c, { title: "Papers by mail" }, <SubscribePage />))
  .post("/subscribe", rateLimit({ name: "subscriptions", points: 20, seconds: 3_600, by: "address" }), async (c) => {
    const { email = "", timeZone = "" } = await formFields(c);
    const address = email.trim();
    if (!isAddress(address)) {
      const problem = "Enter a mail address, such as you@example.org.";
      return renderPage(
        c,
        { title: "Papers by mail", status: 422 },
        <SubscribePage email={address} problem={problem} />,
      );
    }
    await askToSubscribe(c.var.db, {
      email: address,
      timeZone: isTimeZone(timeZone) ? timeZone : usualPreferences.timeZone,
      config: c.var.config,
      now: c.var.now(),
    });
    return c.redirect("/subscribe/asked", 303);
  })
  .get("/subscribe/asked", (c) =>
    renderPage(c, { title: "Look into your mailbox" }, <AskedPage sendsMail={c.var.config.mail.smtp !== undefined} />),
  )
  .get("/subscribe/confirm/:token", async (c) => {
    keepSecret(c);
    const token = c.req.param("token");
    const pending = await findPending(c.var.db, { token, now: c.var.now() });
    if (pending === undefined) return renderLinkUsed(c);
    return renderPage(c, { title: "Subscribe?" }, <ConfirmPage token={token} />);
  })
  .post("/subscribe/confirm/:token", async (c) => {
    keepSecret(c);
    const { db } = c.var;
    const now = c.var.now();
    const from = keyedHash(await secretOf(db, "addresses"), clientAddress(c));
    const subscriber = await confirmSubscription(db, {
      token: c.req.param("token"),
      consent: { at: now.toISOString(), form: formVersion, from },
      now,
    });
    if (subscriber === undefined) return renderLinkUsed(c);
    const token = signToken(await signingKeys(db, "preferences"), subscriber.id);
    return c.redirect(`/subscribe/preferences/${token}?news=confirmed`, 303);
  })
  .get("/subscribe/preferences/:token", async (c) => {
    keepSecret(c);
    const { news } = addressFields(c);
    return renderPreferences(c, news === "confirmed" || news === "saved" ? news : undefined);
  })
  .post("/subscribe/preferences/:token", async (c) => {
    keepSecret(c);
    const { db } = c.var;
    const token = c.req.param("token");
    const subscriber = await subscriberOf(c, token);
    if (subscriber?.state !== "confirmed") return renderNotFound(c, "subscription");
    const { preferences, problems } = readPreferences(await formFields(c), subscriber);
    if (problems.length > 0) return renderPreferences(c, undefined, problems);
    await changePreferences(db, { id: subscriber.id, preferences, now: c.var.now() });
    return c.redirect(`/subscribe/preferences/${token}?news=saved`, 303);
  })
  .get("/subscribe/preview", async (c) => {
    const issue = await previewIssue(c.var.db, c.var.config, runsHere(c));
    if (issue === undefined) {
      return renderNotice(c, {
        status: 200,
        title: "No papers yet",
        text: "An issue can be seen here once there are papers.",
      });
    }
    c.set("frames", "holds");
    return renderPage(c, { title: "An issue" }, <PreviewPage subject={issue.subject} text={issue.text} />);
  })
  .get("/subscribe/preview/mail", async (c) => {
    const issue = await previewIssue(c.var.db, c.var.config, runsHere(c));
    if (issue === undefined) return renderNotFound(c, "issue");
    c.set("frames", "held");
    return c.html(issue.html);
  });

/** What a link in a mail leads to is for its reader alone. */
function keepSecret(c: Context): void {
  c.header("Cache-Control", "private, no-store");
}

function runsHere(c: Context<AppEnv>) {
  return ({ implementation }: Paper) => c.var.implementations.find(implementation) !== undefined;
}

async function subscriberOf(c: Context<AppEnv>, token: string) {
  const id = await subscriberOfLink(c.var.db, "preferences", token);
  return id === undefined ? undefined : findSubscriber(c.var.db, id);
}

async function renderPreferences(c: Context<AppEnv>, news?: "confirmed" | "saved", problems: readonly string[] = []) {
  const token = c.req.param("token") ?? "";
  const subscriber = await subscriberOf(c, token);
  if (subscriber === undefined) return renderNotFound(c, "subscription");
  if (subscriber.state !== "confirmed") {
    return renderNotice(c, {
      status: 200,
      title: "This subscription has ended",
      text: "Nothing is sent. It can be begun again at any time.",
      way: { href: "/subscribe", label: "Subscribe again" },
    });
  }
  const unsubscribe = `/unsubscribe/${signToken(await signingKeys(c.var.db, "unsubscribe"), subscriber.id)}`;
  const props = { subscriber, token, unsubscribe, news, problems };
  const status = problems.length > 0 ? 422 : 200;
  return renderPage(c, { title: "What you get", status }, <PreferencesPage {...props} />);
}

function renderLinkUsed(c: Context<AppEnv>) {
  return renderPage(c, { title: "This link cannot be used any more", status: 410 }, <LinkUsedPage />);
}
