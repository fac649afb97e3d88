import { cpSync } from "node:fs";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { startServer, type RunningServer } from "./server.ts";
import { launchBrowser } from "./testing/browser.ts";
import { makeSeededFolder } from "./testing/databases.ts";
import { pageFaults } from "./testing/page-faults.ts";
import { temporaryFolder, testSite } from "./testing/sites.ts";

const paper = "/papers/2103.11790";
const patience = { timeout: 90_000 };

describe("the moral direction's paper in a browser", { timeout: 180_000 }, () => {
  const data = temporaryFolder();
  const errors: unknown[] = [];
  let server: RunningServer;
  let browser: Browser;
  let contexts: BrowserContext[] = [];
  let result = "";

  const open = async (path: string, options: BrowserContextOptions = {}): Promise<Page> => {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      baseURL: server.url,
      ...options,
    });
    contexts.push(context);
    const page = await context.newPage();
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(path, patience);
    return page;
  };

  beforeAll(async () => {
    cpSync(await makeSeededFolder(), data.folder, { recursive: true });
    server = await startServer(testSite(data.folder, errors));
    browser = await launchBrowser();
    const answer = await fetch(`${server.url}${paper}/runs`, {
      method: "POST",
      body: new URLSearchParams({
        good: "help, thank, share, smile",
        bad: "rob, betray, bully, torture",
        questions: "2",
      }),
      headers: { origin: server.url },
      redirect: "manual",
    });
    result = answer.headers.get("location") ?? "";
    await vi.waitFor(async () => {
      expect(await (await fetch(server.url + result)).text()).toContain("Rate phrases");
    }, patience);
  }, 240_000);
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

  const pages: [name: string, path: () => string][] = [
    ["the paper", () => paper],
    ["the paper with forms that are wrong", () => `${paper}?phrases=${"a".repeat(200)}&good=x&questions=0`],
    ["the result", () => result],
  ];
  describe.each(pages)("%s", (_, path) => {
    it("has no fault that axe knows, and does not scroll sideways", async () => {
      expect(await pageFaults(await open(path()))).toEqual([]);
    });
  });

  it.each([true, false])("rates what one types, script %s", async (javaScriptEnabled) => {
    const page = await open(paper, { javaScriptEnabled });
    await page.getByLabel("What one may do, a line each").fill("torture a prisoner\nthank my teacher");
    await page.getByRole("button", { name: "Rate" }).click();
    const own = await page.locator(".axis .own").allInnerTexts();
    expect(own.map((row) => row.split("\t")[0]?.trim())).toEqual(["thank my teacher", "torture a prisoner"]);
    expect(new URL(page.url()).hash).toBe("#rate");
  });

  it.each([true, false])(
    "shows what a model writes, and what guidance took away only when asked, script %s",
    async (javaScriptEnabled) => {
      const page = await open(result, { javaScriptEnabled });
      await page.getByLabel("How the text begins").fill("It was a dark");
      await page.getByRole("button", { name: "Write" }).click();
      expect(await page.getByRole("region", { name: "Guided", exact: true }).innerText()).toContain(
        "It was a dark wrote with guidance",
      );
      expect(await page.getByText("wrote without").isVisible()).toBe(false);
      expect(await page.getByText("struck").isVisible()).toBe(false);
      await page.getByText("Show what was taken away").click();
      expect(await page.locator(".taken").innerText()).toContain("−0.30");
    },
  );

  it("gives the direction away", async () => {
    const page = await open(result);
    const answer = await page.request.get(`${server.url}${result}/files/direction.json`);
    expect(await answer.json()).toMatchObject({
      format: "offprint-moral-direction",
      encoder: { id: "use-lite@0.2.0" },
    });
  });
});
