import { cpSync } from "node:fs";
import type { Browser, BrowserContext, BrowserContextOptions } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startServer, type RunningServer } from "../server.ts";
import { launchBrowser } from "../testing/browser.ts";
import { makeSeededFolder } from "../testing/databases.ts";
import { pageFaults } from "../testing/page-faults.ts";
import { signInAdmin } from "../testing/mail-pages.ts";
import { temporaryFolder, testSite } from "../testing/sites.ts";

const wide = { width: 1280, height: 900 };

describe("the pages about mail, in a browser", { timeout: 300_000 }, () => {
  const data = temporaryFolder();
  const errors: unknown[] = [];
  let server: RunningServer;
  let browser: Browser;
  let contexts: BrowserContext[] = [];
  let cookie = "";
  const paths = { confirm: "", preferences: "", unsubscribe: "", mail: "" };

  beforeAll(async () => {
    cpSync(await makeSeededFolder(), data.folder, { recursive: true });
    const prepared = await signInAdmin(data.folder);
    cookie = prepared.cookie;
    Object.assign(paths, prepared.paths);
    server = await startServer(testSite(data.folder, errors));
    browser = await launchBrowser();
  }, 300_000);
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

  const open = async (path: string, options: BrowserContextOptions = {}) => {
    const context = await browser.newContext({ viewport: wide, baseURL: server.url, ...options });
    contexts.push(context);
    await context.addCookies([{ name: "offprint", value: cookie, url: server.url }]);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(path);
    return { page, complaints };
  };

  const pages: [name: string, path: () => string][] = [
    ["subscribe", () => "/subscribe"],
    ["asked", () => "/subscribe/asked"],
    ["confirm", () => paths.confirm],
    ["link used", () => "/subscribe/confirm/used"],
    ["preferences", () => paths.preferences],
    ["unsubscribe", () => paths.unsubscribe],
    ["preview", () => "/subscribe/preview"],
    ["the mail alone", () => "/subscribe/preview/mail"],
    ["outbox", () => "/admin/mails"],
    ["a mail", () => paths.mail],
  ];

  it.each(pages)("%s: no fault that axe knows, no sideways scrolling, and whole without script", async (_, path) => {
    const { page: whole, complaints } = await open(path());
    // The mail alone is not our page: it brings its own look, and its rules keep scripts out.
    if (!path().endsWith("/mail")) expect(await pageFaults(whole)).toEqual([]);
    expect(complaints.filter((complaint) => !/40[45]|410/.test(complaint))).toEqual([]);
    const { page } = await open(path(), { javaScriptEnabled: false });
    expect(await page.locator("h1").count()).toBe(1);
  });

  it("takes a reader's address and clock from the form, and shows an issue in its frame", async () => {
    const { page, complaints } = await open("/subscribe", { timezoneId: "Asia/Tokyo" });
    expect(await page.locator("input[name=timeZone]").inputValue()).toBe("Asia/Tokyo");
    await page.getByLabel("Mail address").fill("somebody@example.org");
    await page.getByRole("button", { name: "Subscribe" }).click();
    await page.getByRole("heading", { name: "Look into your mailbox" }).waitFor();
    await page.goto("/subscribe/preview");
    await page.frameLocator("iframe").getByRole("heading", { level: 1 }).waitFor();
    expect(complaints).toEqual([]);
  });
});
