import { describe, expect, it } from "vitest";
import { BrokenEmbeddingError } from "../encoders/errors.ts";
import { embeddingsOf, type Encoder } from "../encoders/encoder.ts";
import { DuplicateVerbError, EmptyPhraseError, NoVarianceError, TooFewVerbsError } from "../errors.ts";
import { toyEncoder, toyMaterial } from "../testing/toy-encoder.ts";
import { scoreOf, scoreOfPlaced } from "./direction.ts";
import { fitDirection } from "./fit.ts";
import { meanOf } from "./vectors.ts";

const encoder = toyEncoder();
const { direction, report } = await fitDirection(encoder, toyMaterial);
const scoreOfVerb = (text: string) =>
  scoreOfPlaced(
    direction,
    direction.actions.find((one) => one.text === text)!,
  );

describe("a direction", () => {
  it("puts good verbs above zero and bad ones below", () => {
    for (const { text, group } of direction.actions) {
      if (group === "good") expect(scoreOfVerb(text)).toBeGreaterThan(0);
      if (group === "bad") expect(scoreOfVerb(text)).toBeLessThan(0);
    }
    expect(report).toMatchObject({ auc: expect.arrayContaining([1]) as unknown, warnings: [] });
  });

  it("keeps its sense when good and bad change places, which changes what they are called", async () => {
    const { good, bad, neutral } = toyMaterial.verbs;
    const { direction: swapped } = await fitDirection(encoder, {
      ...toyMaterial,
      verbs: { good: bad, bad: good, neutral },
    });
    const kill = swapped.actions.find(({ text }) => text === "kill")!;
    expect(scoreOfPlaced(swapped, kill)).toBeCloseTo(-scoreOfVerb("kill"), 6);
  });

  it("scores the farthest context phrase ±1, and none beyond", () => {
    const scores = direction.contexts.map((context) => Math.abs(scoreOfPlaced(direction, context)));
    expect(Math.max(...scores)).toBeCloseTo(1, 12);
    expect(direction.contexts[scores.indexOf(Math.max(...scores))]?.text).toBe(report.normPhrase);
  });

  it("scores the mean of a verb's questions as it scored the verb in the fit", async () => {
    const texts = toyMaterial.templates.map(({ question }) => question.replace("{action}", "stab"));
    const vectors = await encoder.encode(texts);
    expect(scoreOf(direction, meanOf(texts.map((_, i) => vectors.row(i))))).toBeCloseTo(scoreOfVerb("stab"), 12);
  });

  it("tells how far each verb and question, left out, turns it", () => {
    expect(report.stability.verbs.map(({ without }) => without)).toEqual(direction.actions.map(({ text }) => text));
    expect(report.stability.templates).toHaveLength(3);
    for (const { degrees } of [...report.stability.verbs, ...report.stability.templates])
      expect(degrees).toBeLessThan(20);
    const last = toyMaterial.verbs.neutral.length - 1;
    expect(report.stability.verbs.at(-1)?.without).toBe(toyMaterial.verbs.neutral[last]);
  });

  it("turns by what a fit without the verb says", async () => {
    const { good, bad, neutral } = toyMaterial.verbs;
    const { direction: without } = await fitDirection(encoder, {
      ...toyMaterial,
      verbs: { good: good.slice(1), bad, neutral },
    });
    const cosine = Math.abs(
      without.components[0]!.reduce((sum, value, i) => sum + value * direction.components[0]![i]!, 0),
    );
    expect((Math.acos(cosine) * 180) / Math.PI).toBeCloseTo(report.stability.verbs[0]!.degrees, 5);
  });
});

describe("a fit is refused", () => {
  const given = (good: readonly string[], bad: readonly string[], neutral: readonly string[] = []) =>
    fitDirection(encoder, { ...toyMaterial, verbs: { good, bad, neutral } });
  const always = (value: number): Encoder => ({
    ...encoder,
    encode: (texts) => Promise.resolve(embeddingsOf(new Float32Array(texts.length * 16).fill(value), 16)),
  });

  it("with a single verb", async () => {
    await expect(given(["help"], [])).rejects.toThrow(TooFewVerbsError);
    await expect(given(["help"], [])).rejects.toThrow(/1 good and 0 bad came/);
  });
  it("with a verb that stands twice", async () => {
    await expect(given(["help", "hug"], ["kill", "rob"], ["Help"])).rejects.toThrow(DuplicateVerbError);
  });
  it("with an empty verb", async () => {
    await expect(given(["help", " "], ["kill", "rob"])).rejects.toThrow(EmptyPhraseError);
  });
  it("when all verbs have the same vector", async () => {
    await expect(fitDirection(always(0.5), toyMaterial)).rejects.toThrow(NoVarianceError);
  });
  it("when the encoder gives no number", async () => {
    await expect(fitDirection(always(Number.NaN), toyMaterial)).rejects.toThrow(BrokenEmbeddingError);
  });
});

describe("a warning comes", () => {
  it("when the first component is not one of good and bad", async () => {
    const { report: noisy } = await fitDirection(toyEncoder({ noise: 40 }), toyMaterial);
    expect(noisy.warnings.join("\n")).toMatch(/does not stand out|does not tell good from bad|hangs on single/);
  });
});
