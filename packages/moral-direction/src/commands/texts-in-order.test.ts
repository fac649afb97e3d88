import type { GenerationEvent } from "@offprint/language-model";
import { describe, expect, it } from "vitest";
import { sideBySide } from "./side-by-side.ts";
import { TextsInOrder } from "./texts-in-order.ts";

const token = (sequence: number, text: string): GenerationEvent => ({ type: "token", sequence, token: 0, text });
const end = (sequence: number): GenerationEvent => ({ type: "end", sequence, reason: "length", text: "" });

function shownBy(count: number, held: number) {
  const written: string[] = [];
  const texts = new TextsInOrder(count, { write: (text) => written.push(text), heading: (text) => `<${text}>`, held });
  return {
    take: (...events: GenerationEvent[]): string => {
      written.length = 0;
      for (const event of events) texts.take(event);
      return written.join("");
    },
  };
}

describe("TextsInOrder", () => {
  it("writes the first text as it comes, and the next once it has ended", () => {
    const { take } = shownBy(2, 0);
    expect(take(token(0, "a"))).toBe("a");
    expect(take(token(1, "x"), token(0, "b"))).toBe("b");
    expect(take(end(0))).toBe("\n<1>x");
    expect(take(token(1, "y"), end(1))).toBe("y\n");
  });

  it("writes the second text whole when it ended first", () => {
    const { take } = shownBy(2, 0);
    expect(take(token(1, "x"), end(1), token(0, "a"))).toBe("a");
    expect(take(end(0))).toBe("\n<1>x\n");
  });

  it("holds tokens that may be taken back, and never writes what was", () => {
    const { take } = shownBy(1, 2);
    expect(take(token(0, "a"), token(0, "b"), token(0, "c"))).toBe("a");
    expect(take({ type: "rolledBack", sequence: 0, tokens: 1, text: "ab" }, token(0, "d"))).toBe("");
    expect(take(token(0, "e"), end(0))).toBe("bde\n");
  });
});

describe("sideBySide", () => {
  it("breaks both texts at spaces, and long words within", () => {
    const shown = sideBySide(["one", "two"], ["alpha beta gamma delta epsilon", "a".repeat(25)], 43);
    expect(shown.split("\n").slice(2)).toEqual([
      `alpha beta gamma     │ ${"a".repeat(20)}`,
      "delta epsilon        │ aaaaa",
      "",
    ]);
  });
});
