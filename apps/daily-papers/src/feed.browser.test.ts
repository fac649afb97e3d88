import type { Browser, BrowserContextOptions, Request } from "playwright-core";
import { cpSync, existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openEmbeddedDatabase } from "./database/database.ts";
import { importPapers } from "./papers/import-papers.ts";
import { startServer, type RunningServer } from "./server.ts";
import { launchBrowser } from "./testing/browser.ts";
import { makeSeededFolder } from "./testing/databases.ts";
import { keyboardFaults } from "./testing/keyboard-faults.ts";
import { pageFaults } from "./testing/page-faults.ts";
import { temporaryFolder, testSite } from "./testing/sites.ts";

const dump = fileURLToPath(new URL("../../../../shared/data/papers/hf-daily-papers.jsonl.gz", import.meta.url));
/** Real papers where they are at hand; otherwise ones with all that is hard to set. */
const madeUp = Array.from({ length: 80 }, (_, index) =>
  JSON.stringify({
    id: `2608.${String(index + 1).padStart(5, "0")}`,
    title:
      index % 3 === 0 ? `${"Unhyphenatable".repeat(4)} $\\mathcal{O}(n^${index})$` : `A paper on attention ${index}`,
    abstract: `We show that $x_${index}$ holds. `.repeat(30),
    authors: Array.from({ length: 1 + ((index * 7) % 60) }, (_, author) => `Ada Example ${author}`),
    publishedAt: "2026-08-18",
    day: `2026-08-${17 + (index % 5)}`,
    upvotes: index,
    ai_keywords: ["attention", "long-context-understanding-of-everything"],
    ai_summary: "In short, it holds.",
  }),
);

async function* lines() {
  yield* existsSync(dump) ? gunzipSync(readFileSync(dump)).toString("utf8").split("\n").slice(-1_500) : madeUp;
}

describe("papers in a browser", { timeout: 240_000 }, () => {
  const data = temporaryFolder();
  const errors: unknown[] = [];
  let server: RunningServer;
  let browser: Browser;
  let fullestDay = "";

  beforeAll(async () => {
    cpSync(await makeSeededFolder(), data.folder, { recursive: true });
    const { db, close } = await openEmbeddedDatabase(data.folder);
    await importPapers(db, lines());
    const { day } = await db
      .selectFrom("featured_paper")
      .select("day")
      .groupBy("day")
      .orderBy((eb) => eb.fn.countAll(), "desc")
      .executeTakeFirstOrThrow();
    fullestDay = day;
    await close();
    server = await startServer(testSite(data.folder, errors));
    browser = await launchBrowser();
  }, 240_000);
  afterAll(async () => {
    await browser.close();
    await server.close();
    data.remove();
    expect(errors).toEqual([]);
  });
  const open = async (path: string, options: BrowserContextOptions = {}) => {
    const context = await browser.newContext({ baseURL: server.url, ...options });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => void (message.type() === "error" && complaints.push(message.text())));
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(path);
    return { page, complaints, close: () => context.close() };
  };

  const pages = [
    ["a day", "/"],
    ["a week", "/week"],
    ["a month", "/month"],
    ["trending", "/trending"],
    ["new", "/new"],
    ["search", "/search"],
    ["results", "/search?q=attention&from=2020-01-01"],
    ["nothing found", "/search?q=zzzzqqqq"],
    ["an unknown id", "/search?q=2401.00001"],
    ["how ranking works", "/how-ranking-works"],
  ] as const;

  describe.each(pages)("%s", (_, path) => {
    it("has no fault that axe knows, and does not scroll sideways", async () => {
      const { page, complaints, close } = await open(path);
      expect(await pageFaults(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await close();
    });
  });

  it("loads the fullest day within 100 kB without images, and no more than 30 kB of script", async () => {
    const context = await browser.newContext({ baseURL: server.url });
    const page = await context.newPage();
    const requests: Request[] = [];
    page.on("requestfinished", (request) => requests.push(request));
    await page.goto(`/date/${fullestDay}`, { waitUntil: "networkidle" });
    const bytes = { document: 0, stylesheet: 0, font: 0, script: 0 };
    for (const request of requests) {
      const type = request.resourceType();
      if (type === "image") continue;
      const { responseBodySize, responseHeadersSize } = await request.sizes();
      bytes[type as keyof typeof bytes] += responseBodySize + responseHeadersSize;
    }
    expect(await page.locator("article").count()).toBeGreaterThan(15);
    expect(Math.min(...Object.values(bytes))).toBeGreaterThan(0);
    expect(Object.values(bytes).reduce((sum, each) => sum + each)).toBeLessThan(100_000);
    expect(readFileSync(new URL("look/page.js", import.meta.url)).byteLength).toBeLessThan(30_000);
    await context.close();
  });

  it.each(["/", "/search?q=attention&from=2020-01-01"])("leads through %s by keyboard", async (path) => {
    const { page, close } = await open(path);
    expect(await keyboardFaults(page)).toEqual([]);
    await close();
  });

  it("goes from view to view and finds a paper, without script", async () => {
    const { page, close } = await open("/", { javaScriptEnabled: false });
    await page.getByRole("link", { name: "Week", exact: true }).click();
    expect(new URL(page.url()).pathname).toMatch(/^\/week\/\d{4}-W\d{2}$/);
    await page.getByRole("link", { name: "More papers" }).click();
    expect(await page.locator("article").count()).toBeGreaterThan(5);
    await page.getByRole("searchbox", { name: "Search papers" }).fill("atention");
    await page.keyboard.press("Enter");
    expect(await page.getByRole("status").innerText()).toContain("attention");
    await page.locator("article h2 a").first().click();
    expect(await page.locator("h1").count()).toBe(1);
    await close();
  });
});
