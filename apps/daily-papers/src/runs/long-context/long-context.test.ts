import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { finishRun, newestRuns } from "../run.queries.ts";
import { runFolder } from "../run.worker.ts";
import { TestApp } from "../../testing/apps.ts";
import { temporaryFolder } from "../../testing/sites.ts";
import { finetuneCommandLine, finetuneWords } from "./command-line.ts";
import { SideBySide } from "./continuation.tsx";
import { attentionNames } from "./mask-choice.ts";
import { defaultValues, methodNames, numberFields, readSettings, settingsSchema, type Settings } from "./settings.ts";
import { foldersIn, listModels, listTexts } from "./sources.ts";
import { generateWords, type Writer, type Written } from "./writer.ts";

const paper = "/papers/2309.12307";
const data = temporaryFolder();
afterAll(data.remove);

/** The settings of an untouched form. */
const defaults = (): Settings => settingsSchema.parse(Object(readSettings({})).config);
const textOf = (html: string) => html.replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ");

describe("the page's settings", () => {
  it("know the package's kinds of attention and methods", async () => {
    const { attentionKinds, methods } = await import("@offprint/long-context-lora");
    expect([...attentionNames].toSorted()).toEqual([...attentionKinds].toSorted());
    expect([...methodNames].toSorted()).toEqual([...methods].toSorted());
  });

  it.each([
    [{ group: "2048" }, "group", "no group is larger than the context"],
    [{ group: "63" }, "group", "enter an even number"],
    [{ context: "1e9" }, "context", "enter a whole number from 64 to 8192"],
    [{ steps: "0" }, "steps", "enter a whole number from 1 to 1000"],
    [{ attention: "flash" }, "attention", "Choose one of the kinds"],
    [{ method: "--out" }, "method", "Choose what is trained"],
    [{ model: "../../etc" }, "model", "Choose one of the models"],
    [{ text: "/etc/passwd" }, "text", "Choose one of the texts"],
  ])("turn %j down beside the field", (form, field, sentence) => {
    const reading = readSettings(form);
    expect(reading.ok).toBe(false);
    if (!reading.ok) expect(reading.problems[field]).toContain(sentence);
  });

  it("do not mind the group where there is none", () => {
    expect(readSettings({ attention: "full", group: "4097" }).ok).toBe(true);
  });
});

describe("the command", () => {
  it("is the same on the page and in the process, but for the place of things", () => {
    const typed = finetuneCommandLine({ ...defaults(), model: "mine", text: "novel.txt" });
    expect(typed).toContain("npx offprint longlora finetune --model data/models/mine --text data/texts/novel.txt");
    expect(typed).toMatch(/ --out mine-1024$/);
    const words = finetuneWords({ ...defaults(), model: "mine" }, foldersIn("/srv/data"));
    expect(words.slice(0, 4)).toEqual(["longlora", "finetune", "--model", "/srv/data/models/mine"]);
    expect(finetuneWords({ ...defaults(), attention: "full" }, foldersIn("/srv")).join(" ")).not.toContain("--group");
  });
});

describe("the words of every command", () => {
  const parse = async (words: readonly string[]): Promise<unknown> => {
    const [{ longloraCommands }, { parseArguments }] = await Promise.all([
      import("@offprint/long-context-lora"),
      import("@offprint/experiment"),
    ]);
    const command = longloraCommands.commands.find(({ name }) => name === words.slice(0, 2).join(" "));
    if (command === undefined) throw new Error(`no command ${words.join(" ")}`);
    return parseArguments(command, words.slice(2));
  };

  it.each(attentionNames)("are understood by the command line itself, attention %s", async (attention) => {
    const settings: Settings = { ...defaults(), attention, method: "full" };
    const words = [...finetuneWords(settings, foldersIn("/srv/data")), "--out", "run", "--json", "--resume"];
    const { model, text, group, ...others } = settings;
    expect(await parse(words)).toMatchObject({
      ...others,
      ...(attention === "full" ? {} : { group }),
      judge: [256, 512, 1024],
      passkey: [512, 1024],
      allowLeak: attention === "paper-wrap",
    });
    expect([model, text]).toEqual(["novels-1m", "moby-dick"]);
  });

  it("are understood where a model is to write", async () => {
    const task = { model: "m", adapter: "a", prompt: "--help 'x'\n", tokens: 5, seed: 1 };
    const { tokens: maxTokens, ...others } = task;
    expect(await parse([...generateWords(task), "--json"])).toMatchObject({ ...others, maxTokens, temperature: 0.8 });
  });
});

describe("models and texts", () => {
  it("are ours and the admin's that look like such", async () => {
    const write = (path: string) => {
      mkdirSync(join(data.folder, path, ".."), { recursive: true });
      writeFileSync(join(data.folder, path), "");
    };
    for (const file of ["config.json", "model.safetensors"]) write(`models/tiny/${file}`);
    for (const file of ["config.json", "model.safetensors.index.json"]) write(`models/sharded/${file}`);
    write("models/half/config.json");
    write("models/.hidden/config.json");
    for (const file of ["a.txt", "b.jsonl.gz", "c.pdf", ".d.txt"]) write(`texts/${file}`);
    const folders = foldersIn(data.folder);
    expect((await listModels(folders)).map(({ name }) => name)).toEqual(["novels-1m", "sharded", "tiny"]);
    expect((await listTexts(folders)).map(({ title }) => title)).toEqual(["Moby-Dick", "a", "b"]);
    expect((await listModels(foldersIn("/no/such"))).map(({ name }) => name)).toEqual(["novels-1m"]);
  });
});

describe("the pages", () => {
  let app: TestApp;
  let run: string;
  beforeAll(async () => {
    app = await TestApp.open();
    await app.post(`${paper}/runs`, {});
    const [queued] = await newestRuns(app.database.db, { most: 1 });
    const id = queued?.id ?? "";
    run = `/runs/${id}`;
    await finishRun(app.database.db, id, { status: "completed", metrics: { perplexity: 41.5 } }, new Date());
    const folder = runFolder(app.dataFolder, id);
    mkdirSync(join(folder, "adapter"), { recursive: true });
    mkdirSync(join(folder, "evaluation"));
    writeFileSync(join(folder, "adapter", "adapter_config.json"), '{"r":8}');
    writeFileSync(join(folder, "secret.txt"), "secret");
    const report = { context: 1024, perplexity: 41.5, interval: [40, 43], tokens: 9000 };
    const perplexity = { schema: "longlora-perplexity", protocolText: "<b>strided</b>", contexts: [report] };
    writeFileSync(
      join(folder, "evaluation", "perplexity-strided.json"),
      JSON.stringify({ ...perplexity, base: [{ ...report, perplexity: 812, interval: null }] }),
    );
    writeFileSync(join(folder, "evaluation", "passkey.json"), "{ half a file");
  });
  afterAll(async () => {
    await app.close();
    expect(app.errors).toEqual([]);
  });

  it("explains the method by a drawing of the real masks, and how each row reads", async () => {
    const html = await app.text(paper);
    expect(html).toContain("How it works");
    expect(html.match(/type="radio"/g)).toHaveLength(16);
    expect(html).toContain(
      'aria-label="never, token 6, sees years ago never (4–6) with plain heads, and never (6) with shifted heads."',
    );
    expect(textOf(html)).toContain("No token sees a later one. Computed: 28 % of the pairs");
    expect(html).not.toContain("mask-warning");
  });

  it("draws the leak of the wrapped variant and says it", async () => {
    const html = await app.text(`${paper}?mask=paper-wrap&mask-tokens=24&mask-group=8`);
    expect(textOf(html)).toContain("in the shifted heads tokens 0–3 see tokens 20–23, which come later");
    expect(html).toMatch(/<path class="mask-leak" d="M/);
    expect(html).toContain("?mask=short&amp;mask-tokens=24&amp;mask-group=8#how");
  });

  it("draws the usual picture for an address that asks for what there is not", async () => {
    const html = await app.text(`${paper}?mask=%3Cscript%3E&mask-tokens=1e9&mask-group=0&x="><script>`);
    expect(html.match(/type="radio"/g)).toHaveLength(16);
    expect(html).not.toContain("<script>&");
    expect(html).not.toContain('"><script>');
  });

  it("keeps the run form's choices when another picture is chosen", async () => {
    expect(await app.text(`${paper}?steps=7`)).toMatch(/href="\?steps=7&amp;mask=full/);
  });

  it("offers the extension as a sentence of controls, with the command", async () => {
    const text = textOf(await app.text(paper));
    expect(text).toContain("npx offprint longlora finetune");
    expect(text).toContain("--context 1024");
    for (const name of Object.keys(defaultValues)) expect(await app.text(paper)).toContain(`name="${name}"`);
    expect(Object.keys(numberFields)).toContain("rank");
  });

  it("shows what came out, and passes over a file that is damaged", async () => {
    const html = await app.text(run);
    const text = textOf(html);
    expect(text).toContain("Perplexity at 1,024 tokens");
    expect(text).toContain("41.50");
    expect(text).toContain("812");
    expect(html).toContain("&lt;b&gt;strided");
    expect(text).not.toContain("Finding a hidden number");
  });

  it("lets both models go on, side by side, and shows what they write as text", async () => {
    const answer = await app.post(run, { prompt: "<img src=x onerror=alert(1)>", tokens: "40", writingSeed: "3" });
    const html = await answer.text();
    expect(answer.status).toBe(200);
    expect(html).not.toMatch(/<script>alert|<img src=x/);
    expect(textOf(html)).toContain("the base wrote 40 tokens with seed 3");
    expect(textOf(html)).toContain("the adapted one wrote 40 tokens with seed 3");
    expect(html).toContain("&lt;img src=x onerror=alert(1)&gt;</textarea>");
  });

  it.each([
    [{ prompt: "  " }, "Prompt: enter how the text begins."],
    [{ prompt: "a\0b" }, "Prompt: enter how the text begins."],
    [{ prompt: "a", tokens: "401" }, "Tokens: enter a whole number from 1 to 400."],
    [{ prompt: "a", tokens: "-1" }, "Tokens: enter a whole number from 1 to 400."],
    [{ prompt: "a", writingSeed: "x" }, "Seed: enter a whole number from 0 to 2147483647."],
    [{ prompt: "fail" }, "Nothing was written: the adapter is of another base"],
  ])("writes nothing for %j and says why", async (form, sentence) => {
    const html = await (await app.post(run, form)).text();
    expect(html).toContain(sentence);
    expect(html).not.toContain("the base wrote");
  });

  it("cuts a prompt that is too long to be typed", async () => {
    const html = await (await app.post(run, { prompt: "x".repeat(5000) })).text();
    expect(
      html
        .match(/x+/g)
        ?.map(({ length }) => length)
        .filter((length) => length > 20),
    ).toEqual([300, 300, 300]);
    expect((await app.post(run, { prompt: "x".repeat(20_000) })).status).toBe(413);
  });

  it("takes the form from its own pages only, and for runs that are done", async () => {
    expect((await app.post(run, { prompt: "a" }, { origin: "http://evil.example" })).status).toBe(403);
    await app.post(`${paper}/runs`, {});
    const [waiting] = await newestRuns(app.database.db, { most: 1 });
    expect((await app.post(`/runs/${waiting?.id}`, { prompt: "a" })).status).toBe(404);
  });

  it("gives the adapter's files away, and no other", async () => {
    const file = await app.get(`${run}/files/adapter/adapter_config.json`);
    expect(file.headers.get("content-disposition")).toBe('attachment; filename="adapter_config.json"');
    expect(await file.text()).toBe('{"r":8}');
    for (const name of ["secret.txt", "adapter/../secret.txt", "adapter%2f..%2fsecret.txt", "adapter", ""])
      expect((await app.get(`${run}/files/${name}`)).status).toBe(404);
  });

  it("knows no parts and no suggestions of this paper's results", async () => {
    expect((await app.get(`${run}/parts/rules`)).status).toBe(404);
    expect((await app.get(`${run}/parts/constructor`)).status).toBe(404);
    expect((await app.get(`${run}/suggest?text=a`)).status).toBe(404);
  });
});

describe("writing", () => {
  const pair = { before: { model: "base" }, after: { model: "base", adapter: "adapter" } };
  const sent = { prompt: "a", tokens: "1" };

  it("is for one reader at a time, and open to the next when done or failed", async () => {
    const waiting: ((written: Written) => void)[] = [];
    const slow: Writer = () => new Promise((resolve) => waiting.push(resolve));
    const both = new SideBySide(slow);
    const first = both.answer(sent, pair);
    expect((await both.answer(sent, pair)).refusal).toContain("Another reader’s text is being written");
    for (const finish of waiting) finish({ text: "b", reason: "length" });
    expect((await first).after?.text).toBe("b");
    void both.answer(sent, pair);
    expect(waiting).toHaveLength(4);

    const failing = new SideBySide(async () => {
      throw new Error("no memory");
    });
    for (let time = 0; time < 2; time += 1)
      expect((await failing.answer(sent, pair)).refusal).toBe("Nothing was written: no memory");
  });

  it("hands a prompt over as one word, whatever it begins with", () => {
    const task = { model: "m", adapter: "--json", prompt: "--help\n", tokens: 5, seed: 1 };
    expect(generateWords(task)).toEqual(expect.arrayContaining(["--adapter=--json", "--prompt=--help\n"]));
  });
});
