import { createResident } from "@offprint/tensor";
import { describe, expect, it, onTestFinished } from "vitest";
import { readGenerationConfig } from "../generation-config.ts";
import type { LanguageModel } from "../language-model.ts";
import { loadFolder } from "../load-folder.ts";
import { randomModel } from "../testing/random-model.ts";
import { readJson, sharedModelFolder } from "../testing/shared-model.ts";
import { weightsOf } from "../weights.ts";
import type { GenerationEvent } from "./sequence.ts";
import { generate, TextGenerator, type GenerateOptions, type TextGeneratorOptions } from "./text-generator.ts";

/** A random model whose tokens are single characters, "A" and on; token 40 ends a text. */
function toy(generation: Readonly<Record<string, unknown>> = {}): LanguageModel {
  const { model, weights } = randomModel("llama", { bos_token_id: 0, eos_token_id: 40 });
  return {
    name: "toy",
    config: model.config,
    model,
    tokenizer: {
      encode: (text) => Int32Array.from(text, (letter) => letter.charCodeAt(0) - 65),
      decode: (ids) => Array.from(ids, (id) => String.fromCharCode(65 + id)).join(""),
      size: 41,
      bos: 0,
      eos: 40,
      pad: undefined,
    },
    generation: readGenerationConfig(generation, "test", model.config),
    weightInfo: {},
    readWeights: async () => ({ ...weights }),
  };
}

async function generatorOf(source = toy(), options: TextGeneratorOptions = {}): Promise<TextGenerator> {
  const generator = await TextGenerator.create(source, options);
  onTestFinished(() => generator.dispose());
  return generator;
}

async function eventsOf(generator: TextGenerator, prompts: readonly string[], options: GenerateOptions) {
  const events: GenerationEvent[] = [];
  for await (const event of generator.stream(prompts, options)) events.push(event);
  return events;
}

describe("TextGenerator", () => {
  it("draws the same for the same seed, something else for another, and a text alone as in a batch", async () => {
    const generator = await generatorOf();
    const options = { temperature: 1, maxTokens: 20, ignoreEnd: true };
    const first = await generator.generate("ABC", { ...options, seed: 5 });
    expect(await generator.generate("ABC", { ...options, seed: 5 })).toEqual(first);
    expect((await generator.generate("ABC", { ...options, seed: 6 })).text).not.toBe(first.text);
    const both = await generator.generateAll(["ABC", "HIJKLMNOP"], { ...options, seed: 5 });
    expect(both[0]).toEqual(first);
    expect(both[1]?.tokens).toHaveLength(20);
  });

  it("streams the pieces of the text that it returns", async () => {
    const generator = await generatorOf();
    const options = { maxTokens: 9, ignoreEnd: true };
    const [events, all] = [
      await eventsOf(generator, ["AB", "C"], options),
      await generator.generateAll(["AB", "C"], options),
    ];
    for (const [sequence, { text, tokens, reason, promptTokens }] of all.entries()) {
      const own = events.filter((event) => event.sequence === sequence);
      expect(own.map((event) => event.text).join("")).toBe(text);
      expect(own.flatMap((event) => (event.type === "token" ? [event.token] : []))).toEqual([...tokens]);
      expect(own.at(-1)).toMatchObject({ type: "end", reason: "length" });
      expect([reason, promptTokens]).toEqual(["length", 2 - sequence]);
    }
  });

  it("ends at a token that ends texts, before a stop string, and at the end of the context", async () => {
    const generator = await generatorOf();
    const plain = await generator.generate("AB", { maxTokens: 12, ignoreEnd: true });
    const force = (token: number): GenerateOptions => ({
      interceptLogits({ tokens, logits }) {
        if (tokens.length === 3) logits[token] = 1e6;
      },
    });
    expect(await generator.generate("AB", { maxTokens: 12, ...force(40) })).toMatchObject({
      reason: "end",
      text: plain.text.slice(0, 3),
    });
    const stop = plain.text.slice(4, 7);
    const stopped = await generator.generate("AB", { maxTokens: 12, ignoreEnd: true, stop: ["never", stop] });
    expect(stopped.reason).toBe("stop");
    expect(stopped.text).toBe(plain.text.slice(0, plain.text.indexOf(stop)));
    const full = await generator.generate("A".repeat(595), { maxTokens: 100, ignoreEnd: true });
    expect([full.reason, full.tokens.length]).toEqual(["context", 5]);
    await expect(generator.generate("A".repeat(600))).rejects.toThrow("leave no room in the model's context of 600");
  });

  it("follows the advice of generation_config.json unless told otherwise", async () => {
    const advised = await generatorOf(toy({ do_sample: true, temperature: 50, max_new_tokens: 7 }));
    const drawn = await advised.generate("AB", { ignoreEnd: true });
    expect(drawn.tokens).toHaveLength(7);
    const greedy = await (await generatorOf()).generate("AB", { maxTokens: 7, ignoreEnd: true });
    expect(drawn.text).not.toBe(greedy.text);
    expect((await advised.generate("AB", { temperature: 0, ignoreEnd: true })).text).toBe(greedy.text);
  });

  it("stops between two tokens when aborted", async () => {
    const generator = await generatorOf();
    const abort = new AbortController();
    const seen: string[] = [];
    const run = async () => {
      for await (const event of generator.stream(["A"], { signal: abort.signal, ignoreEnd: true })) {
        seen.push(event.type);
        if (seen.length === 3) abort.abort();
      }
    };
    await expect(run()).rejects.toThrow(/abort/i);
    expect(seen).toHaveLength(3);
    expect((await generator.generate("A", { maxTokens: 2, ignoreEnd: true })).tokens).toHaveLength(2);
  });

  it("refuses a second text at the same time, and bad input", async () => {
    const generator = await generatorOf();
    const running = generator.generate("A", { maxTokens: 3, ignoreEnd: true });
    await expect(generator.generate("B")).rejects.toThrow("this generator is writing already");
    await running;
    await expect(generator.generate([1, 41])).rejects.toThrow("token id 41; the model's end at 40");
    await expect(generator.generate("A", { maxTokens: -1 })).rejects.toThrow("maxTokens is -1");
    await expect(generator.generate("A", { topP: 0 })).rejects.toThrow("topP is 0");
    expect(await generator.generate("A", { maxTokens: 0 })).toMatchObject({ text: "", reason: "length" });
    expect(await generator.generate("", { maxTokens: 1, ignoreEnd: true })).toMatchObject({ promptTokens: 1 });
  });

  it("writes with adapters, other weights, and weights that are in an engine already", async () => {
    const source = toy();
    const weights = await source.readWeights();
    const plain = await generate(source, "AB", { maxTokens: 8, ignoreEnd: true });
    const resident = await createResident({ weights });
    const shared = await generatorOf(source, { resident });
    expect((await shared.generate("AB", { maxTokens: 8, ignoreEnd: true })).text).toBe(plain.text);
    await shared.dispose();
    const changed = await generatorOf(source, {
      resident,
      reading: (tensors) => {
        const read = weightsOf(tensors);
        return { ...read, linear: (name, x) => read.linear(name.replace("up_proj", "gate_proj"), x) };
      },
    });
    expect((await changed.generate("AB", { maxTokens: 8, ignoreEnd: true })).text).not.toBe(plain.text);
    await changed.dispose();
    resident.dispose();
  });
});

describe("interceptLogits", () => {
  it("sees candidates with their texts, and its changes decide the token", async () => {
    const generator = await generatorOf();
    const seen: string[] = [];
    const changed = await generator.generate("AB", {
      maxTokens: 3,
      ignoreEnd: true,
      async interceptLogits(step) {
        await Promise.resolve();
        const [best, second, ...rest] = step.candidates(4);
        expect(rest).toHaveLength(2);
        expect(best!.probability).toBeGreaterThanOrEqual(second!.probability);
        expect(best!.text).toBe(String.fromCharCode(65 + best!.token));
        expect(step.textWith(second!.token)).toBe(step.text + second!.text);
        seen.push(second!.text);
        step.logits[best!.token] = -Infinity;
        expect(step.candidates(1)[0]!.token).toBe(second!.token);
      },
    });
    expect(changed.text).toBe(seen.join(""));
  });

  it("ends a sequence before its token, and the others go on", async () => {
    const generator = await generatorOf();
    const [first, second] = await generator.generateAll(["AB", "CD"], {
      maxTokens: 6,
      ignoreEnd: true,
      interceptLogits: ({ sequence, tokens }) => (sequence === 0 && tokens.length === 2 ? { end: true } : undefined),
    });
    expect([first?.reason, first?.tokens.length]).toEqual(["intercepted", 2]);
    expect([second?.reason, second?.tokens.length]).toEqual(["length", 6]);
  });

  it("asks about the steps of a batch at once", async () => {
    const generator = await generatorOf();
    const waiting: (() => void)[] = [];
    await generator.generateAll(["AB", "CD"], {
      maxTokens: 2,
      ignoreEnd: true,
      // Each step waits for the other one.
      interceptLogits: async () => {
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          if (waiting.length === 2) for (const go of waiting.splice(0)) go();
        });
      },
    });
    expect(waiting).toHaveLength(0);
  });

  it("goes back and takes another way, as if the tokens taken back had never been", async () => {
    const generator = await generatorOf();
    const options = { maxTokens: 8, ignoreEnd: true };
    const plain = await generator.generate("AB", options);
    let forbidden: number | undefined;
    const interceptLogits: GenerateOptions["interceptLogits"] = ({ tokens, logits }) => {
      if (tokens.length === 5 && forbidden === undefined) {
        forbidden = tokens[3]!;
        return { rollBack: 2 };
      }
      if (tokens.length === 3 && forbidden !== undefined) logits[forbidden] = -Infinity;
      return undefined;
    };
    const events = await eventsOf(generator, ["AB"], { ...options, interceptLogits });
    const at = events.findIndex(({ type }) => type === "rolledBack");
    expect(events[at]).toEqual({ type: "rolledBack", sequence: 0, tokens: 2, text: plain.text.slice(0, 3) });
    const other =
      plain.text.slice(0, 3) +
      events
        .slice(at + 1)
        .map(({ text }) => text)
        .join("");
    expect(other).toHaveLength(8);
    expect(other[3]).not.toBe(plain.text[3]);
    const again = await generator.generate(`AB${other.slice(0, 4)}`, { ...options, maxTokens: 4 });
    expect(again.text).toBe(other.slice(4));
  });
});

describe.each([
  ["stories260K", [1], "greedy_ids_from_bos"],
  ["tiny-gpt2-novels", undefined, "greedy_ids"],
])("%s", (name, start, key) => {
  const folder = sharedModelFolder(name);
  it.skipIf(!folder)("writes the golden text", async () => {
    const source = await loadFolder(folder ?? "");
    const examples = [readJson(`${folder}/golden.json`)].flat() as {
      readonly prompt?: string;
      readonly greedy_text: string;
      readonly [key: string]: unknown;
    }[];
    const generator = await generatorOf(source);
    for (const example of examples) {
      const wanted = example[key] as number[];
      const prompt = start ?? example.prompt ?? "";
      const promptTokens = typeof prompt === "string" ? source.tokenizer.encode(prompt).length : prompt.length;
      const { text, tokens } = await generator.generate(prompt, { maxTokens: wanted.length - promptTokens });
      expect([...tokens]).toEqual(wanted.slice(promptTokens));
      expect(`${typeof prompt === "string" ? prompt : ""}${text}`).toBe(example.greedy_text);
    }
  });
});
