/** The small models of the shared data folder, against what other programs computed with them. Skipped where it is absent. */
import { compile, int32 } from "@offprint/tensor";
import { describe, expect, it } from "vitest";
import { loadLanguageModel } from "./load-model.ts";
import type { LanguageModel } from "./language-model.ts";
import { readJson, sharedModelFolder } from "./testing/shared-model.ts";
import { logitsOf, weightsOf } from "./weights.ts";

const stories = sharedModelFolder("stories260K");
const novels = sharedModelFolder("tiny-gpt2-novels");

/** Logits of every position, and the likeliest next tokens when each is appended in turn. */
async function forward({ model, ...parts }: LanguageModel, ids: readonly number[]) {
  const program = await compile({
    state: await parts.readWeights(),
    inputs: { ids: int32([1, ids.length]) },
    run: ({ state, inputs }) => {
      const weights = weightsOf(state);
      return { outputs: { logits: logitsOf(model, weights, model.hidden(weights, inputs.ids)) } };
    },
  });
  const { logits } = await program.run({ ids: Int32Array.from(ids) });
  await program.dispose();
  const width = logits.shape[2] ?? 1;
  return (position: number) =>
    Array.from(logits.data.subarray(position * width, (position + 1) * width) as Float32Array);
}

const likeliest = (logits: readonly number[]): number => logits.indexOf(Math.max(...logits));

describe.runIf(stories)("stories260K", () => {
  interface Golden {
    readonly input_ids: number[];
    readonly last_logits_first8: number[];
    readonly argmax: number;
    readonly greedy_ids_from_bos: number[];
    readonly greedy_text: string;
  }
  const folder = stories ?? "";
  const golden = (stories ? readJson(`${stories}/golden.json`) : {}) as Golden;
  const { input_ids, last_logits_first8, argmax, greedy_ids_from_bos, greedy_text } = golden;

  it("has the golden logits, and prefers each token that llama2.c chose", async () => {
    const model = await loadLanguageModel(folder);
    const at = await forward(model, greedy_ids_from_bos);
    const last = at(input_ids.length - 1);
    for (const [i, wanted] of last_logits_first8.entries()) expect(last[i]).toBeCloseTo(wanted, 4);
    expect(likeliest(last)).toBe(argmax);
    const first = input_ids.length - 1;
    const chosen = greedy_ids_from_bos.slice(first, -1).map((_, i) => likeliest(at(first + i)));
    expect(chosen).toEqual(greedy_ids_from_bos.slice(first + 1));
  });

  it("reads and writes its own text", async () => {
    const { tokenizer } = await loadLanguageModel(folder);
    expect(tokenizer.decode(greedy_ids_from_bos, { skipSpecial: true })).toBe(greedy_text);
    expect(Array.from(tokenizer.encode("Once upon a time"))).toEqual(input_ids);
    expect(tokenizer).toMatchObject({ bos: 1, eos: 2, size: 512 });
    expect(tokenizer.encode("Once upon a time", { special: false })[0]).not.toBe(1);
  });
});

describe.runIf(novels)("tiny-gpt2-novels", () => {
  interface Sample {
    readonly prompt: string;
    readonly input_ids: number[];
    readonly last_logits_first8: number[];
  }

  it.each((novels ? readJson(`${novels}/golden.json`) : []) as Sample[])(
    "has the golden ids and logits after “$prompt”",
    async (sample) => {
      const model = await loadLanguageModel(novels ?? "");
      expect(Array.from(model.tokenizer.encode(sample.prompt))).toEqual(sample.input_ids);
      const last = (await forward(model, sample.input_ids))(sample.input_ids.length - 1);
      for (const [i, wanted] of sample.last_logits_first8.entries()) expect(last[i]).toBeCloseTo(wanted, 3);
    },
  );
});
