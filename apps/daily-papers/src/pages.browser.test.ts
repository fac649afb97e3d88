import { cpSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startServer, type RunningServer } from "./server.ts";
import { launchBrowser } from "./testing/browser.ts";
import { makeSeededFolder } from "./testing/databases.ts";
import { pageFaults } from "./testing/page-faults.ts";
import { temporaryFolder, testSite } from "./testing/sites.ts";

const nfe = "/papers/2409.19977";
/** Busy machines take their time. */
const patience = { timeout: 60_000 };
const wide = { width: 1280, height: 900 };

describe("in a browser", { timeout: 180_000 }, () => {
  const data = temporaryFolder();
  const errors: unknown[] = [];
  let server: RunningServer;
  let browser: Browser;
  let contexts: BrowserContext[] = [];
  /** Runs by what became of them. */
  const runs: Record<"completed" | "failed" | "cancelled" | "running" | "queued", string> = {
    completed: "",
    failed: "",
    cancelled: "",
    running: "",
    queued: "",
  };

  const open = async (
    path: string,
    options: BrowserContextOptions = {},
  ): Promise<{ page: Page; complaints: string[] }> => {
    const context = await browser.newContext({ viewport: wide, baseURL: server.url, ...options });
    contexts.push(context);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(path);
    return { page, complaints };
  };
  const post = async (path: string, form: Record<string, string>): Promise<string> => {
    const answer = await fetch(server.url + path, {
      method: "POST",
      body: new URLSearchParams(form),
      headers: { origin: server.url },
      redirect: "manual",
    });
    return answer.headers.get("location") ?? "";
  };
  const until = async (path: string, wanted: RegExp) => {
    while (!wanted.test(await (await fetch(server.url + path)).text()))
      await new Promise((done) => setTimeout(done, 50));
  };

  beforeAll(async () => {
    cpSync(await makeSeededFolder(), data.folder, { recursive: true });
    server = await startServer(testSite(data.folder, errors));
    browser = await launchBrowser();
    const start = (form: Record<string, string>) => post(`${nfe}/runs`, form);
    runs.completed = await start({ epochs: "3", learningRate: "0.001" });
    runs.failed = await start({ epochs: "3", learningRate: "0.001", seed: "13", gamma: "0" });
    await until(runs.failed, /The run failed/);
    runs.cancelled = await start({ epochs: "100", learningRate: "0.05" });
    await until(runs.cancelled, /step 1\d of/);
    await post(`${runs.cancelled}/cancel`, {});
    await until(runs.cancelled, /The run was cancelled/);
    runs.running = await start({ epochs: "200", learningRate: "0.5" });
    runs.queued = await start({ epochs: "200", learningRate: "1" });
    await until(runs.running, /data-live/);
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
    ["the feed", () => "/"],
    ["a paper that runs", () => nfe],
    ["a paper that runs, with a form that is wrong", () => `${nfe}?epochs=0&gamma=x`],
    ["a paper that runs from a text", () => "/papers/2103.11790"],
    ["the runs", () => "/runs"],
    ["a run that waits", () => runs.queued],
    ["a run at work", () => runs.running],
    ["a result", () => runs.completed],
    ["a result with answers", () => `${runs.completed}?words=animal.n.01&relation=hypernym&find=head&rules=on`],
    ["a result with several meanings", () => `${runs.completed}?words=dog&relation=hypernym`],
    ["a result with near matches", () => `${runs.completed}?words=dgo&relation=hypernym`],
    ["a run that failed", () => runs.failed],
    ["a run that was cancelled", () => runs.cancelled],
    ["what is not there", () => "/nope"],
  ];

  describe.each(pages)("%s", (name, path) => {
    it("has no fault that axe knows, and does not scroll sideways", async () => {
      const { page, complaints } = await open(path());
      expect(await pageFaults(page)).toEqual([]);
      expect(complaints.filter((complaint) => !complaint.includes("404"))).toEqual([]);
    });

    it("is whole without script", async () => {
      const { page } = await open(path(), { javaScriptEnabled: false });
      expect(await page.locator("h1").count()).toBe(1);
      expect((await page.locator("main").innerText()).length).toBeGreaterThan(40);
      if (process.env["SCREENSHOTS"]) {
        await page.screenshot({
          path: join(process.env["SCREENSHOTS"], `${name.replaceAll(/\W+/g, "-")}.png`),
          fullPage: true,
        });
      }
    });
  });

  it("follows a run to its result without a click", async () => {
    const { page, complaints } = await open(runs.running);
    const line = page.locator('[data-fragment="line"]');
    await expect.poll(() => line.innerText(), patience).toMatch(/step \d+ of 2,000/);
    const first = await line.innerText();
    await expect.poll(() => line.innerText(), patience).not.toBe(first);
    expect(await page.locator('[data-fragment="picture"] svg').count()).toBeGreaterThan(0);

    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("heading", { name: "The run was cancelled" }).waitFor();
    await page.goto(runs.queued);
    await page.getByRole("button", { name: "Cancel" }).click();

    await page.goto(nfe);
    await page.getByLabel("Epochs").fill("4");
    await page.getByText("Learning rate, margin").click();
    await page.getByLabel("Learning rate").fill("0.02");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByRole("heading", { name: "Ask what it learned" }).waitFor();
    expect(await page.locator(".metric-value").first().innerText()).toMatch(/^\.\d{3}$/);
    await page.getByRole("table").getByText("holds both ways").waitFor();
    expect(complaints).toEqual([]);
  });

  it("shows time and command while one chooses", async () => {
    const { page } = await open(nfe);
    await page.getByLabel("Model").selectOption("nfe-3");
    await expect.poll(() => page.locator(".run-form .command").innerText(), patience).toContain("--model nfe-3");
    await page.getByLabel("Dimensions").fill("7000");
    await expect
      .poll(() => page.locator(".estimate").innerText(), patience)
      .toBe("Dimensions: enter a whole number from 4 to 512.");
    await page.getByLabel("Dimensions").fill("32");
    await expect.poll(() => page.locator(".run-form .command").innerText(), patience).toContain("--dimension 32");
    expect(await page.getByRole("button", { name: "Show time and command" }).isVisible()).toBe(false);
  });

  it("suggests names while one types, and asks by keyboard alone", async () => {
    const { page } = await open(runs.completed);
    await page.getByLabel("Entity").focus();
    await page.keyboard.type("ani");
    await expect
      .poll(() => page.locator("datalist option").first().getAttribute("value"), patience)
      .toBe("animal.n.01");
    await page.keyboard.type("mal");
    await page.keyboard.press("Enter");
    await page.getByRole("table").getByText("fissiped").waitFor();
    expect(new URL(page.url()).searchParams.get("words")).toBe("animal");
  });

  it("lets a reader walk a paper's page by keyboard and see where the focus is", async () => {
    const { page } = await open(nfe);
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent?.trim())).toBe("Skip to the content");
    await page.keyboard.press("Enter");
    const seen: string[] = [];
    for (let presses = 0; presses < 40; presses += 1) {
      await page.keyboard.press("Tab");
      const focused = await page.evaluate(() => {
        const element = document.activeElement;
        if (element === null || element === document.body) return undefined;
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        const name = element.getAttribute("aria-label") ?? element.textContent ?? "";
        return { name: name.trim(), visible: outlineStyle !== "none" && outlineWidth !== "0px" };
      });
      if (focused === undefined) break;
      expect(focused).toMatchObject({ visible: true });
      seen.push(focused.name);
    }
    expect(seen.indexOf("Model")).toBeGreaterThan(seen.indexOf("PDF"));
    expect(seen.indexOf("Run")).toBeGreaterThan(seen.indexOf("Epochs"));
    expect(seen).toContain("Dark");
  });

  it("runs, refreshes, cancels and asks without script", async () => {
    const { page } = await open(nfe, { javaScriptEnabled: false });
    await page.getByLabel("Model").selectOption("transe");
    await page.getByRole("button", { name: "Show time and command" }).click();
    expect(await page.locator(".run-form .command").innerText()).toContain("--model transe");
    await page.getByLabel("Epochs").fill("150");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe("TransE on WordNet");
    await expect
      .poll(async () => {
        await page.getByRole("link", { name: "Refresh", exact: true }).click();
        return page.locator(".live-line").innerText();
      }, patience)
      .toMatch(/step \d+ of 1,500/);
    await page.getByRole("button", { name: "Cancel" }).click();
    await expect
      .poll(async () => {
        await page.reload();
        return page.locator("main").innerText();
      }, patience)
      .toContain("The run was cancelled");

    await page.goto(runs.completed);
    await page.getByLabel("Entity").fill("dog");
    await page.getByRole("button", { name: "Ask" }).click();
    await page.getByRole("link", { name: "dog" }).first().click();
    expect(await page.locator(".triple").innerText()).toBe("dog is a kind of ?");
    await page.getByRole("link", { name: "Look for rules" }).click();
    expect(await page.getByRole("table").last().innerText()).toContain("holds both ways");
  });

  it.each([true, false])("keeps the colours that a reader chooses, script %s", async (javaScriptEnabled) => {
    const { page } = await open(nfe, { javaScriptEnabled, colorScheme: "light" });
    const paper = async () => {
      await page.waitForLoadState();
      return page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    };
    const light = await paper();
    await page.getByRole("button", { name: "Dark" }).click();
    expect(page.url()).toContain(nfe);
    expect(await paper()).not.toBe(light);
    await page.goto("/");
    expect(await page.getByRole("button", { name: "Dark" }).getAttribute("aria-pressed")).toBe("true");
    await page.getByRole("button", { name: "Auto" }).click();
    expect(await paper()).toBe(light);
  });
});
