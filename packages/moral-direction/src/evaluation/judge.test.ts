import { fileURLToPath } from "node:url";
import { CachedDecoder, loadLanguageModel } from "@offprint/language-model";
import { createResident } from "@offprint/tensor";
import { expect, it } from "vitest";
import { openJudge } from "./judge.ts";

const folder = fileURLToPath(new URL("../../../long-context-lora/models/novels-1m", import.meta.url));

it("a judge gives −log p of the continuation's tokens, as a model that reads token by token", async () => {
  const language = await loadLanguageModel(folder);
  await using judge = await openJudge(language);
  const texts = [
    { prompt: "It was a dark", text: " night, and the wind" },
    { prompt: "He said", text: "" },
    { prompt: "She", text: " went to the door of the old house and knocked, but nobody came to open it for her" },
    { prompt: "", text: "Once" },
  ];
  const judged = await judge.judge(texts);
  expect(judged[1]).toEqual({ loss: 0, judged: 0 });

  const { tokenizer, generation, model } = language;
  using weights = await createResident({ weights: await language.readWeights() });
  for (const place of [0, 2]) {
    const { prompt, text } = texts[place]!;
    const first = generation.bos ?? tokenizer.bos;
    const encode = (one: string) => {
      const ids = [...tokenizer.encode(one)];
      return first !== undefined && ids[0] !== first ? [first, ...ids] : ids;
    };
    const [before, ids] = [encode(prompt), encode(prompt + text)];
    await using decoder = new CachedDecoder({ model, weights });
    let [loss, count] = [0, 0];
    for (let i = 0; i + 1 < ids.length; i++) {
      const [logits] = await decoder.read([[ids[i]!]]);
      if (i + 1 < before.length) continue;
      const largest = Math.max(...logits!);
      const total = logits!.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
      loss += largest + Math.log(total) - logits![ids[i + 1]!]!;
      count++;
    }
    expect(judged[place]!.judged).toBe(count);
    expect(judged[place]!.loss).toBeCloseTo(loss, 3);
  }
});
