import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitDirection } from "../direction/fit.ts";
import { toyEncoder, toyMaterial } from "../testing/toy-encoder.ts";
import { correlationPlot } from "./correlation-plot.ts";
import { placeLabels } from "./place-labels.ts";
import { rankedPhrases } from "./ranked-phrases.ts";
import { verbScatter } from "./verb-scatter.ts";

describe("labels", () => {
  it("cover neither one another nor a dot, and stay in the frame", () => {
    const coordinate = fc.integer({ min: 0, max: 300 });
    const dots = fc.array(
      fc.record({ x: coordinate, y: coordinate, text: fc.constantFrom("a", "verb", "a longer one") }),
    );
    fc.assert(
      fc.property(dots, (given) => {
        const size = { letter: 6, height: 12, radius: 4, frame: { left: 0, right: 300, top: 0, bottom: 300 } };
        const boxes = placeLabels(given, [...given.keys()], size).map(({ dot, dx, dy, anchor }) => {
          const { x, y, text } = given[dot]!;
          const width = 6 * text.length;
          const left = x + dx - { start: 0, middle: width / 2, end: width }[anchor];
          return { left, right: left + width, top: y + dy - 6, bottom: y + dy + 6 };
        });
        for (const [index, box] of boxes.entries()) {
          expect(box.left >= 0 && box.right <= 300 && box.top >= 0 && box.bottom <= 300).toBe(true);
          for (const other of boxes.slice(index + 1))
            expect(
              box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom,
            ).toBe(false);
          for (const { x, y } of given)
            expect(box.left < x && x < box.right && box.top < y && y < box.bottom).toBe(false);
        }
      }),
    );
  });
});

describe("figures", () => {
  it("rank phrases from the best down, names escaped", async () => {
    const svg = await rankedPhrases({
      id: "r",
      form: "file",
      phrases: [
        { name: "rob <a> bank", score: -0.8, interval: [-1, -0.5] },
        { name: "help", score: 0.7 },
        { name: "broken", score: Number.NaN },
      ],
    });
    expect(svg).toContain("rob &lt;a&gt; bank");
    expect(svg).toContain("best down: help 0.70; rob");
    expect(svg).not.toContain("broken");
  });

  it("show the verbs of a fit in their groups", async () => {
    const { direction } = await fitDirection(toyEncoder(), toyMaterial);
    const svg = await verbScatter({ id: "v", direction });
    expect(svg).toContain("4 good verbs, 4 bad verbs, 3 neutral verbs");
    expect(svg).toContain("var(--series-2");
    expect(svg).toContain(">kill<");
  });

  it("show scores against answers, naming only what may be named", async () => {
    const items = ["help", "rob", "read", "wait", "hug"].map((action, index) => ({
      action,
      question: "",
      human: index / 4,
      columns: {},
    }));
    const study = { name: "toy", items };
    const scores = [0.1, 0, 0.4, 0.7, 0.9];
    const named = await correlationPlot({ id: "c", study, scores });
    expect(named).toContain(">rob<");
    expect(named).toContain("5 items");
    const hidden = await correlationPlot({ id: "c", study, scores, mayName: (action) => action !== "rob" });
    expect(hidden).not.toContain(">rob<");
  });
});
