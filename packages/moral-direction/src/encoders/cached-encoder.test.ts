import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cachedEncoder } from "./cached-encoder.ts";
import { embeddingsOf, type Encoder, finite } from "./encoder.ts";
import { BrokenEmbeddingError } from "./errors.ts";

/** Vectors of two numbers that a text alone decides. */
const vectorOf = (text: string): number[] => [text.length, text.codePointAt(0) ?? 0];

function countingEncoder() {
  const asked: string[][] = [];
  const encoder: Encoder = {
    id: "counting",
    dimensions: 2,
    limit: { tokens: 8 },
    countTokens: (text) => text.length,
    async encode(texts) {
      asked.push([...texts]);
      return embeddingsOf(Float32Array.from(texts.flatMap(vectorOf)), 2);
    },
    async [Symbol.asyncDispose]() {},
  };
  return { encoder, asked };
}

describe("cachedEncoder", () => {
  it("gives what the encoder gives, whatever was asked before and however little it keeps", async () => {
    const texts = fc.array(fc.constantFrom("a", "bb", "", "🙂", "dddd", "a b"), { maxLength: 9 });
    await fc.assert(
      fc.asyncProperty(fc.array(texts, { maxLength: 6 }), fc.nat(4), async (calls, size) => {
        const { encoder, asked } = countingEncoder();
        const cached = cachedEncoder(encoder, size);
        for (const call of calls) expect([...(await cached.encode(call)).values]).toEqual(call.flatMap(vectorOf));
        const { encoded, hits, calls: made } = cached.statistics;
        expect(encoded).toBe(asked.flat().length);
        expect(made).toBe(asked.length);
        expect(encoded + hits).toBe(calls.flat().length);
      }),
    );
  });

  it("reads a text once that occurs twice, or is asked for again while it is read", async () => {
    const { encoder, asked } = countingEncoder();
    const cached = cachedEncoder(encoder, 10);
    await Promise.all([cached.encode(["a", "a", "bb"]), cached.encode(["bb", "cc"])]);
    expect(asked).toEqual([["a", "bb"], ["cc"]]);
    expect(cached.statistics).toEqual({ encoded: 3, hits: 2, calls: 2 });
  });

  it("forgets the text that was used longest ago", async () => {
    const { encoder, asked } = countingEncoder();
    const cached = cachedEncoder(encoder, 2);
    for (const text of ["a", "b", "a", "c", "a", "b"]) await cached.encode([text]);
    expect(asked.flat()).toEqual(["a", "b", "c", "b"]);
  });

  it("asks again after a failure", async () => {
    const { encoder } = countingEncoder();
    let failures = 1;
    const encode: Encoder["encode"] = async (texts) => {
      if (failures-- > 0) throw new Error("no");
      return encoder.encode(texts);
    };
    const cached = cachedEncoder({ ...encoder, encode }, 2);
    await expect(cached.encode(["a"])).rejects.toThrow("no");
    expect([...(await cached.encode(["a"])).values]).toEqual(vectorOf("a"));
  });
});

describe("finite", () => {
  it("names the text whose vector is broken", () => {
    const broken = embeddingsOf(Float32Array.of(1, 2, Number.NaN, 4), 2);
    expect(() => finite(broken, ["fine", "broken"], "toy")).toThrow(BrokenEmbeddingError);
    expect(() => finite(broken, ["fine", "broken"], "toy")).toThrow('toy: the vector of "broken"');
  });
});

describe("embeddingsOf", () => {
  it("gives rows as views, and no row that is not there", () => {
    const embeddings = embeddingsOf(Float32Array.of(1, 2, 3, 4), 2);
    expect([...embeddings.row(1)]).toEqual([3, 4]);
    expect(() => embeddings.row(2)).toThrow(RangeError);
    expect(() => embeddingsOf(Float32Array.of(1, 2, 3), 2)).toThrow(RangeError);
  });
});
