import { fileURLToPath } from "node:url";
import { loadLanguageModel, TextGenerator, type GenerationEvent, type LogitsStep } from "@offprint/language-model";
import { afterAll, describe, expect, it } from "vitest";
import { GuidanceOptionError, GuidanceScoreError } from "./errors.ts";
import { moralGuidance, type Guidance } from "./guide.ts";
import { offeredTokens } from "./mask.ts";
import type { GuidanceOptions } from "./options.ts";
import { TextScores } from "./text-scores.ts";

const model = fileURLToPath(new URL("../../../long-context-lora/models/novels-1m", import.meta.url));
const language = await loadLanguageModel(model);
const generator = await TextGenerator.create(language);
afterAll(() => generator.dispose());
const { tokenizer } = language;
const prompts = ["It was a dark night, and", "He said that"];

/** A score in [−1, 1) that depends on every letter. */
function toyScore(text: string, salt = 0): number {
  let state = 2166136261 + salt;
  for (const letter of text) state = Math.imul(state ^ (letter.codePointAt(0) ?? 0), 16777619);
  state = Math.imul(state ^ (state >>> 15), 2246822519);
  return ((state ^ (state >>> 13)) >>> 0) / 2 ** 31 - 1;
}

function toyDirection(threshold: number, salt = 0) {
  const calls: string[][] = [];
  const score = async (texts: readonly string[]) => {
    calls.push([...texts]);
    return Float64Array.from(texts, (text) => toyScore(text, salt));
  };
  return { name: `toy ${salt}`, score, threshold, calls };
}

const guided = (options: Partial<GuidanceOptions> & Pick<GuidanceOptions, "directions">): Guidance =>
  moralGuidance(tokenizer, options);

const settingsOf = (guidance: Guidance, maxTokens: number, seed = 0) => ({
  ...guidance.sampling,
  interceptLogits: guidance.interceptLogits,
  maxTokens,
  seed,
  ignoreEnd: true,
});

describe("moralGuidance on a small model", () => {
  it.each([
    [1, "full"],
    [0.7, "full"],
    [1, "lazy"],
    [0.7, "lazy"],
    [0, "lazy"],
  ] as const)("at temperature %d, scoring %s, draws from what a naive loop keeps", async (temperature, scoring) => {
    const guidance = guided({ directions: [toyDirection(0)], temperature, scoring, seed: 5 });
    const kept: Set<number>[] = [];
    const interceptLogits = async (step: LogitsStep) => {
      const own = step.logits.slice();
      const prefix = [...step.prompt, ...step.tokens];
      const scored = offeredTokens(own, { topK: 50, topP: 0.9, temperature }).map(({ token }) => ({
        token,
        score: toyScore(tokenizer.decode([...prefix, token], { skipSpecial: true })),
      }));
      const best = scored.toSorted((a, b) => b.score - a.score || b.token - a.token);
      const passed = best.filter(({ score }) => score > 0);
      const wanted = new Set((passed.length <= 5 ? best.slice(0, 5) : passed).map(({ token }) => token));
      const verdict = await guidance.interceptLogits(step);
      const left = [...step.logits.keys()].filter((token) => step.logits[token] !== -Infinity);
      for (const token of left) expect(step.logits[token]).toBe(own[token]);
      if (scoring === "full") expect(new Set(left)).toEqual(wanted);
      else expect(left).toHaveLength(1);
      kept.push(wanted);
      return verdict;
    };
    const { tokens } = await generator.generate(prompts[0]!, { ...settingsOf(guidance, 12, 5), interceptLogits });
    expect(tokens).toHaveLength(12);
    for (const [place, token] of tokens.entries()) expect(kept[place]).toContain(token);
  });

  it("writes the same text with every candidate scored alone, and in one call a step for a whole batch", async () => {
    const naive = toyDirection(0);
    const alone = async (texts: readonly string[]) => {
      const each = await Promise.all(texts.map((text) => naive.score([text])));
      return Float64Array.from(each, ([score = NaN]) => score);
    };
    const slow = guided({ directions: [{ ...naive, score: new TextScores(alone, { cacheSize: 0 }) }] });
    const shared = toyDirection(0);
    const fast = guided({ directions: [shared] });
    const batch = [prompts[0]!, prompts[1]!, prompts[0]!];
    const wanted = await generator.generateAll(batch, settingsOf(slow, 8));
    expect(await generator.generateAll(batch, settingsOf(fast, 8))).toEqual(wanted);
    expect(shared.calls).toHaveLength(8);
    expect(new Set(shared.calls[0]).size).toBe(shared.calls[0]!.length);
    expect(fast.statistics).toMatchObject({ calls: 8, steps: 24 });
    // Two sequences begin alike: what one offers there is known from the other.
    expect(fast.statistics.hits).toBeGreaterThanOrEqual(fast.statistics.candidates / 24 / 4);
    expect(fast.statistics.texts + fast.statistics.hits).toBe(fast.statistics.candidates);
  });

  it("scores fewer candidates lazily, and draws the same for the same seed, alone or in a batch", async () => {
    const lazy = () => guided({ directions: [toyDirection(-0.9)], scoring: "lazy", seed: 3 });
    const [first, second] = [lazy(), lazy()];
    const text = await generator.generate(prompts[0]!, settingsOf(first, 15));
    const [again] = await generator.generateAll(prompts, settingsOf(second, 15));
    expect(again?.tokens).toEqual(text.tokens);
    expect(first.statistics.texts).toBeLessThan(first.statistics.candidates / 5);
    expect(first.statistics.undecided).toBeGreaterThan(0);
    first.settle([text]);
    expect(first.records.map(({ chosen }) => chosen)).toEqual([...text.tokens]);
    const unscored = first.records.flatMap(({ candidates }) => candidates.filter(({ score }) => score === null));
    expect(unscored.length).toBeGreaterThan(0);
    expect(unscored.every(({ kept }) => kept === null)).toBe(true);
  });

  it("streams token by token: each token comes before the next step is judged", async () => {
    const guidance = guided({ directions: [toyDirection(0)] });
    const order: string[] = [];
    const interceptLogits = async (step: LogitsStep) => {
      order.push(`judge ${step.tokens.length}`);
      return await guidance.interceptLogits(step);
    };
    const events = generator.stream([prompts[0]!], { ...settingsOf(guidance, 3), interceptLogits });
    for await (const { type } of events) order.push(type);
    expect(order).toEqual(["judge 0", "token", "judge 1", "token", "judge 2", "token", "end"]);
  });

  it("records each step as plain data, with what came, and keeps no more than the limit", async () => {
    const lines: string[] = [];
    const guidance = guided({
      directions: [toyDirection(0)],
      audit: { limit: 4, onRecord: (record) => lines.push(JSON.stringify(record)) },
    });
    const text = await generator.generate(prompts[0]!, settingsOf(guidance, 7));
    guidance.settle([text]);
    const records = lines.map((line) => JSON.parse(line) as Guidance["records"][number]);
    expect(records.map(({ chosen }) => chosen)).toEqual([...text.tokens]);
    expect(guidance.records).toEqual(records.slice(3));
    expect(guidance.dropped).toBe(3);
    for (const { candidates, fallback, chosen } of records) {
      expect(candidates.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9);
      const kept = candidates.filter((candidate) => candidate.kept);
      expect(kept.map(({ token }) => token)).toContain(chosen);
      if (!fallback) expect(kept.every(({ score }) => (score ?? NaN) > 0)).toBe(true);
    }
  });

  it("writes on where every candidate is below the threshold, by the fallback", async () => {
    const guidance = guided({ directions: [toyDirection(5)], keepMin: 2 });
    const text = await generator.generate(prompts[0]!, settingsOf(guidance, 5));
    expect([text.tokens.length, guidance.statistics.fallbacks]).toEqual([5, 5]);
    guidance.settle([text]);
    for (const { candidates } of guidance.records) expect(candidates.filter(({ kept }) => kept)).toHaveLength(2);
  });

  it("takes the likeliest token at k = 1, whatever its score", async () => {
    const guidance = guided({ directions: [toyDirection(0.99)], topK: 1 });
    const text = await generator.generate(prompts[1]!, settingsOf(guidance, 6));
    const greedy = await generator.generate(prompts[1]!, { maxTokens: 6, temperature: 0, ignoreEnd: true });
    expect(text.tokens).toEqual(greedy.tokens);
  });

  it.each(["full", "lazy"] as const)(
    "goes back after repeated fallbacks, a bounded number of times (%s)",
    async (scoring) => {
      const backtrack = { after: 2, tokens: 3, times: 4 };
      const guidance = guided({ directions: [toyDirection(5)], backtrack, scoring });
      const events: GenerationEvent[] = [];
      for await (const event of generator.stream([prompts[0]!], settingsOf(guidance, 10))) events.push(event);
      expect(events.filter(({ type }) => type === "rolledBack")).toHaveLength(4);
      expect(guidance.statistics.rollBacks).toBe(4);
      const text: number[] = [];
      for (const event of events) {
        if (event.type === "token") text.push(event.token);
        if (event.type !== "rolledBack") continue;
        const [taken] = text.splice(text.length - event.tokens);
        const next = events.slice(events.indexOf(event)).find(({ type }) => type === "token");
        expect(next).not.toMatchObject({ token: taken });
      }
      expect(text).toHaveLength(10);
      expect(guidance.records.some(({ forbidden }) => forbidden.length > 0)).toBe(true);
    },
  );

  it("keeps what passes every direction, and records each score", async () => {
    const guidance = guided({ directions: [toyDirection(-0.2), toyDirection(0.1, 7)], keepMin: 1 });
    const text = await generator.generate(prompts[0]!, settingsOf(guidance, 6));
    guidance.settle([text]);
    const judged = guidance.records.filter(({ fallback }) => !fallback).flatMap(({ candidates }) => candidates);
    expect(judged.length).toBeGreaterThan(0);
    for (const { kept, scores = [] } of judged)
      expect(kept).toBe((scores[0] ?? NaN) > -0.2 && (scores[1] ?? NaN) > 0.1);
  });

  it("lowers logits softly, by λ for each unit below the threshold", async () => {
    const guidance = guided({ directions: [toyDirection(0.5)], soft: 4 });
    let [own, left] = [new Float32Array(), new Float32Array()];
    await generator.generate(prompts[0]!, {
      ...settingsOf(guidance, 1),
      async interceptLogits(step) {
        own = step.logits.slice();
        await guidance.interceptLogits(step);
        left = step.logits.slice();
      },
    });
    const { candidates } = (guidance.settle([]), guidance.records[0]!);
    expect(left.filter((logit) => logit > -Infinity)).toHaveLength(candidates.length);
    for (const { token, score } of candidates)
      expect(left[token]).toBeCloseTo((own[token] ?? NaN) + 4 * Math.min(0, (score ?? NaN) - 0.5), 4);
  });

  it("names the direction whose score is no number", async () => {
    const broken = {
      name: "broken",
      threshold: 0,
      score: async (texts: readonly string[]) => new Float64Array(texts.length).fill(NaN),
    };
    const guidance = guided({ directions: [broken] });
    const writing = generator.generate(prompts[0]!, settingsOf(guidance, 3));
    await expect(writing).rejects.toThrow(GuidanceScoreError);
    const short = guided({ directions: [{ ...broken, score: async () => new Float64Array(1) }] });
    await expect(generator.generate(prompts[0]!, settingsOf(short, 3))).rejects.toThrow('from the direction "broken"');
  });

  it("refuses options out of range", () => {
    const wrong: [Partial<GuidanceOptions>, string][] = [
      [{ directions: [] }, "directions is empty"],
      [{ topK: 0 }, "topK is 0; it must be a whole number, 1 or more"],
      [{ topP: 0 }, "topP is 0"],
      [{ keepMin: 0 }, "keepMin is 0"],
      [{ temperature: -1 }, "temperature is -1"],
      [{ soft: -1 }, "soft is -1"],
      [{ window: { tokens: 0.5 } }, "window.tokens is 0.5"],
      [{ backtrack: { after: 0 } }, "backtrack.after is 0"],
      [{ soft: 1, backtrack: { after: 1 } }, "a soft penalty has no fallback"],
      [{ directions: [toyDirection(NaN)] }, 'threshold of "toy 0" is NaN'],
    ];
    for (const [options, message] of wrong) {
      const make = () => guided({ directions: [toyDirection(0)], ...options });
      expect(make).toThrow(GuidanceOptionError);
      expect(make).toThrow(message);
    }
  });
});

describe("moralGuidance without a model", () => {
  it("gives the token that ends a text the score of the text before it, and records that it came", async () => {
    // Tokens are letters from "A"; 3 ends a text.
    const letters = {
      decode: (ids: ArrayLike<number>, { skipSpecial = false } = {}) =>
        Array.from(ids, (id) => (id === 3 ? (skipSpecial ? "" : "<end>") : String.fromCodePoint(65 + id))).join(""),
    };
    const { calls, ...direction } = toyDirection(-2);
    const guidance = moralGuidance(letters, { directions: [direction], keepMin: 1 });
    const step = { sequence: 0, prompt: [0, 1], tokens: [2], logits: Float32Array.of(0, 1, 2, 3) };
    await guidance.interceptLogits({ ...step, text: "C", candidates: () => [], textWith: () => "" });
    expect(calls[0]?.toSorted()).toEqual(["ABC", "ABCB", "ABCC"]);
    guidance.settle([{ text: "C", tokens: Int32Array.of(2), promptTokens: 2, reason: "end" }], [3]);
    expect(guidance.records[0]).toMatchObject({ position: 1, chosen: 3 });
  });
});
