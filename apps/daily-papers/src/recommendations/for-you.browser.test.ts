import { cpSync } from "node:fs";
import type { Browser, BrowserContext, BrowserContextOptions } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openEmbeddedDatabase } from "../database/database.ts";
import { migrate } from "../database/migrate.ts";
import { upsertPapers } from "../papers/save-papers.ts";
import { startSession } from "../people/session.queries.ts";
import { startServer, type RunningServer } from "../server.ts";
import { addAccount } from "../testing/accounts.ts";
import { launchBrowser } from "../testing/browser.ts";
import { makeSeededFolder } from "../testing/databases.ts";
import { groupedPapers } from "../testing/grouped-papers.ts";
import { pageFaults } from "../testing/page-faults.ts";
import { temporaryFolder, testSite } from "../testing/sites.ts";
import { castVote } from "../votes/vote.queries.ts";
import { readGraph } from "./graph.ts";
import { NearestPapers } from "./nearest.ts";
import { toStored } from "./neighbour.ts";
import { saveNeighbours } from "./neighbour.queries.ts";

const wide = { width: 1280, height: 900 };
const whale = "2601.00001";
const comet = "2601.00002";
const spread = { relative: 0.31, moreUncertainThan: 0.2 };
type Name = "ada" | "bob" | "cyd";

describe("for you in a browser", { timeout: 180_000 }, () => {
  const data = temporaryFolder();
  const errors: unknown[] = [];
  const tokens: Record<Name, string> = { ada: "", bob: "", cyd: "" };
  let server: RunningServer;
  let browser: Browser;
  let contexts: BrowserContext[] = [];

  const open = async (path: string, { as, ...options }: BrowserContextOptions & { as?: Name } = {}) => {
    const context = await browser.newContext({ viewport: wide, baseURL: server.url, ...options });
    contexts.push(context);
    if (as !== undefined) await context.addCookies([{ name: "offprint", value: tokens[as], url: server.url }]);
    const page = await context.newPage();
    await page.goto(path);
    return page;
  };

  beforeAll(async () => {
    cpSync(await makeSeededFolder(), data.folder, { recursive: true });
    const { db, close } = await openEmbeddedDatabase(data.folder);
    await migrate(db);
    await db.transaction().execute((trx) => upsertPapers(trx, groupedPapers(40), { source: "import" }));
    const { papers } = await readGraph(db);
    const nearest = new NearestPapers(papers);
    const found = papers.map(({ id }, index) => ({
      id,
      neighbours: nearest.of(index, 6).map((neighbour) => toStored({ ...neighbour, spread })),
    }));
    await saveNeighbours(db, found, new Date());
    for (const name of ["ada", "bob", "cyd"] as const) {
      const accountId = await addAccount(db, name);
      const session = { accountId, browser: undefined, now: new Date() };
      tokens[name] = await db.transaction().execute((trx) => startSession(trx, session));
      if (name !== "cyd") await castVote(db, { accountId, paperId: name === "ada" ? whale : comet, now: new Date() });
    }
    await close();
    server = await startServer(testSite(data.folder, errors));
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

  it.each([
    ["votes", "ada", "/for-you"],
    ["no votes", "cyd", "/for-you"],
    ["a paper just sent away", "bob", `/for-you?passed=${whale}`],
    ["similar papers", undefined, `/papers/${whale}`],
  ] as const)("has no fault that axe knows, and does not scroll sideways, with %s", async (_, as, path) => {
    const page = await open(path, as === undefined ? {} : { as });
    expect(await pageFaults(page)).toEqual([]);
  });

  it("is for signed-in readers, and leads the others to the sign-in page and back", async () => {
    const page = await open("/for-you");
    expect(page.url()).toBe(`${server.url}/sign-in?next=%2Ffor-you`);
    expect(await page.locator("nav a", { hasText: "For you" }).count()).toBe(0);
    const signedIn = await open("/", { as: "ada" });
    await signedIn.locator("nav a", { hasText: "For you" }).click();
    expect(await signedIn.locator("h1").textContent()).toBe("For you");
    const answer = await fetch(`${server.url}/for-you`, { headers: { cookie: `offprint=${tokens.ada}` } });
    expect(answer.headers.get("cache-control")).toContain("private");
  });

  it("says why each paper is there, how sure the model is, and nothing of other readers' votes", async () => {
    const forAda = await (
      await open("/for-you", { as: "ada", javaScriptEnabled: false })
    )
      .locator("main")
      .textContent();
    expect(forAda).toContain("You voted for The whale");
    expect(forAda).toMatch(/also by .*whale Example/);
    expect(forAda).toContain("Placed surely, spread 0.31");
    expect(forAda).not.toMatch(/You voted for The comet|bob/);
    const forBob = await (await open("/for-you", { as: "bob" })).locator("main").textContent();
    expect(forBob).toContain("You voted for The comet");
    expect(forBob).not.toMatch(/You voted for The whale|ada/);
    const forCyd = await (await open("/for-you", { as: "cyd" })).locator("main").textContent();
    expect(forCyd).toContain("Vote for papers");
    expect(await (await open(`/papers/${whale}`)).locator(".similar").textContent()).toContain("Also by");
  });

  it("sends a paper away and takes it back, without script", async () => {
    const page = await open("/for-you", { as: "bob", javaScriptEnabled: false });
    const first = page.locator(".card h2").first();
    const title = await first.textContent();
    await page
      .getByRole("button", { name: /^Not this/ })
      .first()
      .click();
    expect(await page.getByRole("status").textContent()).toContain("will not be shown here again");
    expect(await page.locator(".card h2").allTextContents()).not.toContain(title);
    await page.getByRole("button", { name: /^Undo/ }).click();
    expect(await page.locator(".card h2").allTextContents()).toContain(title);
  });
});
