import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApp } from "./app.tsx";
import type { Config } from "./config.ts";
import { usePostgres, type OpenDatabase } from "./database/database.ts";
import { seed } from "./database/seed.ts";
import { assetPaths } from "./look/assets.ts";
import { Implementations } from "./runs/implementations.ts";
import { knowledgeGraphEmbeddings } from "./runs/knowledge-graph/implementation.tsx";
import { newestRuns } from "./runs/run.queries.ts";
import { RunStreams } from "./runs/run.stream.tsx";
import { RunWorker } from "./runs/run.worker.ts";
import { openMigratedPglite } from "./testing/databases.ts";
import { loadFakeModel } from "./testing/fake-model.ts";
import { temporaryFolder, testConfig } from "./testing/sites.ts";

const nfe = "/papers/2409.19977";
const origin = "http://localhost:8787";
const hostile = {
  id: "2501.00001",
  title: String.raw`<script>alert(1)</script> on $\mathcal{O}(n^2)$ & "quotes"`,
  abstract: String.raw`Costs $5 to $10. <img src=x onerror=alert(1)> $\href{javascript:alert(1)}{x}$ $\undefined{$ ${"$"}x^2$`,
  authors: JSON.stringify(["Zo\u00EB <b>Bold</b>", "B", "C", "D", "E"]),
  published_on: "2025-01-01",
  code_url: null,
  implementation: null,
};

describe("the site", () => {
  let database: OpenDatabase;
  const data = temporaryFolder();
  const errors: unknown[] = [];

  const appWith = (config: Partial<Config> = {}) => {
    const full = { ...testConfig(data.folder), ...config };
    const implementations = new Implementations([knowledgeGraphEmbeddings(loadFakeModel)]);
    // Never started: runs stay in the queue.
    const worker = new RunWorker({
      db: database.db,
      dataFolder: data.folder,
      command: full.command,
      wordsOf: () => [],
      onError: (error) => errors.push(error),
    });
    void worker.stop();
    const streams = new RunStreams(database.db, worker, implementations, 1);
    return createApp({
      services: { db: database.db, config: full, implementations, worker, streams },
      onError: (error) => errors.push(error),
    });
  };
  const get = (path: string, headers: Record<string, string> = {}) =>
    appWith().request(`${origin}${path}`, { headers: { host: "localhost:8787", ...headers } });
  const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
    appWith().request(`${origin}${path}`, {
      method: "POST",
      body: new URLSearchParams(form),
      headers: { host: "localhost:8787", origin, ...headers },
    });
  const textOf = async (path: string) => (await get(path)).text();

  beforeAll(async () => {
    database = await openMigratedPglite();
    await seed(database.db);
    await database.db.insertInto("paper").values(hostile).execute();
  });
  afterAll(async () => {
    await database.close();
    data.remove();
    expect(errors).toEqual([]);
  });

  describe("the feed", () => {
    it("shows the newest day with its three papers, their authors and dates", async () => {
      const html = await textOf("/");
      expect(html).toContain("<!doctype html>");
      expect(html).toMatch(/Tuesday, 10\u00A0December <span class="masthead-year">2024/);
      expect(html).toContain("by AK and the research community");
      expect(html).toContain("Knowledge Graph Embedding by Normalizing Flows");
      expect(html).toContain("Yukang Chen, Shengju Qian, Haotian Tang");
      expect(html).toContain("+ 4");
      expect(html).toContain("7 authors");
      expect(html).toContain("30 September 2024");
      expect(html.match(/<article/g)).toHaveLength(3);
      expect(html.match(/class="runs-here"/g)).toHaveLength(1);
    });

    it("snaps a day without papers to the one before, and refuses days that do not exist", async () => {
      const later = await get("/date/2024-12-25");
      expect([later.status, later.headers.get("location")]).toEqual([302, "/date/2024-12-10"]);
      expect((await get("/date/2024-12-10")).status).toBe(200);
      expect((await get("/date/2024-12-09")).status).toBe(404);
      for (const day of ["2024-02-30", "2025-13-40", "today", "2024-12-10T00:00", "%00"]) {
        expect((await get(`/date/${day}`)).status).toBe(404);
      }
    });

    it("weighs less than 100 kB with style and script", async () => {
      const bytes = await Promise.all(
        ["/", assetPaths.style, assetPaths.script].map(
          async (path) => (await (await get(path)).arrayBuffer()).byteLength,
        ),
      );
      expect(bytes.reduce((sum, size) => sum + size)).toBeLessThan(100_000);
      expect(bytes[2]).toBeLessThan(10_000);
    });
  });

  describe("a paper's page", () => {
    it("has the abstract, the links, the citation and the form that runs it", async () => {
      const html = await textOf(nfe);
      expect(html).toContain("A key to knowledge graph embedding (KGE)");
      expect(html).toContain("https://arxiv.org/abs/2409.19977");
      expect(html).toContain("https://arxiv.org/pdf/2409.19977");
      expect(html).toContain("@misc{xiao2024knowledge");
      expect(html).toContain('action="/papers/2409.19977/runs"');
      expect(html.replaceAll(/<[^>]+>/g, "")).toContain("npx offprint kge train --dataset wordnet --model nfe-1");
    });

    it("says plainly that the other papers' runs come next", async () => {
      for (const id of ["2103.11790", "2309.12307"]) {
        const html = await textOf(`/papers/${id}`);
        expect(html).toContain("its run comes next");
        expect(html).not.toContain('<form class="run-form"');
      }
      expect((await post("/papers/2309.12307/runs", {})).status).toBe(404);
    });

    it("shows hostile titles and abstracts as text, formulas as MathML, and prices as prices", async () => {
      const html = await textOf("/papers/2501.00001");
      expect(html).not.toMatch(/<script>alert|<img src=x|<b>Bold|href="javascript/);
      expect(html).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
      expect(html).toContain('<mi mathvariant="script">O</mi>');
      expect(html).toContain("<msup><mi>x</mi><mn>2</mn></msup>");
      expect(html).toContain("Costs $5 to $10.");
      expect(html).toContain("Zoë &lt;b&gt;Bold&lt;/b&gt;");
    });

    it("answers 404 for ids that are none, whatever they hold", async () => {
      for (const id of [
        "9999.99999",
        "2409.19977v2",
        "..%2F..%2Fetc%2Fpasswd",
        "%00",
        "a".repeat(3_000),
        "2409.19977'--",
      ]) {
        expect((await get(`/papers/${id}`)).status).toBe(404);
      }
    });

    it("has a thumbnail that is the same at every request and escapes the title", async () => {
      const first = await get("/papers/2501.00001/thumbnail.svg");
      expect(first.headers.get("content-type")).toContain("image/svg+xml");
      const svg = await first.text();
      expect(svg).toContain("&lt;script&gt;");
      expect(await textOf("/papers/2501.00001/thumbnail.svg")).toBe(svg);
      expect(await textOf(`${nfe}/thumbnail.svg`)).not.toBe(svg);
    });
  });

  describe("starting a run", () => {
    it("queues it and goes to its page", async () => {
      const answer = await post(`${nfe}/runs`, { model: "nfe-2", dimension: "64", epochs: "5" });
      expect(answer.status).toBe(303);
      const [run] = await newestRuns(database.db, { most: 1 });
      expect(answer.headers.get("location")).toBe(`/runs/${run?.id}`);
      expect(run?.config).toEqual({
        dataset: "wordnet",
        model: "nfe-2",
        loss: "by-graph",
        dimension: 64,
        epochs: 5,
        learningRate: 0.01,
        gamma: 3,
        batchSize: 256,
        decay: 0.98,
        seed: 0,
      });
      const html = await textOf(`/runs/${run?.id}`);
      expect(html).toContain("NFE-2 on WordNet");
      expect(html).toContain("starts at once");
      const refreshing = await textOf(`/runs/${run?.id}?refresh=on`);
      expect(refreshing).toContain('http-equiv="refresh"');
      expect(html).not.toContain('http-equiv="refresh"');
    });

    it.each([
      [{ epochs: "0" }, "Epochs: enter a whole number from 1 to 200."],
      [{ epochs: "1e9" }, "Epochs: enter a whole number from 1 to 200."],
      [{ dimension: "0" }, "Dimensions: enter a whole number from 4 to 512."],
      [{ dimension: "12.5" }, "Dimensions: enter a whole number from 4 to 512."],
      [{ learningRate: "NaN" }, "Learning rate: enter a number from 0.00001 to 1."],
      [{ learningRate: "" }, "Learning rate: enter a number from 0.00001 to 1."],
      [{ seed: "0x10" }, "Seed: enter a whole number from 0 to 2147483647."],
      [{ model: "gpt" }, "Choose one of the models."],
      [{ loss: "--json" }, "Choose one of the losses."],
      [{ dataset: "../../../etc" }, "Choose one of the graphs."],
      [{ dataset: "no-such-graph" }, "Choose one of the graphs."],
    ])("turns %j down with a sentence beside the field", async (form, sentence) => {
      const before = (await newestRuns(database.db, { most: 50 })).length;
      const answer = await post(`${nfe}/runs`, form);
      expect(answer.status).toBe(422);
      expect(await answer.text()).toContain(sentence);
      expect((await newestRuns(database.db, { most: 50 })).length).toBe(before);
    });

    it("shows time and command while one chooses, as a piece of the page", async () => {
      const html = await textOf(`${nfe}/run-preview?model=transe&dimension=32`);
      expect(html).toMatch(/About .* of memory on this machine\./);
      expect(html.replaceAll(/<[^>]+>/g, "")).toContain("--model transe --dimension 32");
      expect(await textOf(`${nfe}/run-preview?epochs=x`)).toContain("Epochs: enter");
    });

    it("keeps what one chose in the form of an address, for readers without script", async () => {
      expect(await textOf(`${nfe}?model=transe&dimension=32`)).toMatch(/<option value="transe" selected="">/);
    });

    it("turns the sixth that would wait down and says why", async () => {
      while ((await newestRuns(database.db, { most: 50 })).length < 5) await post(`${nfe}/runs`, {});
      const answer = await post(`${nfe}/runs`, { epochs: "7" });
      expect(answer.status).toBe(429);
      const html = await answer.text();
      expect(html).toContain("5 runs wait already");
      expect(html).toContain('name="epochs" aria-label="Epochs" value="7"');
    });
  });

  describe("a run's page", () => {
    it("cancels, twice without harm, and resumes", async () => {
      const [run] = await newestRuns(database.db, { most: 1 });
      for (let time = 0; time < 2; time += 1) {
        expect((await post(`/runs/${run?.id}/cancel`, {})).headers.get("location")).toBe(`/runs/${run?.id}`);
      }
      expect(await textOf(`/runs/${run?.id}`)).toContain("The run was cancelled");
      await post(`/runs/${run?.id}/resume`, {});
      expect(await textOf(`/runs/${run?.id}`)).toContain("data-live");
    });

    it("answers 404 for runs that are none", async () => {
      for (const path of ["aaaaaaaaaaaa", "..%2f..", "x", "aaaaaaaaaaaa/events", "x/suggest?text=a", "x/rules"]) {
        expect((await get(`/runs/${path}`)).status).toBe(404);
      }
      expect((await post("/runs/aaaaaaaaaaaa/cancel", {})).status).toBe(404);
      expect((await post("/runs/aaaaaaaaaaaa/resume", {})).status).toBe(404);
    });

    it("sends its news to so many readers and no more", async () => {
      const app = appWith();
      const [run] = await newestRuns(database.db, { most: 1 });
      const watch = () => app.request(`${origin}/runs/${run?.id}/events`, { headers: { host: "localhost:8787" } });
      const first = await watch();
      expect(first.headers.get("content-type")).toContain("text/event-stream");
      const reader = first.body?.getReader();
      const news = new TextDecoder().decode((await reader?.read())?.value);
      expect(news).toContain("event: picture");
      expect((await watch()).status).toBe(503);
      await reader?.cancel();
    });
  });

  describe("its defences", () => {
    it("sends strict headers with every page", async () => {
      for (const path of ["/", "/nope", nfe, "/healthz"]) {
        const { headers } = await get(path);
        expect(headers.get("content-security-policy")).toContain("default-src 'none'");
        expect(headers.get("content-security-policy")).not.toContain("unsafe");
        expect(headers.get("x-content-type-options")).toBe("nosniff");
        expect(headers.get("x-frame-options")).toBe("DENY");
        expect(headers.get("referrer-policy")).toBe("strict-origin-when-cross-origin");
      }
    });

    it("has no style and no script within its pages", async () => {
      for (const path of ["/", nfe, "/papers/2501.00001", "/runs", "/nope"]) {
        const html = await textOf(path);
        expect(html).not.toMatch(/ style="| on\w+="|<style|<script>|<script [^>]*>[^<]/);
      }
    });

    it("takes forms from its own pages only", async () => {
      const others = [
        { origin: "http://evil.example" },
        { origin: "http://localhost:9999" },
        { origin: "null" },
        { origin: "http://evil.example", "sec-fetch-site": "cross-site" },
        { origin: "", "sec-fetch-site": "same-site" },
      ];
      for (const headers of others) {
        for (const path of [`${nfe}/runs`, "/theme", "/runs/aaaaaaaaaaaa/cancel"]) {
          const answer = await post(path, {}, headers);
          expect(answer.status).toBe(403);
          expect(await answer.text()).toContain("This form came from elsewhere");
        }
      }
      expect((await post("/theme", { theme: "dark" }, { origin: "", "sec-fetch-site": "same-origin" })).status).toBe(
        303,
      );
    });

    it("answers only to its own names when it serves its own machine", async () => {
      for (const host of ["evil.example", "evil.example:8787", "localhost.evil.example", "127.0.0.1.nip.io", ""]) {
        expect((await get("/", { host })).status).toBe(403);
      }
      for (const host of ["localhost", "LOCALHOST:8787", "127.0.0.1:8787", "[::1]:8787"]) {
        expect((await get("/", { host })).status).toBe(200);
      }
      const ask = (config: Partial<Config>, host: string) => appWith(config).request(origin, { headers: { host } });
      expect((await ask({ host: "0.0.0.0" }, "papers.example")).status).toBe(200);
      expect((await ask({ host: "0.0.0.0", allowedHosts: ["papers.example"] }, "papers.example")).status).toBe(200);
      expect((await ask({ host: "0.0.0.0", allowedHosts: ["papers.example"] }, "evil.example")).status).toBe(403);
    });

    it("takes no long body", async () => {
      const answer = await post(`${nfe}/runs`, { model: "x".repeat(20_000) });
      expect(answer.status).toBe(413);
      expect(await answer.text()).toContain("That is too long");
    });

    it("says so when a body is no form, and when an address cannot be read", async () => {
      const answer = await appWith().request(`${origin}${nfe}/runs`, {
        method: "POST",
        body: "--x",
        headers: { host: "localhost:8787", origin, "content-type": "multipart/form-data; boundary=y" },
      });
      expect(answer.status).toBe(400);
      expect(await answer.text()).toContain("That could not be read");
      for (const path of ["/%E0%A4%A", "/papers/%E0%A4%A", "/runs/%FF", "/date/%"])
        expect((await get(path)).status).toBe(404);
    });

    it("goes back to its own pages only after the colours were chosen", async () => {
      const paths = {
        "/papers/2409.19977": "/papers/2409.19977",
        "//evil.example": "/",
        "/\\evil.example": "/",
        "https://evil.example": "/",
      };
      for (const [from, to] of Object.entries(paths)) {
        const answer = await post("/theme", { theme: "dark", from });
        expect(answer.headers.get("location")).toBe(to);
        expect(answer.headers.get("set-cookie")).toContain("theme=dark");
        expect(answer.headers.get("set-cookie")).toContain("HttpOnly; SameSite=Lax");
      }
      expect((await post("/theme", { theme: "<b>" })).headers.get("set-cookie")).toBeNull();
    });
  });

  it("keeps the colours that a reader chose", async () => {
    const html = await (await get("/", { cookie: "theme=dark" })).text();
    expect(html).toContain('<html lang="en" data-theme="dark">');
    expect(await (await get("/", { cookie: "theme=evil" })).text()).toContain('<html lang="en">');
  });

  it("serves style, script and fonts under names that change with their content, for ever", async () => {
    for (const path of Object.values(assetPaths)) {
      expect(path).toMatch(/\.[0-9a-f]{12}\.\w+$/);
      const answer = await get(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("cache-control")).toContain("immutable");
    }
    expect((await get("/assets/style.css")).status).toBe(404);
    expect((await get("/assets/..%2fstyle.css")).status).toBe(404);
    const zipped = await get(assetPaths.style, { "accept-encoding": "gzip" });
    expect(zipped.headers.get("content-encoding")).toBe("gzip");
  });

  it("says that it is well", async () => {
    expect(await (await get("/healthz")).json()).toEqual({ status: "ok" });
  });

  it("has a page of its own for what is not there, and for what broke", async () => {
    const missing = await get("/nope");
    expect(missing.status).toBe(404);
    expect(await missing.text()).toContain("There is no such page");

    const whole = database;
    database = usePostgres("postgres://127.0.0.1:1/nobody-listens");
    const answer = await get("/");
    await database.close();
    database = whole;
    expect(answer.status).toBe(500);
    const html = await answer.text();
    expect(html).toContain("Something broke here");
    expect(html).not.toMatch(/Error:|at async|node_modules/);
    expect(errors.splice(0)).toHaveLength(1);
  });
});
