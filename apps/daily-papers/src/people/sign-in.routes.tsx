/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { Hono, type Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { siteAddress } from "../config.ts";
import { rateLimit } from "../limits/rate-limit.ts";
import { addressFields, formFields } from "../look/form.ts";
import { renderPage } from "../look/layout.tsx";
import { renderNotice } from "../look/notice.tsx";
import { ownPath } from "../look/own-path.ts";
import { isAddress } from "../mail/address.ts";
import { newToken } from "../secrets.ts";
import { accountOf, changeName } from "./account.queries.ts";
import { isName, nameRule } from "./account.ts";
import { keepAdminLink } from "./admin-link.ts";
import { browserName } from "./browser-name.ts";
import { requireReader } from "./session.ts";
import { endSession, startSession } from "./session.queries.ts";
import { askingBrowser, clearSessionCookie, isToken, setAskingBrowser, setSessionCookie } from "./session-cookie.ts";
import { writeSignInLetter } from "./sign-in.letter.ts";
import { FollowLinkPage, LinkSentPage, SignInPage, WelcomePage } from "./sign-in.page.tsx";
import { findLink, linkMinutes, sendLink, useLink } from "./sign-in.queries.ts";

export const signInRoutes = new Hono<AppEnv>()
  .use("/sign-in/*", async (c, next) => {
    await next();
    c.res.headers.set("Cache-Control", "no-store");
  })
  .get("/sign-in", (c) => {
    const next = ownPath(addressFields(c)["next"], "/");
    if (c.var.reader !== undefined) return c.redirect(next, 303);
    return renderPage(c, { title: "Sign in" }, <SignInPage email="" next={next} />);
  })
  .post("/sign-in", rateLimit({ name: "sign-in", points: 20, seconds: 3600, by: "address" }), async (c) => {
    const form = await formFields(c);
    const email = (form["email"] ?? "").trim();
    const next = ownPath(form["next"], "/");
    if (!isAddress(email)) {
      const problem = "Enter a mail address, such as name@example.org.";
      return renderPage(c, { title: "Sign in", status: 422 }, <SignInPage {...{ email, next, problem }} />);
    }
    await askForLink(c, email, next);
    return c.redirect("/sign-in/sent", 303);
  })
  .get("/sign-in/sent", (c) =>
    renderPage(c, { title: "A link is on its way" }, <LinkSentPage sendsMail={c.var.config.mail.smtp !== undefined} />),
  )
  .get("/sign-in/:token", async (c) => {
    const token = c.req.param("token");
    const link = isToken(token) ? await openLink(c, token) : undefined;
    if (link === undefined) return renderUsedUp(c);
    return renderPage(c, { title: "Sign in" }, <FollowLinkPage link={link} action={linkPath(c, token)} />);
  })
  .post("/sign-in/:token", async (c) => {
    const token = c.req.param("token");
    const form = await formFields(c);
    const link = isToken(token) ? await openLink(c, token) : undefined;
    if (link === undefined) return renderUsedUp(c);
    if (!link.sameBrowser && form["elsewhere"] !== "yes") {
      return renderPage(c, { title: "Sign in" }, <FollowLinkPage link={link} action={linkPath(c, token)} />);
    }
    return signIn(c, token);
  })
  .get("/welcome", (c) => {
    const { name } = requireReader(c);
    return renderPage(
      c,
      { title: "Welcome" },
      <WelcomePage name={name} next={ownPath(addressFields(c)["next"], "/")} />,
    );
  })
  .post("/welcome", async (c) => {
    const reader = requireReader(c);
    const form = await formFields(c);
    const [name, next] = [(form["name"] ?? "").trim(), ownPath(form["next"], "/")];
    const problem = await takeName(c, reader.id, name);
    if (problem === undefined) return c.redirect(next, 303);
    return renderPage(c, { title: "Welcome", status: 422 }, <WelcomePage {...{ name, next, problem }} />);
  })
  .post("/sign-out", async (c) => {
    const { reader, session } = c.var;
    if (reader !== undefined && session !== undefined) await endSession(c.var.db, reader.id, session.id);
    clearSessionCookie(c);
    return c.redirect("/", 303);
  });

/** Gives the reader a name; what stands in the way of it, in words. */
export async function takeName(c: Context<AppEnv>, accountId: string, name: string): Promise<string | undefined> {
  if (!isName(name)) return `A name is ${nameRule}, and none that speaks for the site.`;
  if ((await changeName(c.var.db, { accountId, name })) === "taken") return `Somebody is called ${name} already.`;
  return undefined;
}

async function askForLink(c: Context<AppEnv>, email: string, next: string): Promise<void> {
  const { config, db, now } = c.var;
  const { token } = newToken();
  // A browser that asks twice may follow either link.
  const nonce = askingBrowser(c) ?? newToken().token;
  const href = `${siteAddress(config)}/sign-in/${token}${next === "/" ? "" : `?${new URLSearchParams({ next })}`}`;
  const letter = await writeSignInLetter(href, new URL(siteAddress(config)).host);
  const outcome = await sendLink(db, { email, token, nonce, letter, now: now() });
  setAskingBrowser(c, nonce, linkMinutes * 60);
  if (outcome === "sent" && config.mail.smtp === undefined && email.toLowerCase() === config.adminEmail) {
    // Not waited for: how long the answer takes must not tell whose address this is.
    keepAdminLink(config.dataFolder, href).catch(c.var.report);
  }
}

function openLink(c: Context<AppEnv>, token: string) {
  return findLink(c.var.db, { token, nonce: askingBrowser(c), now: c.var.now() });
}

/** The link's own path; `next` stays with it. */
function linkPath(c: Context<AppEnv>, token: string): string {
  const next = ownPath(addressFields(c)["next"], "/");
  return `/sign-in/${token}${next === "/" ? "" : `?${new URLSearchParams({ next })}`}`;
}

async function signIn(c: Context<AppEnv>, token: string) {
  const { db, config, now, reader, session } = c.var;
  const browser = browserName(c.req.header("user-agent"));
  const signedIn = await db.transaction().execute(async (trx) => {
    const email = await useLink(trx, token, now());
    if (email === undefined) return undefined;
    const account = await accountOf(trx, { email, adminEmail: config.adminEmail, now: now() });
    if (reader !== undefined && session !== undefined) await endSession(trx, reader.id, session.id);
    return { ...account, token: await startSession(trx, { accountId: account.accountId, browser, now: now() }) };
  });
  if (signedIn === undefined) return renderUsedUp(c);
  setSessionCookie(c, signedIn.token);
  const next = ownPath(addressFields(c)["next"], "/");
  return c.redirect(signedIn.isNew ? `/welcome?${new URLSearchParams({ next })}` : next, 303);
}

/** Never told apart: a link that is too old, one that was used, and one that never was. */
function renderUsedUp(c: Context<AppEnv>) {
  return renderNotice(c, {
    status: 410,
    title: "This link is used up",
    text: `A link signs in once, within ${linkMinutes} minutes, and a newer one takes its place when it is used.`,
    way: { href: "/sign-in", label: "Ask for a new link" },
  });
}
