import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GuidanceLogitsError } from "./errors.ts";
import { keptCandidates, offeredTokens } from "./mask.ts";

interface GoldenCase {
  readonly logits: readonly number[];
  readonly scores: readonly number[];
  readonly top_k: number;
  readonly top_p: number;
  readonly threshold: number;
  readonly keep_min: number;
  readonly candidates: readonly number[];
  readonly kept_sorted: readonly number[];
  readonly fallback: boolean;
  readonly probabilities: Readonly<Record<string, number>>;
}

const golden = JSON.parse(
  readFileSync(new URL("../testing/guidance-golden.json", import.meta.url), "utf8"),
) as readonly GoldenCase[];

const ascending = (values: readonly number[]) => values.toSorted((a, b) => a - b);

describe("offeredTokens and keptCandidates", () => {
  it.each(golden.map((one, index) => [index, one] as const))("reproduce golden case %i", (_, one) => {
    const logits = Float64Array.from(one.logits);
    const offered = offeredTokens(logits, { topK: one.top_k || logits.length, topP: one.top_p });
    const tokens = offered.map(({ token }) => token);
    expect(ascending(tokens)).toEqual(one.candidates);
    const scores = tokens.map((token) => one.scores[token] ?? NaN);
    const { places, fallback } = keptCandidates(tokens, scores, { threshold: one.threshold, keepMin: one.keep_min });
    const kept = places.map((place) => tokens[place] ?? NaN);
    expect(ascending(kept)).toEqual(one.kept_sorted);
    expect(fallback).toBe(one.fallback);
    const total = kept.reduce((sum, token) => sum + Math.exp(logits[token] ?? NaN), 0);
    expect(Object.keys(one.probabilities)).toHaveLength(kept.length);
    for (const token of kept)
      expect(Math.exp(logits[token] ?? NaN) / total).toBeCloseTo(one.probabilities[token] ?? NaN, 7);
  });

  it("do what a naive loop does, ties included", () => {
    const quarter = fc.integer({ min: -12, max: 12 }).map((value) => value / 4);
    const cases = fc.record({
      logits: fc.array(fc.oneof(quarter, fc.constant(-Infinity)), { minLength: 1, maxLength: 30 }),
      scores: fc.array(quarter, { minLength: 30, maxLength: 30 }),
      topK: fc.integer({ min: 1, max: 40 }),
      topP: fc.constantFrom(0.1, 0.5, 0.9, 1),
      temperature: fc.constantFrom(0.5, 1, 2),
      threshold: quarter,
      keepMin: fc.integer({ min: 1, max: 6 }),
    });
    fc.assert(
      fc.property(cases, ({ logits, scores, topK, topP, temperature, threshold, keepMin }) => {
        fc.pre(logits.some((logit) => logit > -Infinity));
        const offered = offeredTokens(Float32Array.from(logits), { topK, topP, temperature });
        const tokens = offered.map(({ token }) => token);
        expect(tokens).toEqual(naiveOffer(logits, topK, topP, temperature));
        expect(offered.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9);
        const own = tokens.map((token) => scores[token] ?? NaN);
        const { places, fallback } = keptCandidates(tokens, own, { threshold, keepMin });
        const kept = places.map((place) => tokens[place]);
        expect([kept, fallback]).toEqual(naiveKept(tokens, scores, threshold, keepMin));
      }),
    );
  });

  it("offer one token at k = 1, and refuse logits among which nothing can be chosen", () => {
    expect(offeredTokens(Float32Array.of(0, 3, 1), { topK: 1, topP: 0.9 })).toEqual([
      { token: 1, logit: 3, probability: 1 },
    ]);
    expect(() => offeredTokens(Float32Array.of(0, NaN), { topK: 5, topP: 1 })).toThrow(GuidanceLogitsError);
    expect(() => offeredTokens(Float32Array.of(-Infinity), { topK: 5, topP: 1 })).toThrow("the largest of the model's");
  });

  it("find the 300 best of a large vocabulary as sorting does", () => {
    const logits = Float32Array.from({ length: 2000 }, (_, i) => Math.sin(i * 12.9898) * 5);
    const sorted = [...logits.keys()].toSorted((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0));
    for (const topK of [40, 300])
      expect(offeredTokens(logits, { topK, topP: 1 }).map(({ token }) => token)).toEqual(sorted.slice(0, topK));
  });
});

function naiveOffer(logits: readonly number[], topK: number, topP: number, temperature: number): number[] {
  const descending = logits.toSorted((a, b) => b - a);
  const border = descending[Math.min(topK, logits.length) - 1] ?? NaN;
  const left: number[] = [];
  for (let token = 0; token < logits.length; token++)
    if ((logits[token] ?? NaN) >= border && logits[token] !== -Infinity) left.push(token);
  left.sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b);
  const weight = (token: number) => Math.exp((logits[token] ?? 0) / temperature);
  const total = left.reduce((sum, token) => sum + weight(token), 0);
  const offered: number[] = [];
  let reached = 0;
  for (const token of left) {
    offered.push(token);
    reached += weight(token) / total;
    if (topP < 1 && reached > topP) break;
  }
  return offered;
}

function naiveKept(
  tokens: readonly number[],
  scores: readonly number[],
  threshold: number,
  keepMin: number,
): [number[], boolean] {
  const left = [...tokens];
  const ranked: number[] = [];
  while (left.length > 0) {
    let best = 0;
    for (let i = 1; i < left.length; i++) {
      const [a, b] = [scores[left[i] ?? 0] ?? NaN, scores[left[best] ?? 0] ?? NaN];
      if (a > b || (a === b && (left[i] ?? 0) > (left[best] ?? 0))) best = i;
    }
    ranked.push(...left.splice(best, 1));
  }
  const passed = ranked.filter((token) => (scores[token] ?? NaN) > threshold);
  return passed.length <= keepMin ? [ranked.slice(0, keepMin), true] : [passed, false];
}
