import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { examplePaper } from "../testing/papers.ts";
import { writeIssue } from "./issue.tsx";
import { dayClosesAt, isDayOpen, newestClosedDay } from "./open-day.ts";
import { readableTex } from "../papers/readable-tex.ts";
import { choosePapers, votesOf, type ClosedPaper } from "./selection.ts";
import { isAbout, parseTopics } from "./topics.ts";

describe("readable TeX", () => {
  it.each([
    [String.raw`An $\mathcal{O}(n^2)$ bound`, "An O(n²) bound"],
    [String.raw`$\alpha \leq 10^{-3}$ and $x_{12}$`, "α ≤ 10⁻³ and x₁₂"],
    [String.raw`$\frac{a+b}{2}$, $\mathbb{R}^d$, $W^{\top}$`, "(a+b)/2, R^d, W^(top)"],
    ["Costs $5 to $10", "Costs $5 to $10"],
    [String.raw`Erd\H{o}s \emph{graphs}`, "Erdős graphs"],
    ["a\n  b", "a b"],
  ])("%s", (tex, text) => expect(readableTex(tex)).toBe(text));

  it("has one line and never fails", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => !/[\n\r]/.test(readableTex(text))));
    fc.assert(fc.property(fc.stringMatching(/^[$\\{}^_a-z ]{0,60}$/), (text) => typeof readableTex(text) === "string"));
  });
});

describe("topics", () => {
  const paper = examplePaper({
    title: "Speculative decoding for LLMs",
    abstract: "Graph-based retrieval.",
    categories: ["cs.CL", "stat.ML"],
    keywords: ["Inference speed"],
  });

  it.each(["cs.CL", "CS.cl", "cs", "stat", "llms", "speculative decoding", "graph", "inference speed"])(
    "%s is one",
    (topic) => expect(isAbout(paper, topic)).toBe(true),
  );
  it.each(["cs.C", "LLM", "decod", "retrieva", "speed", "math"])("%s is none", (topic) =>
    expect(isAbout(paper, topic)).toBe(false),
  );
  it("are read as they are typed", () => {
    expect(parseTopics(" agents,  cs.CL;agents\n Large   models ,, ")).toEqual(["agents", "cs.CL", "Large models"]);
    expect(parseTopics(Array.from({ length: 50 }, (_, index) => `t${index}`).join())).toHaveLength(20);
  });
});

describe("the papers of an issue", () => {
  const wishes = { frequency: "daily", topics: [], leastVotes: 0, lastNumber: 0 } as const;
  const closedPapers: fc.Arbitrary<ClosedPaper[]> = fc
    .array(fc.record({ votes: fc.nat(30), dayOfMonth: fc.integer({ min: 9, max: 20 }) }), { maxLength: 60 })
    .map((rows) =>
      rows.map(({ votes, dayOfMonth }, index) => ({
        paper: examplePaper({ id: `2611.${String(index).padStart(5, "0")}`, votes }),
        number: index + 1,
        day: `2026-11-${String(dayOfMonth).padStart(2, "0")}`,
      })),
    );

  it("are each of them in exactly one issue of a reader, in whatever order they came", () => {
    fc.assert(
      fc.property(closedPapers, fc.array(fc.nat(60)), (closed, looks) => {
        const seen: string[] = [];
        let lastNumber = 1;
        for (const look of [...looks.toSorted((a, b) => a - b), closed.length]) {
          const selection = choosePapers(
            closed.slice(0, look),
            { ...wishes, frequency: "weekly", lastNumber },
            "2026-11-20",
          );
          seen.push(...selection.papers.map(({ id }) => id));
          expect(selection.papers.length + selection.more).toBeGreaterThanOrEqual(selection.papers.length);
          ({ lastNumber } = selection);
        }
        expect(new Set(seen).size).toBe(seen.length);
      }),
    );
  });

  it("have most votes first, and a stable order", () => {
    fc.assert(
      fc.property(closedPapers, (closed) => {
        const { papers } = choosePapers(closed, { ...wishes, frequency: "weekly" }, "2026-11-20");
        const votes = papers.map(votesOf);
        expect(votes).toEqual(votes.toSorted((a, b) => b - a));
        expect(choosePapers(closed.toReversed(), { ...wishes, frequency: "weekly" }, "2026-11-20").papers).toEqual(
          papers,
        );
      }),
    );
  });

  it("begin with the newest closed day that has any", () => {
    const closed = ["2026-11-19", "2026-11-20", "2026-11-20"].map((day, index) => ({
      paper: examplePaper({ id: `2611.0000${index}` }),
      number: index + 1,
      day,
    }));
    expect(choosePapers(closed, wishes, "2026-11-20").papers).toHaveLength(2);
    expect(choosePapers(closed, wishes, "2026-11-22").papers).toHaveLength(2);
    expect(choosePapers(closed, { ...wishes, frequency: "weekly" }, "2026-11-22").papers).toHaveLength(3);
  });
});

describe("an open day", () => {
  it("is closed an hour after its end", () => {
    expect(dayClosesAt("2026-11-22")).toEqual(new Date("2026-11-23T01:00:00Z"));
    expect(isDayOpen("2026-11-22", new Date("2026-11-23T00:59:59Z"))).toBe(true);
    expect(newestClosedDay(new Date("2026-11-23T00:59:59Z"))).toBe("2026-11-21");
    expect(newestClosedDay(new Date("2026-11-23T01:00:00Z"))).toBe("2026-11-22");
  });
});

describe("an issue", () => {
  it("says in text all that it says in HTML, and nothing of a title is markup", async () => {
    const hostile = examplePaper({
      title: 'A <script>alert(1)</script> "title"\r\nBcc: all@example.org',
      abstract: `${"Long words ".repeat(60)}<img src=x>`,
      authors: ["A <b>", "B", "C", "D", "E"],
      votes: 3,
    });
    const issue = await writeIssue({
      selection: { papers: [hostile], more: 2, days: ["2026-11-20"], lastNumber: 1 },
      site: "https://papers.example.org",
      links: { unsubscribe: "https://papers.example.org/unsubscribe/t", preferences: "https://papers.example.org/p" },
      frequency: "daily",
      imprint: "Example Library, 1 Street, Town",
      runsHere: () => true,
    });
    expect(issue.subject).not.toMatch(/[\r\n]/);
    expect(issue.html).not.toContain("<script");
    expect(issue.html).not.toContain("<img");
    for (const both of [
      "Friday, 20",
      "3 votes",
      "Runs here",
      "and 2 others",
      "Example Library",
      "papers.example.org/unsubscribe/t",
    ]) {
      expect(issue.text).toContain(both);
      expect(issue.html).toContain(both);
    }
    expect(issue.text).toContain("<script>alert(1)</script>");
    expect(Math.max(...issue.text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(76);
  });
});
