import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TextStream } from "./text-stream.ts";

/** A tokenizer whose tokens are single bytes. */
const bytes = { decode: (ids: ArrayLike<number>) => new TextDecoder().decode(Uint8Array.from(ids)) };
const bytesOf = (text: string): number[] => [...new TextEncoder().encode(text)];
/** A tokenizer that drops the space before the first word, as Llama's does. */
const words = ["▁one", "▁two", "▁three", "s", "▁"];
const llama = {
  decode: (ids: ArrayLike<number>) =>
    Array.from(ids, (id) => words[id] ?? "")
      .join("")
      .replaceAll("▁", " ")
      .replace(/^ /, ""),
};

const feed = (stream: TextStream, tokens: readonly number[]): string[] => [
  ...tokens.map((token) => stream.push(token)),
  stream.flush(),
];
const anyText = fc.string({ unit: "grapheme", maxLength: 30 });

describe("TextStream", () => {
  it("gives out any text in whole characters", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const pieces = feed(new TextStream(bytes, []), bytesOf(text));
        expect(pieces.join("")).toBe(text);
        for (const piece of pieces) expect(piece.includes("\uFFFD")).toBe(text.includes("\uFFFD"));
      }),
    );
  });

  it("gives out bytes that never become a character, once that is certain", () => {
    const pieces = feed(new TextStream(bytes, []), [0xff, 0xff, 0xff, 0xff, 65]);
    expect(pieces.join("")).toBe("\uFFFD\uFFFD\uFFFD\uFFFDA");
  });

  it("keeps the space between the prompt and what follows, and drops it where nothing went before", () => {
    expect(feed(new TextStream(llama, [0]), [1, 3, 2]).join("")).toBe(" twos three");
    expect(feed(new TextStream(llama, []), [1, 3, 2]).join("")).toBe("twos three");
    const many = Array.from({ length: 50 }, (_, i) => i % 5);
    expect(feed(new TextStream(llama, []), many).join("")).toBe(llama.decode(many));
  });

  it("ends before the first stop string, wherever its pieces lie, and never shows the beginning of one", () => {
    fc.assert(
      fc.property(
        anyText,
        fc.array(fc.string({ unit: "grapheme", minLength: 1, maxLength: 4 }), { maxLength: 3 }),
        (text, stops) => {
          // The stop string that is complete first counts, and where several are, the one that begins first.
          const ends = stops
            .map((stop) => text.indexOf(stop) + stop.length)
            .filter((end, i) => end >= stops[i]!.length);
          const read = text.slice(0, Math.min(...ends));
          const places = stops.map((stop) => read.indexOf(stop)).filter((place) => place >= 0);
          const wanted = read.slice(0, Math.min(...places));
          const stream = new TextStream(bytes, [], stops);
          const pieces: string[] = [];
          for (const token of bytesOf(text)) {
            pieces.push(stream.push(token));
            if (stream.stopped) break;
          }
          pieces.push(stream.flush());
          expect(wanted.startsWith(pieces.slice(0, -1).join(""))).toBe(true);
          expect(pieces.join("")).toBe(wanted);
          expect(stream.stopped).toBe(places.length > 0);
        },
      ),
    );
  });

  it("holds back what may begin a stop string, and gives it out when it does not", () => {
    const stream = new TextStream(bytes, [], ["\n\nQ:"]);
    expect(bytesOf("a\n\nQ").map((token) => stream.push(token))).toEqual(["a", "", "", ""]);
    expect(stream.push(bytesOf("?")[0]!)).toBe("\n\nQ?");
  });
});
