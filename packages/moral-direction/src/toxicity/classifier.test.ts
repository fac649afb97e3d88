import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { toyModelFolder } from "../encoders/sentence-transformers/toy-model.ts";
import { toxicityClassifier } from "./classifier.ts";
import { openToxicityMeasure } from "./open-measure.ts";

/** What bench/moral-encoders/toy-classifier.py wrote: the two logits of a text are sums over its tokens' rows. */
const toy = JSON.parse(readFileSync(new URL("../testing/toy-classifier.json", import.meta.url), "utf8")) as {
  readonly onnx: string;
  readonly table: readonly (readonly [number, number])[];
};

const golden = JSON.parse(
  readFileSync(new URL("../encoders/sentence-transformers/toy-model-golden.json", import.meta.url), "utf8"),
) as { readonly vocabulary: readonly string[] };

const classifierFolder = (labels: readonly string[], problem: string) =>
  toyModelFolder({
    "onnx/model.onnx": Buffer.from(toy.onnx, "base64"),
    "config.json": {
      model_type: "bert",
      architectures: ["BertForSequenceClassification"],
      id2label: Object.fromEntries(labels.entries()),
      problem_type: problem,
    },
  });

const logitsOf = (tokens: readonly string[]): [number, number] =>
  [0, 1].map((label) =>
    tokens.reduce((sum, token) => sum + toy.table[golden.vocabulary.indexOf(token)]![label]!, 0),
  ) as [number, number];

const words = golden.vocabulary.filter((word) => /^[a-z]+$/.test(word));
const [one = "", two = ""] = words;
const tokensOf = (text: string) => ["[CLS]", ...text.split(" "), "[SEP]"];

describe("a text classifier", () => {
  it("rates by its label that begins with toxic, each label alone where several may hold", async () => {
    const measure = await openToxicityMeasure(
      await classifierFolder(["other", "toxicity"], "multi_label_classification"),
    );
    const texts = [`${one} ${two}`, two];
    const rates = await measure.rate(texts);
    for (const [i, text] of texts.entries())
      expect(rates[i]).toBeCloseTo(1 / (1 + Math.exp(-logitsOf(tokensOf(text))[1])), 5);
  });

  it("rates by the label that is named, one of all where only one may hold", async () => {
    const folder = await classifierFolder(["rude", "kind"], "single_label_classification");
    const [rate] = await toxicityClassifier(folder, { label: "rude" }).rate([one]);
    const [a, b] = logitsOf(tokensOf(one));
    expect(rate).toBeCloseTo(1 / (1 + Math.exp(b - a)), 5);
  });

  it("is refused when no label is the toxic one, and when it cannot be loaded", async () => {
    const folder = await classifierFolder(["rude", "kind"], "single_label_classification");
    await expect(toxicityClassifier(folder).rate([one])).rejects.toThrow("name one with --toxicity-label");
    const broken = await toyModelFolder({ "onnx/model.onnx": "no model" });
    await expect(toxicityClassifier(broken).rate([one])).rejects.toMatchObject({ code: "TOXICITY_MODEL" });
  });
});
