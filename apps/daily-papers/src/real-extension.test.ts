import { cpSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "./config.ts";
import { openSite, type Site } from "./site.ts";
import { makeSeededFolder } from "./testing/databases.ts";
import { temporaryFolder } from "./testing/sites.ts";

const host = "localhost";
const origin = `http://${host}`;

describe("a real extension of the embedded model, from the form to what it writes", { timeout: 300_000 }, () => {
  const data = temporaryFolder();
  const errors: unknown[] = [];
  let site: Site;
  let path = "";

  const request = (address: string) => site.request(address, { headers: { host } });
  const plain = (html: string) => html.replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ");
  const post = (address: string, form: Record<string, string>) =>
    site.request(address, { method: "POST", body: new URLSearchParams(form), headers: { host, origin } });

  beforeAll(async () => {
    cpSync(await makeSeededFolder(), data.folder, { recursive: true });
    site = await openSite({
      config: { ...readConfig({}), dataFolder: data.folder },
      onError: (error) => errors.push(error),
      onLost: () => errors.push(new Error("lost")),
    });
  });
  afterAll(async () => {
    await site.close();
    data.remove();
    expect(errors).toEqual([]);
  });

  it("tells time and memory before it starts", async () => {
    const text = plain(await (await request("/papers/2309.12307/run-preview?steps=2")).text());
    expect(text).toMatch(/About .* of memory on this machine\./);
  });

  it("trains with sparse attention and judges before and after with full attention", async () => {
    const form = { context: "384", group: "96", steps: "3", batchSize: "1" };
    const started = await post("/papers/2309.12307/runs", form);
    expect(started.status).toBe(303);
    path = started.headers.get("location") ?? "";
    let text = "";
    for (; !text.includes("Perplexity at 384 tokens"); text = plain(await (await request(path)).text())) {
      if (text.includes("The run failed")) throw new Error(text);
      await sleep(500);
    }
    expect(text).toMatch(/before [\d,.]+ [\d,.]+ to [\d,.]+ the model as it came after [\d,.]+ /);
    expect(text).toContain("Finding a hidden number");
    expect(text).toContain("adapter/adapter_model.safetensors");
    expect(text).toMatch(/full attention: from \d/);
    expect(text).toMatch(/as in training: from \d/);
    const metrics = await (await request(`${path}/files/adapter/adapter_config.json`)).json();
    expect(metrics).toMatchObject({ peft_type: "LORA", r: 8 });
  });

  it("lets the model as it came and the extended one write", async () => {
    const html = await (await post(path, { prompt: "The captain", tokens: "12" })).text();
    const written = [...html.matchAll(/<p class="written">(.*?)<\/p>/gs)].map(([, text]) => plain(text ?? "").trim());
    expect(written).toHaveLength(2);
    for (const text of written) {
      expect(text).toMatch(/^The captain/);
      expect(text.length).toBeGreaterThan("The captain".length + 5);
    }
  });
});
