import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alsoLearned, byDocument, holdOut } from "./hold-out.ts";
import { qaInstruction } from "./qa-samples.ts";

/** Questions about texts of one letter each, the letter's place telling which. */
const asked = (...counts: readonly number[]) =>
  counts.flatMap((count, letter) =>
    Array.from({ length: count }, (_, i) => ({
      prompt: qaInstruction(String.fromCharCode(97 + letter).repeat(400), `Which is ${i}?`),
    })),
  );
const letterOf = ({ prompt }: { readonly prompt: string }) => /Text:\n(.)/.exec(prompt)![1]!;

const counts = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 12 });

describe("holdOut", () => {
  it("never splits one document's questions over both sides, and loses none, in any order", () => {
    fc.assert(
      fc.property(counts, fc.nat({ max: 20 }), fc.infiniteStream(fc.double({ noNaN: true })), (sizes, count, keys) => {
        const samples = asked(...sizes)
          .map((sample) => ({ sample, key: keys.next().value }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ sample }) => sample);
        const { learned, held, documents } = holdOut(samples, count);
        expect(documents).toBe(sizes.length);
        expect(new Set([...learned, ...held])).toEqual(new Set(samples));
        expect(learned.length + held.length).toBe(samples.length);
        const left = new Set(learned.map(letterOf));
        expect(held.filter((one) => left.has(letterOf(one)))).toEqual([]);
        expect(learned.length).toBeGreaterThan(0);
        expect(alsoLearned(held, learned)).toEqual([]);
      }),
    );
  });

  it("takes the last documents that fit, or the smallest where none does", () => {
    const lettersOf = (samples: readonly { readonly prompt: string }[]) => samples.map(letterOf).join("");
    expect(lettersOf(holdOut(asked(3, 1, 2, 4), 3).held)).toBe("bcc");
    expect(lettersOf(holdOut(asked(3, 2, 4), 1).held)).toBe("bb");
    expect(holdOut(asked(3, 2, 4), 0).held).toEqual([]);
  });

  it("holds nothing out where all is about one document", () => {
    expect(holdOut(asked(20), 1)).toMatchObject({ held: [], documents: 1 });
  });
});

describe("byDocument", () => {
  it("keeps short questions apart although they begin alike", () => {
    const prompts = ["Say which of these is right: a", "Say which of these is right: b"];
    expect(byDocument(prompts.map((prompt) => ({ prompt })))).toHaveLength(2);
  });

  it("believes a record that names its document, whatever the passage is", () => {
    const samples = ["x", "y", "x"].map((document, i) => ({ document, prompt: `${i}`.repeat(300) }));
    expect(byDocument(samples).map((group) => group.length)).toEqual([2, 1]);
    expect(alsoLearned(samples.slice(2), samples.slice(0, 2))).toEqual(samples.slice(2));
    expect(alsoLearned(samples.slice(1, 2), [samples[0]!, samples[2]!])).toEqual([]);
  });
});
