/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { Hono, type Context } from "hono";
import type { AppEnv } from "../app-env.ts";
import { rateLimit } from "../limits/rate-limit.ts";
import { formFields } from "../look/form.ts";
import { renderPage } from "../look/layout.tsx";
import { renderNotice } from "../look/notice.tsx";
import { findAccount, type Account } from "./account.queries.ts";
import { deleteAccount } from "./delete-account.ts";
import { exportAccount } from "./export-account.ts";
import { SignInNeededError } from "./reader.ts";
import { clearSessionCookie } from "./session-cookie.ts";
import { endSession, endSessions, sessionsOf } from "./session.queries.ts";
import { requireReader } from "./session.ts";
import { DeletePage, SettingsPage } from "./settings.page.tsx";
import { takeName } from "./sign-in.routes.tsx";

export const settingsRoutes = new Hono<AppEnv>()
  .get("/settings", (c) => showSettings(c))
  .post("/settings/name", rateLimit({ name: "names", points: 10, seconds: 86_400, by: "account" }), async (c) => {
    const { id } = requireReader(c);
    const name = ((await formFields(c))["name"] ?? "").trim();
    const problem = await takeName(c, id, name);
    return problem === undefined ? c.redirect("/settings", 303) : showSettings(c, { name, problem });
  })
  .post("/settings/sessions/end", async (c) => {
    const { id } = requireReader(c);
    await endSession(c.var.db, id, (await formFields(c))["session"] ?? "");
    return c.redirect("/settings", 303);
  })
  .post("/settings/sessions/end-others", async (c) => {
    const { id } = requireReader(c);
    await endSessions(c.var.db, id, c.var.session?.id);
    return c.redirect("/settings", 303);
  })
  .get("/settings/export.json", async (c) => {
    const { id, name } = requireReader(c);
    return c.body(JSON.stringify(await exportAccount(c.var.db, id, c.var.now()), null, 2), 200, {
      "Content-Type": "application/json; charset=utf-8",
      "Content-Disposition": `attachment; filename="offprint-${name}.json"`,
      "Cache-Control": "no-store",
    });
  })
  .get("/settings/delete", async (c) => {
    const account = await ownAccount(c);
    return renderPage(c, { title: "Delete the account" }, <DeletePage account={account} />);
  })
  .post("/settings/delete", async (c) => {
    const account = await ownAccount(c);
    const form = await formFields(c);
    if ((form["name"] ?? "").trim().toLowerCase() !== account.name.toLowerCase()) {
      const problem = `Type ${account.name} to delete the account of that name.`;
      return renderPage(c, { title: "Delete the account", status: 422 }, <DeletePage {...{ account, problem }} />);
    }
    await deleteAccount(c.var.db, {
      accountId: account.id,
      eraseComments: form["erase"] === "yes",
      forgetSubscription: form["mails"] === "yes",
      now: c.var.now(),
    });
    clearSessionCookie(c);
    return renderNotice(c, {
      status: 200,
      title: "The account is gone",
      text: "Nothing here points to you any more. The papers stay open to you as to everybody.",
    });
  });

async function ownAccount(c: Context<AppEnv>): Promise<Account> {
  const account = await findAccount(c.var.db, { id: requireReader(c).id });
  if (account === undefined) throw new SignInNeededError();
  return account;
}

async function showSettings(c: Context<AppEnv>, wrong?: { readonly name: string; readonly problem: string }) {
  const account = await ownAccount(c);
  const sessions = await sessionsOf(c.var.db, account.id, c.var.now());
  return renderPage(
    c,
    { title: "Settings", ...(wrong === undefined ? {} : { status: 422 as const }) },
    <SettingsPage account={account} sessions={sessions} current={c.var.session?.id} {...wrong} />,
  );
}
