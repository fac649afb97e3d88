import { existsSync, readFileSync, rmSync, cpSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { writeComment } from "../comments/write-comment.ts";
import { reportComment } from "../comments/judge-answer.ts";
import { openEmbeddedDatabase } from "../database/database.ts";
import { migrate } from "../database/migrate.ts";
import { ban } from "../moderation/moderation.queries.ts";
import { startServer, type RunningServer } from "../server.ts";
import { submitPaper } from "../submissions/submission.queries.ts";
import { addAccount } from "../testing/accounts.ts";
import { launchBrowser } from "../testing/browser.ts";
import { makeSeededFolder } from "../testing/databases.ts";
import { keyboardFaults } from "../testing/keyboard-faults.ts";
import { pageFaults } from "../testing/page-faults.ts";
import { temporaryFolder, testSite } from "../testing/sites.ts";
import { startSession } from "./session.queries.ts";

const nfe = "/papers/2409.19977";
const paperId = "2409.19977";
const wide = { width: 1280, height: 900 };
const patience = { timeout: 60_000 };
const shown = { state: "shown", reason: undefined, score: undefined } as const;
const held = {
  state: "held",
  reason: "The moral direction rates it −0.42, below −0.20; a moderator looks at it.",
  score: -0.42,
} as const;

describe("people in a browser", { timeout: 180_000 }, () => {
  const data = temporaryFolder();
  const errors: unknown[] = [];
  const tokens: Record<"ada" | "boss", string> = { ada: "", boss: "" };
  let question = "";
  let server: RunningServer;
  let browser: Browser;
  let contexts: BrowserContext[] = [];

  const open = async (path: string, { as, ...options }: BrowserContextOptions & { as?: "ada" | "boss" } = {}) => {
    const context = await browser.newContext({ viewport: wide, baseURL: server.url, ...options });
    contexts.push(context);
    if (as !== undefined) await context.addCookies([{ name: "offprint", value: tokens[as], url: server.url }]);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(path);
    return { page, complaints };
  };

  beforeAll(async () => {
    cpSync(await makeSeededFolder(), data.folder, { recursive: true });
    const { db, close } = await openEmbeddedDatabase(data.folder);
    await migrate(db);
    const now = new Date();
    const ids = { ada: await addAccount(db, "ada"), boss: await addAccount(db, "boss", { role: "admin" }) };
    const troll = await addAccount(db, "troll");
    for (const name of ["ada", "boss"] as const) {
      const session = { accountId: ids[name], browser: "Firefox on Linux", now };
      tokens[name] = await db.transaction().execute((trx) => startSession(trx, session));
    }
    const write = (body: string, more: object = {}) =>
      writeComment(db, {
        paperId,
        accountId: ids.ada,
        parentId: undefined,
        isQuestion: false,
        body,
        verdict: shown,
        now,
        ...more,
      });
    question = await write(
      "Does the *margin* matter as much as Table 3 suggests?\n\n> γ = 3 in all runs\n\n- on `WN18RR`?\n- on FB15k-237?",
      { isQuestion: true },
    );
    await write("It does on WN18RR: see [the appendix](https://arxiv.org/abs/2409.19977).", {
      accountId: ids.boss,
      parentId: question,
    });
    const spam = await write("Buy my course", { accountId: troll });
    await write("A text that is rated low.", { verdict: held });
    await reportComment(db, { id: spam, accountId: ids.ada, reason: "It has nothing to do with the paper.", now });
    const actor = { id: ids.boss, name: "boss", role: "admin", banned: false } as const;
    await ban(db, { actor, reason: "spam under three papers", now, name: "troll", banned: true });
    await submitPaper(db, { arxivId: "2611.00001", accountId: ids.ada, verdict: undefined, now });
    await close();
    const site = testSite(data.folder, errors);
    server = await startServer({ ...site, config: { ...site.config, adminEmail: "admin@example.org" } });
    browser = await launchBrowser();
  });
  afterEach(async () => {
    await Promise.all(contexts.map((context) => context.close()));
    contexts = [];
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
    data.remove();
    expect(errors).toEqual([]);
  });

  const pages: [name: string, path: string, as?: "ada" | "boss"][] = [
    ["sign in", "/sign-in"],
    ["a link is sent", "/sign-in/sent"],
    ["a used link", `/sign-in/${"a".repeat(32)}`],
    ["welcome", "/welcome", "ada"],
    ["settings", "/settings", "ada"],
    ["delete the account", "/settings/delete", "ada"],
    ["a profile", "/people/ada"],
    ["own profile", "/people/ada", "ada"],
    ["a profile for the admin", "/people/troll", "boss"],
    ["a discussion", nfe],
    ["a discussion for its writer", nfe, "ada"],
    ["a discussion for the admin", nfe, "boss"],
    ["submit", "/submit", "ada"],
    ["moderation log", "/moderation"],
    ["moderation queue", "/moderation/queue", "boss"],
    ["not allowed", "/moderation/queue", "ada"],
    ["the feed", "/", "ada"],
    ["administration", "/admin", "boss"],
    ["jobs", "/admin/jobs", "boss"],
    ["jobs given up", "/admin/jobs?state=failed", "boss"],
    ["accounts", "/admin/people?q=a", "boss"],
    ["feeds", "/feeds"],
    ["for programs", "/api"],
  ];

  describe.each(pages)("%s", (name, path, as) => {
    it("has no fault that axe knows, and does not scroll sideways", async () => {
      const { page, complaints } = await open(path, as && { as });
      expect(await pageFaults(page)).toEqual([]);
      expect(complaints.filter((complaint) => !/40[34]|410|429/.test(complaint))).toEqual([]);
    });

    it("is whole without script", async () => {
      const { page } = await open(path, { javaScriptEnabled: false, ...(as && { as }) });
      expect(await page.locator("h1").count()).toBe(1);
      await shoot(page, name);
    });
  });

  it.each<[name: string, path: string, as?: "ada" | "boss"]>([
    ["sign in", "/sign-in"],
    ["settings", "/settings", "ada"],
    ["submit", "/submit", "ada"],
    ["a discussion", nfe, "boss"],
    ["moderation queue", "/moderation/queue", "boss"],
    ["administration", "/admin", "boss"],
    ["feeds", "/feeds"],
  ])("leads through %s by keyboard and shows where the focus is", async (_, path, as) => {
    const { page } = await open(path, as && { as });
    expect(await keyboardFaults(page)).toEqual([]);
  });

  it.each([true, false])("signs in, takes a name, votes and writes, script %s", async (javaScriptEnabled) => {
    const file = join(data.folder, "sign-in-link.txt");
    rmSync(file, { force: true });
    const { page, complaints } = await open(nfe, { javaScriptEnabled });
    await page.getByRole("button", { name: /^Vote for/ }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.getByLabel("Mail address").fill("admin@example.org");
    await page.getByRole("button", { name: "Send me a link" }).click();
    await page.getByRole("heading", { name: "A link is on its way" }).waitFor();
    await expect.poll(() => existsSync(file) && readFileSync(file, "utf8"), patience).toContain("/sign-in/");
    const link = new URL(readFileSync(file, "utf8").trim());
    await page.goto(link.pathname + link.search);
    await page.getByRole("button", { name: "Sign in" }).click();
    if (javaScriptEnabled) {
      await page.getByLabel("Name").fill("hopper");
      await page.getByRole("button", { name: "Take this name" }).click();
    }
    await page.getByRole("link", { name: "hopper" }).first().waitFor();
    expect(new URL(page.url()).pathname).toBe(nfe);

    const vote = page.getByRole("button", { name: /^Vote for/ });
    await vote.focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => vote.getAttribute("aria-pressed"), patience).toBe("true");
    // The vote of a new account counts a day later.
    expect(await vote.innerText()).toContain("0");
    if (javaScriptEnabled)
      expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-pressed"))).toBe("true");
    await vote.click();
    await expect.poll(() => vote.getAttribute("aria-pressed"), patience).toBe("false");

    await page.getByLabel("Your comment").fill(`**Good** work, script ${javaScriptEnabled}`);
    await page.getByRole("button", { name: "Publish" }).click();
    await page.getByText(`work, script ${javaScriptEnabled}`).first().waitFor();
    expect(page.url()).toMatch(/#comment-[a-z0-9]{12}$/);
    const comment = page.locator(`[id="${new URL(page.url()).hash.slice(1)}"]`);
    expect(await comment.locator("strong").innerText()).toBe("Good");
    await comment.getByRole("link", { name: "Edit" }).click();
    await page.getByLabel("Text").fill("Better");
    await page.getByRole("button", { name: "Save" }).click();
    await comment.getByText("edited").waitFor();
    await comment.getByText("Delete", { exact: true }).click();
    await comment.getByRole("button", { name: "Delete it" }).click();
    await page.waitForURL(/#discussion$/);
    expect(await comment.count()).toBe(0);
    expect(complaints.filter((complaint) => !complaint.includes("401"))).toEqual([]);
    await page.goto("/people/hopper");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("link", { name: "Sign in" }).waitFor();
  });

  it("lets the asker accept an answer, and a moderator keep what was reported", async () => {
    const { page } = await open(nfe, { as: "ada" });
    await page.getByRole("button", { name: "Accept as the answer" }).click();
    await page.getByText("Accepted answer").waitFor();
    const { page: queue } = await open("/moderation/queue", { as: "boss" });
    const reported = queue.locator(".thread").first();
    await reported.getByLabel("Reason, for the public log").fill("an advertisement");
    await reported.getByRole("button", { name: "Hide it" }).click();
    await queue.goto("/moderation");
    await queue.getByText("an advertisement").waitFor();
  });
});

async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env["SCREENSHOTS"];
  if (folder) await page.screenshot({ path: join(folder, `${name.replaceAll(/\W+/g, "-")}.png`), fullPage: true });
}
