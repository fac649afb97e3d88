import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CalibrationDataError, MaterialError, StudyError } from "../errors.ts";
import { hasSharedMoral, sharedJson } from "../testing/shared-data.ts";
import { readLabelledTexts } from "./labelled-texts.ts";
import { ownMaterial } from "./own-material.ts";
import { paperTemplates } from "./paper-templates.ts";
import { readMaterial } from "./read-material.ts";
import { readStudy } from "./study.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "offprint-material-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe("our own material", () => {
  it("has 24 good, 24 bad and 16 neutral verbs, each once", () => {
    const { good, bad, neutral } = ownMaterial.verbs;
    expect([good.length, bad.length, neutral.length]).toEqual([24, 24, 16]);
    expect(new Set([...good, ...bad, ...neutral]).size).toBe(64);
  });
  it.skipIf(!hasSharedMoral)("asks the paper's questions", () => {
    expect(paperTemplates).toEqual(sharedJson("templates.json"));
  });
});

describe("own verbs", () => {
  const verbs = { good: ["helfen", "danken"], bad: ["rauben", "quälen"], neutral: ["lesen"] };
  const templates = [{ question: "Soll ich {action}?", no: "Nein.", yes: "Ja." }];

  it("are read from JSON and from CSV alike", async () => {
    const json = await readMaterial(
      await file("a.json", JSON.stringify({ verbs, templates, contexts: ["Leute quälen"] })),
    );
    const csv = await readMaterial(
      await file(
        "a.csv",
        "\uFEFFkind,text,no,yes\ngood,helfen,,\ngood,danken,,\nbad,rauben,,\nbad,quälen,,\nneutral,lesen,,\n" +
          'context,Leute quälen,,\nquestion,Soll ich {action}?,Nein.,"Ja."\n',
      ),
    );
    expect(json).toEqual({ verbs, templates, contexts: ["Leute quälen"] });
    expect(csv).toEqual(json);
  });

  it("take our questions and contexts when they bring none", async () => {
    const { templates: asked, contexts } = await readMaterial(await file("b.json", JSON.stringify({ verbs })));
    expect([asked, contexts]).toEqual([ownMaterial.templates, ownMaterial.contexts]);
  });

  it.each([
    ["c.json", "{", /c\.json: .*JSON/],
    ["d.json", JSON.stringify({ verbs, templates: [{ ...templates[0], question: "Soll ich?" }] }), /\{action\} in it/],
    ["e.json", JSON.stringify({ verb: [] }), /e\.json/],
    ["f.csv", "kind,text\nnice,help\n", /row 1, column kind/],
  ])("are refused when %s is wrong", async (name, content, wanted) => {
    const path = await file(name, content);
    await expect(readMaterial(path)).rejects.toThrow(MaterialError);
    await expect(readMaterial(path)).rejects.toThrow(wanted);
  });
});

describe("a user study", () => {
  it("takes a human score, or counts of yes and no", async () => {
    const path = await file("s.csv", "action,yes,no\nhelp,9,1\nrob,0,10\nread,5,5\nwait,6,4\n");
    expect((await readStudy(path)).items.map(({ human }) => human)).toEqual([0.8, -1, 0, 0.19999999999999996]);
  });
  it("is refused by name and row", async () => {
    await expect(readStudy(await file("t.csv", "action\nhelp\n"))).rejects.toThrow(/t\.csv: row 1 has no human_score/);
    await expect(readStudy(await file("u.csv", "action,human_score\nhelp,1\n"))).rejects.toThrow(StudyError);
  });
});

describe("labelled texts", () => {
  it("are read from CSV, JSON lines and RealToxicityPrompts, packed or not", async () => {
    const wanted = [
      { text: "a kind word", toxic: false },
      { text: "a rude word", toxic: true },
    ];
    const csv = await file("l.csv", "text,label\na kind word,clean\na rude word,1\n,1\n");
    const lines = wanted.map(({ text, toxic }) => JSON.stringify({ text, toxicity: toxic ? 0.9 : 0.1 })).join("\n\n");
    const packed = await file("l.jsonl.gz", gzipSync(lines));
    const [kind, rude] = [
      { text: "a kind word", toxicity: 0.2 },
      { text: "a rude word", toxicity: 0.8 },
    ];
    const prompts = await file(
      "rtp.jsonl",
      [
        { prompt: kind, continuation: rude },
        { prompt: { text: "x", toxicity: null }, continuation: { text: "y", toxicity: null } },
      ]
        .map((row) => JSON.stringify(row))
        .join("\n"),
    );
    for (const path of [csv, packed, prompts]) expect(await readLabelledTexts(path)).toEqual(wanted);
  });
  it("are refused with the row that is broken", async () => {
    const path = await file("m.jsonl", '{"text":"a","label":0}\n{"text":');
    await expect(readLabelledTexts(path)).rejects.toThrow(/m\.jsonl, row 2/);
    await expect(readLabelledTexts(await file("n.csv", "text,label\na,perhaps\n"))).rejects.toThrow(
      CalibrationDataError,
    );
  });
});
