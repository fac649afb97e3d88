import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestApp } from "../../testing/apps.ts";
import { foldersIn } from "../long-context/sources.ts";
import { fitCommandLine, fitWords } from "./command-line.ts";
import { GuidedWriting } from "./guided.tsx";
import { guidedWords, type GuidedTask, type GuidedTexts } from "./guided-writer.ts";
import { Rater } from "./rater.ts";
import { rate } from "./rating.tsx";
import { defaultValues, readSettings, settingsSchema, verbsIn, type Settings } from "./settings.ts";

const paper = "/papers/2103.11790";
const verbs = { good: ["help", "look after"], bad: ["rob", "betray"] };
const defaults = defaultValues(verbs);
const settings: Settings = settingsSchema.parse({ good: "help, look after", bad: "rob, betray", questions: 3 });

describe("the page's verbs", () => {
  it("are read with commas or lines between them, and blanks left out", () => {
    expect(verbsIn(" help,\nlook after , ,rob")).toEqual(["help", "look after", "rob"]);
  });

  it.each([
    [{ good: "help" }, "good", "enter at least 2"],
    [{ good: "help, --out" }, "good", "plain words"],
    [{ bad: "rob, <b>x</b>" }, "bad", "plain words"],
    [{ bad: Array.from({ length: 61 }, (_, i) => `rob${"b".repeat(i % 30)}`).join() }, "bad", "at most 60"],
    [{ bad: "help, rob" }, "bad", "stands twice"],
    [{ questions: "11" }, "questions", "from 1 to 10"],
  ])("turn %j down beside the field", (form, field, sentence) => {
    const reading = readSettings(form, defaults);
    expect(reading.ok).toBe(false);
    if (!reading.ok) expect(reading.problems[field]).toContain(sentence);
  });
});

describe("the words of the commands", () => {
  const parse = async (words: readonly string[]): Promise<unknown> => {
    const [{ moralCommands }, { parseArguments }] = await Promise.all([
      import("@offprint/moral-direction"),
      import("@offprint/experiment"),
    ]);
    const command = moralCommands.commands.find(({ name }) => name === words.slice(0, 2).join(" "));
    if (command === undefined) throw new Error(`no command ${words.join(" ")}`);
    return parseArguments(command, words.slice(2));
  };

  it("are understood by the command line itself", async () => {
    expect(await parse([...fitWords(settings), "--out", "run", "--json"])).toMatchObject({ ...verbs, questions: 3 });
    const task: GuidedTask = { model: "m", direction: "d", prompt: "--out x", threshold: -0.5, tokens: 7, seed: 3 };
    expect(await parse([...guidedWords(task), "--audit=a", "--json"])).toMatchObject({
      prompt: "--out x",
      threshold: -0.5,
      maxTokens: 7,
      unguided: true,
    });
  });

  it("are typed as they are run, verbs of two words in quotes", () => {
    expect(fitCommandLine(settings)).toBe(
      'npx offprint moral fit --good help "look after" --bad rob betray --questions=3 --out runs/direction',
    );
  });
});

describe("phrases", () => {
  const rater = new Rater();
  afterAll(() => rater.close());

  it("are rated by the direction that comes along, among phrases of its fit", async () => {
    const { scores, known, problem } = await rate(rater, { phrases: "kill people\n\n help old people " });
    expect(problem).toBeUndefined();
    expect(scores.map(({ text }) => text)).toEqual(["kill people", "help old people"]);
    expect(scores[0]?.score).toBeLessThan(scores[1]?.score ?? NaN);
    expect(known.length).toBeGreaterThan(10);
  });

  it.each([
    ["\n \n", "at least one"],
    [Array.from({ length: 11 }, (_, i) => `walk ${i} miles`).join("\n"), "at most 10"],
    ["a".repeat(121), "at most 120 characters"],
  ])("are turned down with a sentence: %j", async (phrases, sentence) => {
    const { scores, problem } = await rate(rater, { phrases });
    expect(scores).toEqual([]);
    expect(problem).toContain(sentence);
  });
});

describe("guided writing", () => {
  const texts: GuidedTexts = { guided: " went home.", unguided: " went away.", tokens: [] };
  const given = { models: [{ name: "novels-1m", title: "Novels 1M" }], folders: foldersIn("/srv/data") };
  const sent = { prompt: "The stranger", guidedModel: "novels-1m", threshold: "0", tokens: "5", writingSeed: "1" };

  it("writes what was asked for, one reader at a time", async () => {
    let release: (() => void) | undefined;
    const tasks: GuidedTask[] = [];
    const writing = new GuidedWriting(async (task) => {
      tasks.push(task);
      await new Promise<void>((resolve) => (release = resolve));
      return texts;
    });
    const first = writing.answer(sent, { ...given, direction: "d.json" });
    expect((await writing.answer(sent, given)).refusal).toContain("Another reader");
    release?.();
    expect((await first).texts).toEqual(texts);
    expect(tasks).toMatchObject([{ prompt: "The stranger", threshold: 0, tokens: 5, seed: 1, direction: "d.json" }]);
  });

  it("turns down models that are not there, and says why nothing was written", async () => {
    const writing = new GuidedWriting(() => Promise.reject(new Error("no memory")));
    expect((await writing.answer({ ...sent, guidedModel: "../x" }, given)).form.problems).toHaveProperty("guidedModel");
    expect((await writing.answer({ ...sent, tokens: "999" }, given)).form.problems).toHaveProperty("tokens");
    expect((await writing.answer(sent, given)).refusal).toContain("no memory");
    expect((await writing.answer(undefined, given)).texts).toBeUndefined();
  });
});

describe("the paper's page", () => {
  let app: TestApp;
  beforeAll(async () => void (app = await TestApp.open()));
  afterAll(() => app.close());

  it("rates the phrases of its address, limits beside them, and shows no text of a model unasked", async () => {
    const html = await app.text(`${paper}?phrases=${encodeURIComponent("kill <b>people</b>\nhelp people")}`);
    expect(html).toContain("kill &lt;b&gt;people&lt;/b&gt;");
    expect(html).toContain("mixes morality with plain liking");
    expect(html).toContain("What people said");
    expect(html).not.toContain("Taken away, with its score");
  });

  it("hides the unguided text and what was taken away until one asks", async () => {
    const answer = await app.post(paper, { prompt: "The stranger", tokens: "3" });
    expect(answer.status).toBe(200);
    const html = await answer.text();
    expect(html).toContain(" wrote with guidance");
    expect(html).toMatch(/<details class="unasked"><summary>Show it[^<]*<\/summary>.*wrote without/s);
    expect(html).toMatch(/<details class="unasked"><summary>Show what was taken away.*struck/s);
  });
});
