import { join } from "node:path";
import { compile, createResident, int32, type HostTensor } from "@offprint/tensor";
import { describe, expect, it, onTestFinished } from "vitest";
import type { CausalLanguageModel } from "../model.ts";
import { randomModel } from "../testing/random-model.ts";
import { readJson, readSharedModel, sharedModelFolder } from "../testing/shared-model.ts";
import { logitsOf, weightsOf } from "../weights.ts";
import { CachedDecoder, type CachedDecoderOptions } from "./cached-decoder.ts";

interface TestModel {
  readonly model: CausalLanguageModel;
  readonly weights: Readonly<Record<string, HostTensor>>;
}

async function decoderOf({ model, weights }: TestModel, options: Partial<CachedDecoderOptions> = {}) {
  const resident = await createResident({ weights });
  const decoder = new CachedDecoder({ model, weights: resident, ...options });
  onTestFinished(async () => {
    await decoder.dispose();
    resident.dispose();
  });
  return decoder;
}

/** Logits after every token, from one pass without a cache: a row a token. */
async function withoutCache({ model, weights }: TestModel, ids: readonly number[], contextLength?: number) {
  const program = await compile({
    state: weights,
    inputs: { ids: int32([1, ids.length]) },
    run: ({ state, inputs }) => {
      const read = weightsOf(state);
      const hidden = model.hidden(read, inputs.ids, contextLength === undefined ? {} : { contextLength });
      return { outputs: { logits: logitsOf(model, read, hidden) } };
    },
  });
  const { logits } = await program.run({ ids: Int32Array.from(ids) });
  await program.dispose();
  const width = model.config.vocabularySize;
  return ids.map((_, i) => Array.from((logits.data as Float32Array).subarray(i * width, (i + 1) * width)));
}

const text = (length: number, seed = 1): number[] => Array.from({ length }, (_, i) => (i * i * 7 + i * seed + 3) % 41);
const argMax = (logits: ArrayLike<number>): number =>
  Array.from(logits).reduce((best, value, i) => (value > (logits[best] ?? 0) ? i : best), 0);

function expectNear(came: ArrayLike<number> | undefined, wanted: readonly number[] | undefined, tolerance = 2e-4) {
  expect(came?.length).toBe(wanted?.length);
  const worst = Math.max(...Array.from(came ?? [], (value, i) => Math.abs(value - (wanted?.[i] ?? NaN))));
  expect(worst).toBeLessThan(tolerance);
}

describe.each([
  ["Llama with shared key-value heads", "llama", {}],
  ["Llama with interpolated positions", "llama", { rope_scaling: { type: "linear", factor: 4 } }],
  [
    "Llama with YaRN",
    "llama",
    { rope_scaling: { rope_type: "yarn", factor: 2, original_max_position_embeddings: 300 } },
  ],
  ["Llama with an own head", "llama", { tie_word_embeddings: true }],
  ["GPT-2", "gpt2", {}],
] as const)("CachedDecoder of a %s", (_name, kind, settings) => {
  const test = randomModel(kind, settings);

  it("has the logits of a pass without a cache, read one by one, in pieces or at once", async () => {
    const ids = text(40);
    const wanted = await withoutCache(test, ids);
    const decoder = await decoderOf(test);
    for (const [i, id] of ids.slice(0, 5).entries()) expectNear((await decoder.read([[id]]))[0], wanted[i]);
    expectNear((await decoder.read([ids.slice(5, 28)]))[0], wanted[27]);
    for (const i of [28, 29]) expectNear((await decoder.read([[ids[i]!]]))[0], wanted[i]);
    expectNear((await decoder.read([ids.slice(30)]))[0], wanted[39]);
    expect(decoder.lengths).toEqual([40]);
  });
});

describe("CachedDecoder", () => {
  const test = randomModel("llama");

  it("gives sequences of unequal lengths side by side what each has alone, some of them resting", async () => {
    const texts = [text(3), text(20, 2), text(1, 5)];
    const alone = await Promise.all(texts.map((ids) => withoutCache(test, [...ids, 7, 8])));
    const decoder = await decoderOf(test, { batch: 3 });
    const first = await decoder.read(texts);
    for (const [i, ids] of texts.entries()) expectNear(first[i], alone[i]?.[ids.length - 1]);
    const second = await decoder.read([[7], [], [7, 8]]);
    expect(second[1]).toBeUndefined();
    expectNear(second[0], alone[0]?.[3]);
    expectNear(second[2], alone[2]?.[2]);
    const third = await decoder.read([[8], [7, 8], []]);
    expectNear(third[0], alone[0]?.[4]);
    expectNear(third[1], alone[1]?.[21]);
    expect(decoder.lengths).toEqual([5, 22, 3]);
  });

  it("keeps what it has read when the cache grows", async () => {
    const ids = text(530);
    const wanted = await withoutCache(test, ids);
    const decoder = await decoderOf(test);
    await decoder.read([ids.slice(0, 250)]);
    const small = decoder.cacheBytes;
    expectNear((await decoder.read([[ids[250]!]]))[0], wanted[250]);
    expectNear((await decoder.read([ids.slice(251, 256)]))[0], wanted[255]);
    expectNear((await decoder.read([[ids[256]!]]))[0], wanted[256]);
    expect(decoder.cacheBytes).toBe(2 * small);
    expectNear((await decoder.read([ids.slice(257)]))[0], wanted[529]);
  });

  it("goes back to an earlier length as if the rest had never been", async () => {
    const decoder = await decoderOf(test);
    await decoder.read([[...text(10), 1, 2, 3]]);
    decoder.truncate(0, 10);
    const wanted = await withoutCache(test, [...text(10), 30]);
    expectNear((await decoder.read([[30]]))[0], wanted[10]);
  });

  it("turns keys and queries by the frequencies of the final length where those depend on it", async () => {
    const dynamic = randomModel("llama", {
      max_position_embeddings: 16,
      rope_scaling: { type: "dynamic", factor: 4 },
    });
    const ids = text(48);
    const wanted = await withoutCache(dynamic, ids, 50);
    const decoder = await decoderOf(dynamic, { length: 50 });
    expectNear((await decoder.read([ids.slice(0, 10)]))[0], wanted[9]);
    expectNear((await decoder.read([ids.slice(10)]))[0], wanted[47]);
  });

  it("refuses what exceeds the context, and has read nothing of it", async () => {
    expect(() => new CachedDecoder({ ...({} as CachedDecoderOptions), model: test.model, length: 601 })).toThrow(
      "601 tokens exceed the model's context of 600",
    );
    const decoder = await decoderOf(test, { length: 8 });
    await decoder.read([text(8)]);
    await expect(decoder.read([[1]])).rejects.toThrow("9 tokens exceed the limit of 8");
    expect(decoder.lengths).toEqual([8]);
  });

  it("reads through any view of the weights, such as one with an adapter", async () => {
    const doubled = await decoderOf(test, {
      reading: (tensors) => {
        const plain = weightsOf(tensors);
        return { ...plain, get: (name) => plain.get(name === "model.norm.weight" ? "other" : name) };
      },
    });
    await expect(doubled.read([[1]])).rejects.toThrow('no weight "other"');
  });
});

describe.each([
  ["stories260K", "greedy_ids_from_bos"],
  ["tiny-gpt2-novels", "greedy_ids"],
])("%s", (name, key) => {
  const folder = sharedModelFolder(name);
  it.skipIf(!folder)("continues greedily as its golden file says, with the golden logits", async () => {
    const test = await readSharedModel(folder ?? "");
    const golden = [readJson(join(folder ?? "", "golden.json"))].flat() as Record<string, number[]>[];
    for (const example of golden) {
      const decoder = await decoderOf(test);
      const ids = example["input_ids"] ?? [];
      const wanted = (example[key] ?? []).slice(ids.length);
      let [logits] = await decoder.read([ids]);
      expectNear(logits?.subarray(0, 8), example["last_logits_first8"], 2e-3);
      const came: number[] = [];
      while (came.length < wanted.length) {
        const next = argMax(logits ?? []);
        came.push(next);
        if (came.length < wanted.length) [logits] = await decoder.read([[next]]);
      }
      expect(came).toEqual(wanted);
    }
  });
});
