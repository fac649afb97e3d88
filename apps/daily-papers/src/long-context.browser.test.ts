import { cpSync } from "node:fs";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { startServer, type RunningServer } from "./server.ts";
import { launchBrowser } from "./testing/browser.ts";
import { makeSeededFolder } from "./testing/databases.ts";
import { pageFaults } from "./testing/page-faults.ts";
import { temporaryFolder, testSite } from "./testing/sites.ts";

const paper = "/papers/2309.12307";
const patience = { timeout: 60_000 };

describe("the LongLoRA paper in a browser", { timeout: 180_000 }, () => {
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
    await page.goto(path);
    return page;
  };

  beforeAll(async () => {
    cpSync(await makeSeededFolder(), data.folder, { recursive: true });
    server = await startServer(testSite(data.folder, errors));
    browser = await launchBrowser();
    const answer = await fetch(`${server.url}${paper}/runs`, {
      method: "POST",
      body: new URLSearchParams({ steps: "8", learningRate: "0.001" }),
      headers: { origin: server.url },
      redirect: "manual",
    });
    result = answer.headers.get("location") ?? "";
    await vi.waitFor(async () => {
      expect(await (await fetch(server.url + result)).text()).toContain("Let both go on");
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
    ["the paper with the leak", () => `${paper}?mask=paper-wrap&mask-tokens=32&mask-group=16`],
    ["the paper with a form that is wrong", () => `${paper}?group=7&rank=0&model=x`],
    ["the result", () => result],
  ];
  describe.each(pages)("%s", (_, path) => {
    it("has no fault that axe knows, and does not scroll sideways", async () => {
      expect(await pageFaults(await open(path()))).toEqual([]);
    });
  });

  it.each([true, false])(
    "tells whom a token sees when it is pointed at or walked to, script %s",
    async (javaScriptEnabled) => {
      const page = await open(paper, { javaScriptEnabled });
      const said = () => page.locator(".mask-said:visible").allInnerTexts();
      expect(await said()).toEqual([
        "ago (5) sees years ago (4–5) with plain heads, and Ishmael Some years ago (2–5) with shifted heads.",
      ]);
      await page.locator(".mask-row").nth(10).hover();
      expect(await said()).toEqual([
        "precisely (10) sees how long precisely (8–10) with plain heads, and precisely (10) with shifted heads.",
      ]);
      await page.mouse.move(0, 0);
      await page.getByLabel(/^ago, token 5/).focus();
      await page.keyboard.press("ArrowDown");
      expect((await said())[0]).toMatch(/^never \(6\) sees/);
    },
  );

  it("draws another attention at a click, without losing what was chosen to run", async () => {
    const page = await open(`${paper}?steps=77`, { javaScriptEnabled: false });
    await page.getByRole("link", { name: "shifted sparse, wrapped" }).click();
    expect(await page.locator(".mask-warning").innerText()).toContain(
      "It leaks: in the shifted heads tokens 0–1 see tokens 14–15",
    );
    expect(await page.getByLabel("Steps").inputValue()).toBe("77");
    await page.getByRole("link", { name: "full", exact: true }).click();
    expect(await page.locator(".mask-warning").count()).toBe(0);
    expect(await page.locator("figcaption").first().innerText()).toContain("100\u202F% of the pairs");
  });

  it("follows an extension to its result without a click, and lets both models go on", async () => {
    const page = await open(paper);
    await page.getByLabel("Steps").fill("12");
    await page.getByText("Learning rate, rank").click();
    await page.getByLabel("Learning rate").fill("0.05");
    await expect.poll(() => page.locator(".run-form .command").innerText(), patience).toContain("--steps 12");
    expect(await page.locator(".estimate").innerText()).toMatch(/About .* of memory on this machine/);
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByRole("heading", { name: "Perplexity at 1,024 tokens" }).waitFor();
    expect(await page.locator("svg.chart").count()).toBeGreaterThanOrEqual(3);
    expect(await page.locator(".heat td").first().innerText()).toBe("0 of 4");
    await page.getByLabel("How the text begins").fill("It was a dark");
    await page.getByRole("button", { name: "Write" }).click();
    await page.getByRole("region", { name: "After" }).getByText("the adapted one wrote 280 tokens").waitFor();
    expect(new URL(page.url()).hash).toBe("#writing");
  });

  it("lets both models go on without script, and gives the adapter away", async () => {
    const page = await open(result, { javaScriptEnabled: false });
    await page.getByLabel("How the text begins").fill("It was a dark");
    await page.getByRole("spinbutton", { name: "Tokens" }).fill("20");
    await page.getByRole("button", { name: "Write" }).click();
    expect(await page.locator(".texts").innerText()).toContain(
      "It was a dark <script>alert(1)</script> the base wrote 20 tokens",
    );
    const waiting = page.waitForEvent("download");
    await page.getByRole("link", { name: "adapter/adapter_config.json" }).click();
    expect((await waiting).suggestedFilename()).toBe("adapter_config.json");
  });
});
