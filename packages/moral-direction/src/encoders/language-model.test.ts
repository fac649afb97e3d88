import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { hostTensor, compile } from "@offprint/tensor";
import { loadLanguageModel, weightsOf } from "@offprint/language-model";
import { describe, expect, it } from "vitest";
import { openLanguageModelEncoder } from "./language-model.ts";

const folder = fileURLToPath(new URL("../../../long-context-lora/models/novels-1m", import.meta.url));
const shared = fileURLToPath(new URL("../../../../../shared/data/models/", import.meta.url));
const sources = [folder, `${shared}stories260K`, `${shared}tiny-gpt2-novels`].filter((path) => {
  if (!existsSync(path)) console.warn(`skipped: ${path} is not there`);
  return existsSync(path);
});

/** The mean of the last hidden states of one text, in a program of exactly its length. */
async function meanAlone(source: string, text: string): Promise<number[]> {
  const language = await loadLanguageModel(source);
  const { model, tokenizer, config } = language;
  const ids = tokenizer.encode(text);
  const program = await compile({
    state: await language.readWeights(),
    inputs: { ids: hostTensor(ids, [1, ids.length]) },
    run: ({ state, inputs }) => ({ outputs: { hidden: model.hidden(weightsOf(state), inputs.ids) } }),
  });
  const { data } = (await program.run({ ids })).hidden;
  await program.dispose();
  const width = config.hiddenSize;
  return Array.from({ length: width }, (_, i) => {
    const column = Array.from({ length: ids.length }, (_, token) => Number(data[token * width + i]));
    return column.reduce((sum, value) => sum + value, 0) / ids.length;
  });
}

describe.each(sources)("the encoder of %s", (source) => {
  it("gives the mean of the hidden states, whatever lies beside a text", async () => {
    await using encoder = await openLanguageModelEncoder(source);
    const texts = ["kill time", "Once upon a time there was a house by the sea.", "🙂 שלום\u0000", "a"];
    const embeddings = await encoder.encode(texts);
    for (const [row, text] of texts.entries()) {
      const expected = await meanAlone(source, text);
      for (const [i, value] of expected.entries()) expect(embeddings.row(row)[i]).toBeCloseTo(value, 4);
    }
  });

  it("reads a long text up to its limit, and gives an empty one finite numbers", async () => {
    await using encoder = await openLanguageModelEncoder(source);
    const long = "time and people ".repeat(3334);
    expect(encoder.countTokens(long)).toBeGreaterThan(encoder.limit.tokens);
    const { row } = await encoder.encode([long, "", long.slice(0, 20_000)]);
    expect(row(0)).toEqual(row(2));
    expect(row(1).every(Number.isFinite)).toBe(true);
    expect((await encoder.encode([])).count).toBe(0);
  });

  it("is named by its content", async () => {
    await using encoder = await openLanguageModelEncoder(source);
    expect(encoder.id).toMatch(/^lm:[\w-]+@sha256:[0-9a-f]{16}$/);
  });
});
