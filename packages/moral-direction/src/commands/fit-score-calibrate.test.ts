import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RunFolderOccupiedError, UsageError } from "@offprint/experiment";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readDirection, writeDirection } from "../direction/artefact.ts";
import { fitDirection } from "../direction/fit.ts";
import { EmptyPhraseError, TooFewVerbsError, WrongEncoderError } from "../errors.ts";
import { runCommand } from "../testing/run-command.ts";
import { toyEncoder, toyMaterial } from "../testing/toy-encoder.ts";
import { calibrateCommand } from "./calibrate.ts";
import { fitCommand } from "./fit.ts";
import { scoreCommand } from "./score.ts";

let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "offprint-moral-"));
  await writeDirection(at("toy.json"), (await fitDirection(toyEncoder(), toyMaterial)).direction);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("moral score", () => {
  it("gives an array of phrases, each with its score", async () => {
    const { stdout } = await runCommand(scoreCommand, "kill time", "kill people", "--json");
    const [time, people] = JSON.parse(stdout) as Record<string, unknown>[];
    expect(time).toMatchObject({ phrase: "kill time" });
    expect(people).toMatchObject({ phrase: "kill people" });
    expect(time!["score"]).toBeGreaterThan(people!["score"] as number);
    expect(people).toHaveProperty("interval");
    expect(people).toHaveProperty("cautions");
  });

  it("tells people what a score is worth", async () => {
    const { stdout } = await runCommand(
      scoreCommand,
      "help a stranger",
      "The sun is hot.",
      "--form",
      "phrase",
      "--baseline",
    );
    expect(stdout).toMatch(/^score +95 % interval +cosine +phrase\n[+−]\d\.\d\d/);
    expect(stdout).toContain(
      "not a phrase about an action, which is what the direction was fitted on: The sun is hot.",
    );
    expect(stdout).toContain(
      "English only; it measures what texts say, mixes liking with morality, and zero is not calibrated",
    );
  });

  it("reads a file line by line, in windows, and draws it", async () => {
    await writeFile(at("texts.txt"), "\uFEFFWe helped him. Then they robbed a bank.\r\n\r\nhug a friend\n");
    const words = ["--file", at("texts.txt"), "--window", "sentence", "--svg", at("texts.svg"), "--json"];
    const [first, second, ...none] = JSON.parse((await runCommand(scoreCommand, ...words)).stdout) as Record<
      string,
      unknown
    >[];
    expect(none).toEqual([]);
    expect(first!["pieces"]).toHaveLength(2);
    expect(second).toMatchObject({ phrase: "hug a friend", pieces: [{ text: "hug a friend" }] });
    expect(await readFile(at("texts.svg"), "utf8")).toContain("hug a friend");
  });

  it("shows control characters harmlessly", async () => {
    const { stdout } = await runCommand(scoreCommand, "kill\u001B[31m time");
    expect(stdout).not.toContain("\u001B");
  });

  it("refuses nothing, an empty phrase, a file that is not there, and another encoder's direction", async () => {
    await expect(runCommand(scoreCommand)).rejects.toThrow(UsageError);
    await expect(runCommand(scoreCommand, "")).rejects.toThrow(EmptyPhraseError);
    await expect(runCommand(scoreCommand, "--file", at("none.txt"))).rejects.toThrow(/none\.txt cannot be read/);
    await expect(runCommand(scoreCommand, "hug", "--question", "Really?")).rejects.toThrow(/no \{action\} in it/);
    const both = runCommand(scoreCommand, "hug", "--question", "May I {action}?", "--form", "phrase");
    await expect(both).rejects.toThrow(/goes with --form question, not with --form phrase/);
    await expect(runCommand(scoreCommand, "hug", "--direction", at("toy.json"))).rejects.toThrow(
      /encoder toy: name it/,
    );
    const foreign = runCommand(scoreCommand, "hug", "--direction", at("toy.json"), "--encoder", "use-lite");
    await expect(foreign).rejects.toThrow(WrongEncoderError);
  });
});

describe("moral fit", () => {
  it("writes a direction that score reads, its figures, and what people say to it", async () => {
    const { neutral: _, ...few } = toyMaterial.verbs;
    await writeFile(at("verbs.json"), JSON.stringify({ ...toyMaterial, verbs: few }));
    await writeFile(
      at("study.csv"),
      "action,question,human_score\nhelp people,Should I,0.9\nkill people,Should I,-1\nrob a bank,,-0.8\nread a book,May I,0.7\nhug a tree,,0.5\n",
    );
    const words = ["--verbs", at("verbs.json"), "--study", at("study.csv"), "--out", at("own")];
    const { stdout } = await runCommand(fitCommand, ...words, "--json");
    const events = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.at(-1)).toMatchObject({ type: "finished", outcome: "completed" });
    const report = JSON.parse(await readFile(at("own/report.json"), "utf8")) as Record<string, unknown>;
    expect(report).toMatchObject({ verbs: 8, templates: 3, contexts: 5 });
    const agreements = report["agreements"] as { form: string; r: number; interval: number[]; n: number }[];
    expect(agreements.map(({ form }) => form)).toEqual(["questions", "question", "phrase", "cosine"]);
    expect(agreements[0]).toMatchObject({ n: 5 });
    expect(agreements[0]!.interval[1]).toBeGreaterThan(agreements[0]!.r);
    expect((await readdir(at("own/figures"))).toSorted()).toEqual(["phrases.svg", "study-study.svg", "verbs.svg"]);
    expect((await readdir(at("own"))).toSorted()).toEqual([
      "config.json",
      "direction.json",
      "figures",
      "metrics.jsonl",
      "record.json",
      "report.json",
    ]);
    expect((await readDirection(at("own"))).actions).toHaveLength(8);
    const scored = await runCommand(scoreCommand, "kill people", "--direction", at("own"), "--json");
    expect((JSON.parse(scored.stdout) as { score: number }[])[0]!.score).toBeLessThan(0);
  });

  it("takes verbs from the command line, and fewer questions, but not beside a file", async () => {
    const words = ["--good", "help", "thank", "share", "--bad", "rob", "betray", "bully", "--questions", "2"];
    await runCommand(fitCommand, ...words, "--out", at("few"));
    const { actions, templates } = await readDirection(at("few"));
    expect(actions.filter(({ group }) => group !== "neutral").map(({ text }) => text)).toEqual(
      words.filter((word) => /^[a-z]+$/.test(word)),
    );
    expect(templates).toHaveLength(2);
    const both = runCommand(fitCommand, ...words, "--verbs", at("verbs.json"), "--out", at("both"));
    await expect(both).rejects.toThrow(/either in --verbs FILE or in --good/);
  });

  it("begins anew where it was interrupted, and nowhere else", async () => {
    const words = ["--good", "help", "thank", "--bad", "rob", "betray", "--questions", "1", "--out", at("again")];
    await mkdir(at("again"));
    const config = { schema: "offprint.moral.fit", schemaVersion: 1, config: {} };
    await writeFile(at("again/config.json"), JSON.stringify(config));
    await expect(runCommand(fitCommand, ...words)).rejects.toThrow(RunFolderOccupiedError);
    await runCommand(fitCommand, ...words, "--resume");
    expect((await readDirection(at("again"))).templates).toHaveLength(1);
    await expect(runCommand(fitCommand, ...words, "--resume")).rejects.toThrow(/complete/);
  });

  it("refuses one verb, before it writes anything", async () => {
    await writeFile(at("one.json"), JSON.stringify({ verbs: { good: ["help"], bad: [] } }));
    const fit = runCommand(fitCommand, "--verbs", at("one.json"), "--out", at("one-direction"));
    await expect(fit).rejects.toThrow(TooFewVerbsError);
    expect(await readdir(folder)).not.toContain("one-direction");
  });
});

describe("moral calibrate", () => {
  it("chooses a threshold from two files, and draws the curve", async () => {
    const objects = Array.from({ length: 24 }, (_, index) => `the ${index + 2} people next door`);
    await writeFile(at("clean.txt"), objects.map((one) => `thank ${one}`).join("\n"));
    await writeFile(at("toxic.txt"), objects.map((one) => `murder ${one}`).join("\n"));
    const words = ["--clean", at("clean.txt"), "--toxic", at("toxic.txt"), "--svg", at("roc.svg")];
    const { stdout } = await runCommand(calibrateCommand, ...words, "--json");
    const found = JSON.parse(stdout) as { threshold: number; judged: { auc: { share: number; n: number } } };
    expect(found.judged.auc).toMatchObject({ share: 1, n: 24 });
    expect(await readFile(at("roc.svg"), "utf8")).toContain("share of clean texts removed");
    expect((await runCommand(calibrateCommand, ...words)).stdout).toContain(`threshold ${found.threshold.toFixed(4)}`);
  });

  it("wants one file or two", async () => {
    await expect(runCommand(calibrateCommand, "--clean", at("clean.txt"))).rejects.toThrow(UsageError);
    await expect(runCommand(calibrateCommand)).rejects.toThrow(/--data FILE of labelled texts, or both/);
  });
});
