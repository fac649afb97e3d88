import { cpSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "./config.ts";
import { openSite, type Site } from "./site.ts";
import { makeSeededFolder } from "./testing/databases.ts";
import { temporaryFolder } from "./testing/sites.ts";

const host = "localhost";
const origin = `http://${host}`;

describe("a run of the real command, from the form to the answers", { timeout: 300_000 }, () => {
  const data = temporaryFolder();
  const errors: unknown[] = [];
  let site: Site;
  let path = "";

  const get = async (address: string) => (await site.request(address, { headers: { host } })).text();
  const textOf = async (address: string) => (await get(address)).replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ");
  const post = async (address: string, form: Record<string, string> = {}) =>
    site.request(address, { method: "POST", body: new URLSearchParams(form), headers: { host, origin } });
  const until = async (wanted: RegExp): Promise<string> => {
    for (;;) {
      const text = await textOf(path);
      if (wanted.test(text)) return text;
      if (text.includes("The run failed")) throw new Error(text);
      await sleep(250);
    }
  };

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

  it("starts, is cancelled, and goes on to the end", async () => {
    const started = await post("/papers/2409.19977/runs", { dimension: "16", epochs: "3", batchSize: "1024" });
    expect(started.status).toBe(303);
    path = started.headers.get("location") ?? "";
    await until(/step \d+ of \d+ · .* left/);
    await post(`${path}/cancel`);
    await post(`${path}/cancel`);
    expect(await until(/The run was cancelled/)).toContain("Its last checkpoint is kept");
    await post(`${path}/resume`);
    const text = await until(/Ask what it learned/);
    expect(text).toMatch(/MRR \.\d{3} \.\d{3} to \.\d{3}/);
    expect(text).toContain("Judged on the");
    expect(text).toContain("NFE-1 on WordNet");
    expect(text).toContain("onnxruntime");
    expect(text).toMatch(/resumed 1 time/);
  });

  it("answers in both directions, with probability and spread", async () => {
    for (const find of ["tail", "head"]) {
      const text = await textOf(`${path}?find=${find}&words=dog.n.01&relation=hypernym`);
      expect(text).toMatch(find === "tail" ? /dog is a kind of \?/ : /\? is a kind of dog/);
      expect(text).toMatch(/Rank Answer Probability Spread 1 /);
      expect(text).toMatch(/wider than \d+\s%/);
    }
  });

  it("names near matches of what the graph does not have, and suggests names", async () => {
    expect(await textOf(`${path}?words=dogg.n.01&relation=hypernym`)).toContain(
      "The graph has no “dogg.n.01”. These come near:",
    );
    const suggested: unknown = JSON.parse(await get(`${path}/suggest?text=dog`));
    expect(suggested).toContainEqual(expect.objectContaining({ value: "dog.n.01" }));
  });

  it("tells the rules that it learned", async () => {
    expect(await textOf(`${path}/parts/rules`)).toMatch(/Relation Rule Verdict Evidence|No rule was found/);
  });
});
