import { RandomStream } from "@offprint/training";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keptCandidates, type OfferedToken } from "./mask.ts";
import { race, raceKeys, type RaceResult } from "./race.ts";

const offer = (logits: readonly number[]): OfferedToken[] =>
  logits.map((logit, token) => ({ token, logit, probability: NaN }));

interface Rules {
  readonly threshold: number;
  readonly keepMin: number;
  readonly soft?: number | undefined;
  readonly untilFallbackKnown?: boolean | undefined;
}

/** Races, finding scores on demand. */
async function run(
  offered: readonly OfferedToken[],
  truth: readonly number[],
  keys: Float64Array,
  { threshold, keepMin, soft, untilFallbackKnown }: Rules,
): Promise<RaceResult & { readonly asked: number }> {
  const scores = new Float64Array(offered.length).fill(NaN);
  let asked = 0;
  const penalty = soft === undefined ? undefined : (score: number) => soft * Math.min(0, score - threshold);
  const score = async (places: readonly number[]) => {
    asked += places.length;
    for (const place of places) scores[place] = truth[place] ?? NaN;
  };
  return { ...(await race({ offered, keys, penalty, untilFallbackKnown, scores, score, threshold, keepMin })), asked };
}

describe("race", () => {
  const cases = fc
    .array(fc.record({ logit: fc.double({ min: -4, max: 4, noNaN: true }), score: fc.integer({ min: -4, max: 4 }) }), {
      minLength: 1,
      maxLength: 40,
    })
    .chain((rows) =>
      fc.record({
        logits: fc.constant(rows.map(({ logit }) => logit)),
        scores: fc.constant(rows.map(({ score }) => score / 4)),
        threshold: fc.integer({ min: -4, max: 4 }).map((value) => value / 4),
        keepMin: fc.integer({ min: 1, max: 8 }),
        temperature: fc.constantFrom(0, 0.7, 1, 2),
        seed: fc.nat(),
      }),
    );

  it("gives the candidate with the largest key among those that full scoring keeps", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ logits, scores, threshold, keepMin, temperature, seed }) => {
        const offered = offer(logits);
        const keys = raceKeys(offered, temperature, RandomStream.create(seed, "test"));
        const untilFallbackKnown = seed % 2 === 0;
        const result = await run(offered, scores, keys, { threshold, keepMin, untilFallbackKnown });
        const tokens = offered.map(({ token }) => token);
        const { places, fallback } = keptCandidates(tokens, scores, { threshold, keepMin });
        expect(keys[result.winner]).toBe(Math.max(...places.map((place) => keys[place] ?? NaN)));
        if (untilFallbackKnown || result.fallback !== null) expect(result.fallback).toBe(fallback);
        for (const [place, kept] of result.kept.entries()) if (kept !== null) expect(kept).toBe(places.includes(place));
      }),
      { numRuns: 500 },
    );
  });

  it("gives the candidate with the largest penalised key under a soft penalty", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ logits, scores, threshold, keepMin, temperature, seed }) => {
        const offered = offer(logits);
        const keys = raceKeys(offered, temperature, RandomStream.create(seed, "test"));
        const { winner } = await run(offered, scores, keys, { threshold, keepMin, soft: 3 });
        const penalised = scores.map((score, place) => (keys[place] ?? NaN) + 3 * Math.min(0, score - threshold));
        expect(penalised[winner]).toBe(Math.max(...penalised));
      }),
    );
  });

  const logits = [2, 1.7, 1.5, 1.2, 1, 0.8, 0.5, 0.3, 0, -0.4, -1, -2];
  const scores = [-1, 0.4, -0.8, 0.1, 0.9, -0.2, 0.3, -0.6, 0.2, 0.5, -0.9, 0.7];

  /** Distance of counted draws from a distribution. */
  async function chiSquare(rules: Rules, temperature: number, weights: readonly number[]): Promise<number> {
    const [offered, draws, seen] = [offer(logits), 20_000, new Float64Array(logits.length)];
    const random = RandomStream.create(4, "chi-square");
    for (let i = 0; i < draws; i++) {
      const { winner } = await run(offered, scores, raceKeys(offered, temperature, random), rules);
      seen[winner]!++;
    }
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.reduce((sum, weight, place) => {
      const expected = (draws * weight) / total;
      if (expected === 0) expect(seen[place]).toBe(0);
      return expected === 0 ? sum : sum + (seen[place]! - expected) ** 2 / expected;
    }, 0);
  }

  it.each([
    ["the masked distribution", 0, 3, 1],
    ["the masked distribution at another temperature", 0, 3, 0.6],
    ["that of the fallback", 0.6, 5, 1],
  ] as const)("draws from %s (chi-square)", async (_, threshold, keepMin, temperature) => {
    const { places } = keptCandidates([...logits.keys()], scores, { threshold, keepMin });
    const weights = logits.map((logit, place) => (places.includes(place) ? Math.exp(logit / temperature) : 0));
    // At most 6 degrees of freedom: beyond 27 once in 7,000 seeds.
    expect(await chiSquare({ threshold, keepMin }, temperature, weights)).toBeLessThan(27);
  });

  it("draws from the softly penalised distribution (chi-square)", async () => {
    const weights = logits.map((logit, place) => Math.exp(logit + 2 * Math.min(0, (scores[place] ?? NaN) - 0.2)));
    // 11 degrees of freedom: beyond 36 once in 6,000 seeds.
    expect(await chiSquare({ threshold: 0.2, keepMin: 5, soft: 2 }, 1, weights)).toBeLessThan(36);
  });

  it("scores one of 40 candidates when the first passes, and m + 1 when it has to know about the fallback", async () => {
    const offered = offer(Array.from({ length: 40 }, (_, i) => Math.cos(i)));
    const keys = raceKeys(offered, 0, RandomStream.create(0, "test"));
    const all = Array.from({ length: 40 }, () => 1);
    const rules = { threshold: 0, keepMin: 5 };
    const { asked, winner, fallback } = await run(offered, all, keys, rules);
    expect([asked, winner, fallback]).toEqual([1, 0, null]);
    const certain = await run(offered, all, keys, { ...rules, untilFallbackKnown: true });
    expect([certain.asked, certain.winner, certain.fallback]).toEqual([6, 0, false]);
  });
});
