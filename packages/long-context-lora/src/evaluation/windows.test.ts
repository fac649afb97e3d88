import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { spreadOver, windowsOf } from "./windows.ts";

const counted = (windows: ReturnType<typeof windowsOf>): string[] =>
  windows.flatMap(({ document, begin, length, countFrom }) =>
    Array.from({ length: length - countFrom }, (_, i) => `${document}:${begin + countFrom + i}`),
  );

describe("windowsOf", () => {
  it("in the strict protocol counts each token but the first of a document once, with enough before it", () => {
    const sizes = fc.record({
      lengths: fc.array(fc.nat(60), { minLength: 1, maxLength: 4 }),
      context: fc.integer({ min: 2, max: 20 }),
      stride: fc.integer({ min: 1, max: 19 }),
    });
    fc.assert(
      fc.property(sizes, ({ lengths, context, stride }) => {
        fc.pre(stride < context && lengths.some((length) => length > 1));
        const windows = windowsOf("strided", lengths, { context, stride });
        const wanted = lengths.flatMap((length, document) =>
          Array.from({ length: Math.max(0, length - 1) }, (_, i) => `${document}:${i + 1}`),
        );
        expect(counted(windows)).toEqual(wanted);
        for (const { document, begin, length, countFrom } of windows) {
          expect(length).toBeLessThanOrEqual(context);
          expect(begin + length).toBeLessThanOrEqual(lengths[document]!);
          expect(countFrom).toBeGreaterThanOrEqual(Math.max(1, Math.min(context - stride, begin + 1)));
        }
      }),
    );
  });

  it("in the paper's protocol is its code's loop, the last begin dropped", () => {
    fc.assert(
      fc.property(
        fc.nat(80),
        fc.integer({ min: 2, max: 20 }),
        fc.integer({ min: 1, max: 25 }),
        (tokens, context, stride) => {
          const begins: number[] = [];
          for (let begin = 0; begin < tokens - context; begin += stride) begins.push(begin);
          begins.pop();
          if (begins.length === 0) {
            expect(() => windowsOf("longlora", [tokens], { context, stride })).toThrow(/too few for one window/);
            return;
          }
          expect(windowsOf("longlora", [tokens], { context, stride })).toEqual(
            begins.map((begin) => ({ document: 0, begin, length: context, countFrom: 1 })),
          );
        },
      ),
    );
  });

  it("says how long a text must be, and is right", () => {
    expect(() => windowsOf("longlora", [24], { context: 16, stride: 8 })).toThrow(/wants 25/);
    expect(windowsOf("longlora", [25], { context: 16, stride: 8 })).toHaveLength(1);
    expect(() => windowsOf("strided", [1, 0], { context: 16, stride: 8 })).toThrow(/wants 2/);
  });

  it("refuses a stride that would leave a token without context", () => {
    expect(() => windowsOf("strided", [50], { context: 16, stride: 16 })).toThrow(
      /less than the context of 16; 16 came/,
    );
    expect(() => windowsOf("strided", [50], { context: 1, stride: 1 })).toThrow(/at least 2 tokens; 1 came/);
  });
});

describe("spreadOver", () => {
  it("keeps the first item and goes over all of them in even steps", () => {
    expect(spreadOver([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 4)).toEqual([0, 2, 5, 7]);
    expect(spreadOver([0, 1], 4)).toEqual([0, 1]);
  });
});
