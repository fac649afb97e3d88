import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { finishRun, queueRun } from "../runs/run.queries.ts";
import { readDailyPapers } from "../sources/hugging-face.ts";
import { TestApp } from "../testing/apps.ts";
import { upsertPapers } from "./save-papers.ts";

const nfe = "2409.19977";

describe("a paper's page", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.open();
  });
  afterAll(async () => {
    await app.close();
    expect(app.errors).toEqual([]);
  });

  it("keeps its results, however many runs came to nothing since", async () => {
    const { db } = app.database;
    const form = { paperId: nfe, implementation: "knowledge-graph-embeddings", maxWaiting: 50 };
    const config = {
      dataset: "wordnet",
      model: "nfe-1",
      loss: "by-graph",
      dimension: 64,
      epochs: 5,
      learningRate: 0.01,
    };
    const start = async (minute: number) => {
      const now = new Date(Date.UTC(2026, 10, 23, 12, minute));
      const full = { ...config, gamma: 3, batchSize: 256, decay: 0.98, seed: 0 };
      return { id: (await queueRun(db, { ...form, config: full, now })).id, now };
    };
    const first = await start(0);
    await finishRun(db, first.id, { status: "completed", metrics: { mrr: 0.4321 } }, first.now);
    for (let minute = 1; minute <= 12; minute += 1) {
      const { id, now } = await start(minute);
      await finishRun(db, id, { status: "cancelled" }, now);
    }
    const html = await app.text(`/papers/${nfe}`);
    const results = html.slice(html.indexOf("Results recorded here"));
    expect(results).toContain(`href="/runs/${first.id}"`);
    expect(results).toContain(".432");
  });

  it("names who submitted it where it came from, as its card does", async () => {
    const item = {
      paper: {
        id: "2607.00001",
        title: "T",
        summary: "A",
        authors: [{ name: "Ada Example" }],
        publishedAt: "2026-07-01T00:00:00.000Z",
      },
      submittedBy: { user: "<b>someone" },
    };
    const { papers } = readDailyPapers([item], "2026-07-02");
    await app.database.db.transaction().execute((trx) => upsertPapers(trx, papers, { source: "huggingface" }));
    expect(await app.text("/papers/2607.00001")).toContain("submitted by &lt;b&gt;someone on Hugging Face");
    expect(await app.text("/date/2026-07-02")).toContain("Submitted by &lt;b&gt;someone on Hugging Face");
  });

  it("leads to the versions of the paper and to the ways to read it", async () => {
    const known = { title: "T", abstract: "A", authors: ["Ada Example"], publishedOn: "2024-01-02" };
    const papers = [
      { ...known, id: "2401.00001", version: 3, revisedAt: new Date("2024-03-01T00:00:00Z") },
      { ...known, id: "2401.00002", version: 9 },
      { ...known, id: "hep-th/9901001", version: 1, publishedOn: "1999-01-01" },
    ];
    await app.database.db.transaction().execute((trx) => upsertPapers(trx, papers, { source: "arxiv" }));
    const versions = async (id: string) =>
      [...(await app.text(`/papers/${encodeURIComponent(id)}`)).matchAll(/arxiv\.org\/abs\/[^"]*v(\d+)"/g)].map(
        ([, v]) => v,
      );
    expect(await versions("2401.00001")).toEqual(["3", "2", "1"]);
    expect(await versions("2401.00002")).toEqual(["9", "8", "7", "6", "5", "1"]);
    expect(await versions("hep-th/9901001")).toEqual(["1"]);
    expect(await versions(nfe)).toEqual([]);
    expect(await app.text("/papers/2401.00001")).toMatch(/revised <time datetime="2024-03-01/);
    expect(await app.text("/papers/2401.00001")).toContain("https://arxiv.org/html/2401.00001");
    expect(await app.text("/papers/hep-th%2F9901001")).not.toContain("arxiv.org/html");
  });
});
