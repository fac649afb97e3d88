import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RandomStream } from "@offprint/training";
import { GenerationError } from "./errors.ts";
import { checkSampling, chooseToken, draw, likeliest, type SamplingOptions, tokenProbabilities } from "./sampling.ts";

const float = fc.integer({ min: -400, max: 400 }).map((n) => n / 40);
const distinctLogits = fc.uniqueArray(float, { minLength: 1, maxLength: 30 }).map((list) => Float32Array.from(list));

/** The definition, step by step, on a list of tokens sorted by probability. */
function naive(logits: Float32Array, { temperature = 1, topK = Infinity, topP = 1, minP = 0 }: SamplingOptions) {
  const exps = Array.from(logits, (logit) => Math.exp(logit / temperature));
  let tokens = exps.map((weight, token) => ({ token, weight })).toSorted((a, b) => b.weight - a.weight);
  tokens = tokens.slice(0, topK);
  const total = tokens.reduce((sum, { weight }) => sum + weight, 0);
  let reached = 0;
  tokens = tokens.filter(({ weight }) => {
    const before = reached;
    reached += weight / total;
    return before < topP - 1e-12;
  });
  tokens = tokens.filter(({ weight }) => weight >= minP * (tokens[0]?.weight ?? 0) * (1 - 1e-12));
  const kept = tokens.reduce((sum, { weight }) => sum + weight, 0);
  const result = new Float64Array(logits.length);
  for (const { token, weight } of tokens) result[token] = weight / kept;
  return result;
}

describe("tokenProbabilities", () => {
  it("equals the definition for any temperature, top-k, top-p and min-p", () => {
    const options = fc.record({
      temperature: fc.constantFrom(0.3, 1, 2.5),
      topK: fc.integer({ min: 1, max: 40 }),
      topP: fc.constantFrom(1, 0.93, 0.51, 0.07),
      minP: fc.constantFrom(0, 0.013, 0.31),
    });
    fc.assert(
      fc.property(distinctLogits, options, (logits, settings) => {
        const came = tokenProbabilities(logits, settings);
        for (const [i, wanted] of naive(logits, settings).entries()) expect(came[i]).toBeCloseTo(wanted, 9);
      }),
    );
  });

  it("keeps all tokens that tie at a border, and never one that is forbidden", () => {
    expect([...tokenProbabilities(Float32Array.of(1, 2, 2, 2, 0), { topK: 2 })]).toEqual([0, 1 / 3, 1 / 3, 1 / 3, 0]);
    expect(tokenProbabilities(Float32Array.of(-Infinity, 3, -Infinity), { topP: 0.9 })).toEqual(
      Float64Array.of(0, 1, 0),
    );
  });
});

describe("draw", () => {
  it("gives each token its share of the unit interval, and none without probability", () => {
    const probabilities = Float64Array.of(0, 0.25, 0, 0.75, 0);
    expect([0, 0.2499, 0.25, 0.9999].map((uniform) => draw(probabilities, uniform))).toEqual([1, 1, 3, 3]);
    expect(draw(Float64Array.of(0.3, 0.3, 0.39999, 0), 0.999999)).toBe(2);
  });
});

describe("chooseToken", () => {
  const random = () => RandomStream.create(1, "test");

  it("takes the likeliest without a temperature, the first of equals", () => {
    expect(likeliest(Float32Array.of(1, 3, 3, 2))).toBe(1);
    expect(chooseToken(Float32Array.of(1, 3, 3, 2), [], {}, random())).toBe(1);
  });

  it("draws as often as the probabilities say, and the same for the same seed", () => {
    const logits = Float32Array.from([0.5, 0.25, 0.25].map(Math.log));
    const stream = random();
    const counts = [0, 0, 0];
    for (let i = 0; i < 4000; i++) counts[chooseToken(logits, [], { temperature: 1 }, stream)]! += 1;
    expect(counts[0]! / 4000).toBeCloseTo(0.5, 1);
    expect(counts[1]! / 4000).toBeCloseTo(0.25, 1);
    const other = random();
    for (let i = 0; i < 4000; i++) chooseToken(logits, [], { temperature: 1 }, other);
    expect(other.getState()).toEqual(stream.getState());
  });

  it("makes what occurred less likely, whatever its logit's sign, and leaves the given logits alone", () => {
    const logits = Float32Array.of(2, 1.5, -1, -1.5);
    expect(chooseToken(logits, [0, 0], { repetitionPenalty: 2 }, random())).toBe(1);
    expect(chooseToken(Float32Array.of(-1, -1.5), [0], { repetitionPenalty: 2 }, random())).toBe(1);
    expect([...logits]).toEqual([2, 1.5, -1, -1.5]);
  });

  it("says so when every token is forbidden", () => {
    const none = Float32Array.of(-Infinity, -Infinity);
    for (const temperature of [0, 1]) {
      expect(() => chooseToken(none, [], { temperature }, random())).toThrow(GenerationError);
    }
  });
});

describe("checkSampling", () => {
  it.each([
    [{ temperature: -1 }, "temperature is -1; it must be a number, 0 or more"],
    [{ temperature: NaN }, "temperature is NaN"],
    [{ topK: 0 }, "topK is 0"],
    [{ topP: 1.1 }, "topP is 1.1; it must be above 0, at most 1"],
    [{ minP: 2 }, "minP is 2"],
    [{ repetitionPenalty: 0 }, "repetitionPenalty is 0"],
  ])("refuses %j", (options, message) => {
    expect(() => checkSampling(options)).toThrow(message);
  });
});
