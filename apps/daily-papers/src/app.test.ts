import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { usePostgres } from "./database/database.ts";
import { assetPaths } from "./look/assets.ts";
import { newestRuns } from "./runs/run.queries.ts";
import { origin, TestApp } from "./testing/apps.ts";

const nfe = "/papers/2409.19977";

describe("the site", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.open();
  });
  afterAll(async () => {
    await app.close();
    expect(app.errors).toEqual([]);
  });

  describe("the feed", () => {
    it("shows the newest day with its three papers, their authors and dates", async () => {
      const html = await app.text("/");
      expect(html).toContain("<!doctype html>");
      expect(html).toMatch(/Tuesday, 10\u00A0December <span class="masthead-year">2024/);
      expect(html).toContain("by AK and the research community");
      expect(html).toContain("Knowledge Graph Embedding by Normalizing Flows");
      expect(html).toContain("Yukang Chen, Shengju Qian, Haotian Tang");
      expect(html).toContain("+ 4");
      expect(html).toContain("7 authors");
      expect(html).toContain("30 September 2024");
      expect(html.match(/<article/g)).toHaveLength(3);
      expect(html.match(/class="runs-here"/g)).toHaveLength(3);
    });

    it("snaps a day without papers to the one before, and refuses days that do not exist", async () => {
      const later = await app.get("/date/2024-12-25");
      expect([later.status, later.headers.get("location")]).toEqual([302, "/date/2024-12-10"]);
      expect((await app.get("/date/2024-12-10")).status).toBe(200);
      expect((await app.get("/date/2024-12-09")).status).toBe(404);
      for (const day of ["2024-02-30", "2025-13-40", "today", "2024-12-10T00:00", "%00"]) {
        expect((await app.get(`/date/${day}`)).status).toBe(404);
      }
    });

    it("weighs less than 100 kB with style and script", async () => {
      const bytes = await Promise.all(
        ["/", assetPaths.style, assetPaths.script].map(
          async (path) => (await (await app.get(path)).arrayBuffer()).byteLength,
        ),
      );
      expect(bytes.reduce((sum, size) => sum + size)).toBeLessThan(100_000);
      expect(bytes[2]).toBeLessThan(10_000);
    });
  });

  it("keeps no page for one who may be signed in", async () => {
    await app.get("/");
    const answer = await app.get("/", { cookie: `theme=dark; offprint=${"a".repeat(32)}` });
    expect(answer.headers.get("set-cookie")).toMatch(/^offprint=;/); // the session was looked for
  });

  describe("a paper's page", () => {
    it("has the abstract, the links, the citation and the form that runs it", async () => {
      const html = await app.text(nfe);
      expect(html).toContain("A key to knowledge graph embedding (KGE)");
      expect(html).toContain("https://arxiv.org/abs/2409.19977");
      expect(html).toContain("https://arxiv.org/pdf/2409.19977");
      expect(html).toContain("@misc{xiao2024knowledge");
      expect(html).toContain('action="/papers/2409.19977/runs"');
      expect(html.replaceAll(/<[^>]+>/g, "")).toContain("npx offprint kge train --dataset wordnet --model nfe-1");
    });

    it("runs nothing where there is nothing to run", async () => {
      expect(await app.text("/papers/2501.00001")).not.toContain('<form class="run-form"');
      expect((await app.post("/papers/2501.00001/runs", {})).status).toBe(404);
    });

    it("shows hostile titles and abstracts as text, formulas as MathML, and prices as prices", async () => {
      const html = await app.text("/papers/2501.00001");
      expect(html).not.toMatch(/<script>alert|<img src=x|<b>Bold|href="javascript/);
      expect(html).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
      expect(html).toContain('<mi mathvariant="script">O</mi>');
      expect(html).toContain("<msup><mi>x</mi><mn>2</mn></msup>");
      expect(html).toContain("Costs $5 to $10.");
      expect(html).toContain("Zoë &lt;b&gt;Bold&lt;/b&gt;");
    });

    it("answers 404 for ids that are none, whatever they hold", async () => {
      for (const id of ["9999.99999", "..%2F..%2Fetc%2Fpasswd", "%00", "a".repeat(3_000), "2409.19977'--"]) {
        expect((await app.get(`/papers/${id}`)).status).toBe(404);
      }
    });

    it("has a thumbnail that is the same at every request and escapes the title", async () => {
      const first = await app.get("/papers/2501.00001/thumbnail.svg");
      expect(first.headers.get("content-type")).toContain("image/svg+xml");
      const svg = await first.text();
      expect(svg).toContain("&lt;script&gt;");
      expect(await app.text("/papers/2501.00001/thumbnail.svg")).toBe(svg);
      expect(await app.text(`${nfe}/thumbnail.svg`)).not.toBe(svg);
    });
  });

  describe("starting a run", () => {
    it("queues it and goes to its page", async () => {
      const answer = await app.post(`${nfe}/runs`, { model: "nfe-2", dimension: "64", epochs: "5" });
      expect(answer.status).toBe(303);
      const [run] = await newestRuns(app.database.db, { most: 1 });
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
      const html = await app.text(`/runs/${run?.id}`);
      expect(html).toContain("NFE-2 on WordNet");
      expect(html).toContain("starts at once");
      const refreshing = await app.text(`/runs/${run?.id}?refresh=on`);
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
      const before = (await newestRuns(app.database.db, { most: 50 })).length;
      const answer = await app.post(`${nfe}/runs`, form);
      expect(answer.status).toBe(422);
      expect(await answer.text()).toContain(sentence);
      expect((await newestRuns(app.database.db, { most: 50 })).length).toBe(before);
    });

    it("shows time and command while one chooses, as a piece of the page", async () => {
      const html = await app.text(`${nfe}/run-preview?model=transe&dimension=32`);
      expect(html).toMatch(/About .* of memory on this machine\./);
      expect(html.replaceAll(/<[^>]+>/g, "")).toContain("--model transe --dimension 32");
      expect(await app.text(`${nfe}/run-preview?epochs=x`)).toContain("Epochs: enter");
    });

    it("keeps what one chose in the form of an address, for readers without script", async () => {
      expect(await app.text(`${nfe}?model=transe&dimension=32`)).toMatch(/<option value="transe" selected="">/);
    });

    it("turns the sixth that would wait down and says why", async () => {
      while ((await newestRuns(app.database.db, { most: 50 })).length < 5) await app.post(`${nfe}/runs`, {});
      const answer = await app.post(`${nfe}/runs`, { epochs: "7" });
      expect(answer.status).toBe(429);
      const html = await answer.text();
      expect(html).toContain("5 runs wait already");
      expect(html).toContain('name="epochs" aria-label="Epochs" value="7"');
    });
  });

  describe("a run's page", () => {
    it("cancels, twice without harm, and resumes", async () => {
      const [run] = await newestRuns(app.database.db, { most: 1 });
      for (let time = 0; time < 2; time += 1) {
        expect((await app.post(`/runs/${run?.id}/cancel`, {})).headers.get("location")).toBe(`/runs/${run?.id}`);
      }
      expect(await app.text(`/runs/${run?.id}`)).toContain("The run was cancelled");
      await app.post(`/runs/${run?.id}/resume`, {});
      expect(await app.text(`/runs/${run?.id}`)).toContain("data-live");
    });

    it("answers 404 for runs that are none", async () => {
      for (const path of [
        "aaaaaaaaaaaa",
        "..%2f..",
        "x",
        "aaaaaaaaaaaa/events",
        "x/suggest?text=a",
        "x/parts/rules",
        "x/files/model.safetensors",
      ]) {
        expect((await app.get(`/runs/${path}`)).status).toBe(404);
      }
      expect((await app.post("/runs/aaaaaaaaaaaa/cancel", {})).status).toBe(404);
      expect((await app.post("/runs/aaaaaaaaaaaa/resume", {})).status).toBe(404);
    });

    it("sends its news to so many readers and no more", async () => {
      const watched = app.with();
      const [run] = await newestRuns(app.database.db, { most: 1 });
      const watch = () => watched.request(`${origin}/runs/${run?.id}/events`, { headers: { host: "localhost:8787" } });
      const first = await watch();
      expect(first.headers.get("content-type")).toContain("text/event-stream");
      const reader = first.body?.getReader();
      const news = new TextDecoder().decode((await reader?.read())?.value);
      expect(news).toContain("event: picture");
      expect((await watch()).status).toBe(503);
      await reader?.cancel();
    });
  });

  it("keeps the colours that a reader chose", async () => {
    const html = await (await app.get("/", { cookie: "theme=dark" })).text();
    expect(html).toContain('<html lang="en" data-theme="dark">');
    expect(await (await app.get("/", { cookie: "theme=evil" })).text()).toContain('<html lang="en">');
    expect(await (await app.get("/", { cookie: "a=b; theme=dark" })).text()).toBe(html); // kept
    expect(await app.text("/")).toContain('<html lang="en">');
  });

  it("serves style, script and fonts under names that change with their content, for ever", async () => {
    for (const path of Object.values(assetPaths)) {
      expect(path).toMatch(/\.[0-9a-f]{12}\.\w+$/);
      const answer = await app.get(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("cache-control")).toContain("immutable");
    }
    expect((await app.get("/assets/style.css")).status).toBe(404);
    expect((await app.get("/assets/..%2fstyle.css")).status).toBe(404);
    const zipped = await app.get(assetPaths.style, { "accept-encoding": "gzip" });
    expect(zipped.headers.get("content-encoding")).toBe("gzip");
  });

  it("says that it is well", async () => {
    expect(await (await app.get("/healthz")).json()).toEqual({ status: "ok" });
  });

  it("has a page of its own for what is not there, and for what broke", async () => {
    const missing = await app.get("/nope");
    expect(missing.status).toBe(404);
    expect(await missing.text()).toContain("There is no such page");

    const nowhere = usePostgres("postgres://127.0.0.1:1/nobody-listens");
    const answer = await app.with({}, nowhere).request(origin, { headers: { host: "localhost" } });
    await nowhere.close();
    expect(answer.status).toBe(500);
    const html = await answer.text();
    expect(html).toContain("Something broke here");
    expect(html).not.toMatch(/Error:|at async|node_modules/);
    expect(app.errors.splice(0)).toHaveLength(1);
  });
});
