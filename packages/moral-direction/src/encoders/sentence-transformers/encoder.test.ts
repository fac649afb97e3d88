import { describe, expect, it } from "vitest";
import { EncoderSourceError } from "../errors.ts";
import { openSentenceTransformer } from "./encoder.ts";
import { toyModelFolder, toyStates } from "./toy-model.ts";

const modules = (...kinds: string[]) =>
  kinds.map((kind, idx) => ({
    idx,
    name: `${idx}`,
    path: `${idx}_${kind}`,
    type: `sentence_transformers.models.${kind}`,
  }));
const meanPooling = { "1_Pooling/config.json": { pooling_mode_mean_tokens: true, pooling_mode_cls_token: false } };

const mean = (rows: readonly number[][]): number[] =>
  (rows[0] ?? []).map((_, i) => rows.reduce((sum, row) => sum + (row[i] ?? 0), 0) / rows.length);
const unit = (vector: readonly number[]): number[] => vector.map((value) => value / Math.hypot(...vector));
const close = (values: Float32Array, expected: readonly number[]): void => {
  expect(values).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(values[i]).toBeCloseTo(value, 6);
};

describe("openSentenceTransformer", () => {
  it("takes the mean over a text's own tokens where the folder says nothing, and says so", async () => {
    const notices: string[] = [];
    const folder = await toyModelFolder();
    await using encoder = await openSentenceTransformer(folder, { onNotice: (notice) => notices.push(notice) });
    const { count, row } = await encoder.encode(["kill time", "", "Helping the people", "🙂"]);
    expect(count).toBe(4);
    close(row(0), mean(toyStates(["[CLS]", "kill", "time", "[SEP]"])));
    close(row(1), mean(toyStates(["[CLS]", "[SEP]"])));
    close(row(2), mean(toyStates(["[CLS]", "help", "##ing", "the", "people", "[SEP]"])));
    close(row(3), mean(toyStates(["[CLS]", "[UNK]", "[SEP]"])));
    expect(notices).toEqual([`${folder} has no modules.json: mean pooling, not normalised`]);
  });

  it("brings means to length 1 where a module says so", async () => {
    const folder = await toyModelFolder({
      ...meanPooling,
      "modules.json": modules("Transformer", "Pooling", "Normalize"),
    });
    await using encoder = await openSentenceTransformer(folder);
    close((await encoder.encode(["kill time"])).row(0), unit(mean(toyStates(["[CLS]", "kill", "time", "[SEP]"]))));
  });

  it("takes the first token where the config says so, as older and newer versions write it", async () => {
    for (const config of [{ pooling_mode_cls_token: true, pooling_mode_mean_tokens: false }, { pooling_mode: "cls" }]) {
      const files = { "1_Pooling/config.json": config, "modules.json": modules("Transformer", "Pooling") };
      await using encoder = await openSentenceTransformer(await toyModelFolder(files));
      close((await encoder.encode(["kill time"])).row(0), toyStates(["[CLS]"])[0] ?? []);
    }
  });

  it("reads as many tokens as the folder says, the closing one among them", async () => {
    const folder = await toyModelFolder({ "sentence_bert_config.json": { max_seq_length: 4 } });
    await using encoder = await openSentenceTransformer(folder);
    expect(encoder.limit).toEqual({ tokens: 4 });
    const long = `kill time ${"people ".repeat(10_000)}`;
    expect(encoder.countTokens(long)).toBe(10_004);
    close((await encoder.encode([long])).row(0), mean(toyStates(["[CLS]", "kill", "time", "[SEP]"])));
  });

  it("is bound to the content of its files", async () => {
    const ids: string[] = [];
    for (const files of [{}, {}, { "sentence_bert_config.json": { max_seq_length: 4 } }]) {
      await using encoder = await openSentenceTransformer(await toyModelFolder(files), { name: "toy" });
      ids.push(encoder.id);
    }
    expect(ids[0]).toMatch(/^toy@sha256:[0-9a-f]{16}$/);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  it("gives no rows for no texts", async () => {
    await using encoder = await openSentenceTransformer(await toyModelFolder());
    expect(await encoder.encode([])).toMatchObject({ count: 0, dimensions: 3 });
  });

  it.each([
    { what: "no export", files: { "onnx/model.onnx": null }, says: /has no ONNX export; wanted onnx\/model\.onnx or/ },
    { what: "no tokenizer", files: { "tokenizer.json": null }, says: /has no tokenizer\.json/ },
    { what: "a damaged export", files: { "onnx/model.onnx": "not a model" }, says: /cannot be used \(.*damaged/ },
    { what: "a damaged list of modules", files: { "modules.json": "[" }, says: /modules\.json: is not what/ },
    {
      what: "an unknown module",
      files: { "modules.json": modules("Transformer", "Pooling", "Dense") },
      says: /has a module of kind Dense/,
    },
    {
      what: "an unknown way of pooling",
      files: {
        "modules.json": modules("Transformer", "Pooling"),
        "1_Pooling/config.json": { pooling_mode: "lasttoken" },
      },
      says: /pools by pooling_mode_lasttoken_tokens/,
    },
  ])("refuses a folder with $what", async ({ files, says }) => {
    const folder = await toyModelFolder(files);
    await expect(openSentenceTransformer(folder)).rejects.toThrow(EncoderSourceError);
    await expect(openSentenceTransformer(folder)).rejects.toThrow(says);
  });
});
