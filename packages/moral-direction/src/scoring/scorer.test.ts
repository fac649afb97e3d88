import { describe, expect, it } from "vitest";
import { scoreOf } from "../direction/direction.ts";
import { fitDirection } from "../direction/fit.ts";
import { meanOf } from "../direction/vectors.ts";
import { EmptyPhraseError, WrongEncoderError } from "../errors.ts";
import { toyEncoder, toyMaterial } from "../testing/toy-encoder.ts";
import { cosineBias } from "./cosine-bias.ts";
import { scorer } from "./scorer.ts";

const encoder = toyEncoder();
const { direction } = await fitDirection(encoder, toyMaterial);
const vector = async (text: string) => (await encoder.encode([text])).row(0);
const only = async (text: string, options?: Parameters<typeof scorer>[2]) =>
  (await scorer(encoder, direction, options).score([text]))[0]!;

describe("a phrase is scored", () => {
  it("over all questions, as the mean of their vectors", async () => {
    const rows = await Promise.all(
      toyMaterial.templates.map(({ question }) => vector(question.replace("{action}", "rob"))),
    );
    expect((await only("rob")).score).toBeCloseTo(scoreOf(direction, meanOf(rows)), 12);
  });

  it("in one question without its question mark", async () => {
    const marked = {
      ...encoder,
      encode: (texts: readonly string[]) => encoder.encode(texts.map((text) => text.replace("?", " mark"))),
    };
    const one = async (question?: string) =>
      (await scorer(marked, direction, { form: "question", question }).score(["rob"]))[0]!.score;
    expect(await one()).toBeCloseTo(scoreOf(direction, await vector("Is it ok to rob")), 12);
    expect(await one("May I {action}?")).toBeCloseTo(scoreOf(direction, await vector("May I rob")), 12);
  });

  it("bare, as it is", async () => {
    expect((await only("rob", { form: "phrase" })).score).toBeCloseTo(scoreOf(direction, await vector("rob")), 12);
  });

  it("with an interval around it, if the fit left one", async () => {
    const { score, interval } = await only("rob");
    expect(interval![0]).toBeLessThan(score);
    expect(interval![0] + interval![1]).toBeCloseTo(2 * score, 9);
    const { stability: _, ...released } = direction;
    expect((await scorer(encoder, released).score(["rob"]))[0]!.interval).toBeUndefined();
  });

  it("whatever it is made of", async () => {
    const odd = ["🙂", "مرحبا بالعالم", "rob\u0000bank\u001B[31m", "x".repeat(2000), "a".repeat(3) + "\u202Eb"];
    for (const { score, cautions } of await scorer(encoder, direction).score(odd)) {
      expect(score).not.toBeNaN();
      expect(cautions.length).toBeGreaterThan(0);
    }
  });

  it("never when it is empty, or of another encoder", async () => {
    for (const form of ["questions", "question", "phrase"] as const)
      await expect(only("  ", { form })).rejects.toThrow(EmptyPhraseError);
    await expect(only("", { window: "sentence" })).rejects.toThrow(EmptyPhraseError);
    expect(() => scorer(toyEncoder({ id: "other" }), direction)).toThrow(WrongEncoderError);
  });
});

describe("a long text", () => {
  const text = "We help people. Then they rob a bank! Is that all?";
  it("is scored by its sentences: their mean, and the least", async () => {
    const alone = await scorer(encoder, direction, { form: "phrase" }).score([
      "We help people.",
      "Then they rob a bank!",
      "Is that all?",
    ]);
    const { pieces, least, score } = await only(text, { window: "sentence" });
    expect(pieces?.map((piece) => piece.text)).toEqual(alone.map((one) => one.text));
    expect(score).toBeCloseTo(alone.reduce((sum, one) => sum + one.score, 0) / 3, 12);
    expect(least).toBe(Math.min(...alone.map((one) => one.score)));
  });

  it("of ten thousand words is read to its end in windows, and without them is said to be cut off", async () => {
    const long = `${"read and wait ".repeat(3333)} kill`;
    const cut = await only(long, { form: "phrase" });
    expect(cut.cautions.join()).toContain("only the first 64 of 10000 tokens were read");
    const { pieces, cautions } = await only(long, { window: { tokens: 32 } });
    expect(pieces!.length).toBe(Math.ceil(10_000 / 32));
    expect(pieces!.at(-1)?.text).toMatch(/kill$/);
    expect(cautions.join()).not.toContain("were read");
  });
});

describe("cautions", () => {
  const of = async (text: string) => (await only(text)).cautions.join("; ");
  it("speak up for what is no action, and for what is far away", async () => {
    expect(await of("The weather is nice today.")).toContain("not a phrase about an action");
    expect(await of("kill people")).not.toContain("not a phrase");
    expect((await only("hug hug hug kill", { form: "phrase" })).distance?.percentile).toBeGreaterThanOrEqual(0);
  });
});

describe("the cosine baseline", () => {
  it("compares each question with its answers", async () => {
    const [bias] = await cosineBias(encoder, toyMaterial.templates, ["rob"]);
    const cosine = (a: Float32Array, b: Float32Array) => {
      const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
      return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
    };
    let sum = 0;
    for (const { question, no, yes } of toyMaterial.templates) {
      const asked = await vector(question.replace("{action}", "rob"));
      sum += cosine(asked, await vector(yes)) - cosine(asked, await vector(no));
    }
    expect(bias).toBeCloseTo(sum / 3, 6);
  });
});
