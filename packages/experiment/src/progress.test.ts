import { describe, expect, it } from "vitest";
import type { RunEvent } from "./events.ts";
import { eventReporter, progressReporter } from "./progress.ts";

const at = (seconds: number) => new Date(1e12 + seconds * 1000).toISOString();
const started: RunEvent = {
  type: "started",
  time: at(0),
  command: "offprint kge train umls",
  total: 4200,
  unit: "step",
  description: "NFE-1 on umls",
};
const step = (n: number, seconds: number): RunEvent => ({
  type: "step",
  step: n,
  total: 4200,
  loss: 0.5,
  time: at(seconds),
});
const evaluation: RunEvent = {
  type: "evaluation",
  step: 120,
  split: "valid",
  metrics: { mrr: 0.41, mr: 8 },
  time: at(5),
};
const warning: RunEvent = { type: "message", level: "warning", text: "σ has\u001B[2J collapsed", time: at(6) };
const finished: RunEvent = { type: "finished", time: at(9), outcome: "completed", metrics: {} };

const control = new RegExp(String.raw`(\r|\n|${"\u001B"}\[\d*[Km])`);

/** Collects what is written, and shows what a terminal of one line would show. */
function screen(columns?: number) {
  const written: string[] = [];
  return {
    written,
    isTTY: columns !== undefined,
    ...(columns !== undefined && { columns }),
    write: (text: string) => void written.push(text),
    /** The lines of a terminal after all writes, thin spaces made plain. */
    get lines(): string[] {
      const lines = [""];
      for (const part of written.join("").split(control)) {
        if (part === "\n") lines.push("");
        else if (part === "\u001B[K" || part === "\r" || part.startsWith("\u001B")) {
          if (part === "\r") lines[lines.length - 1] = "";
        } else lines[lines.length - 1] += part;
      }
      return lines.map((line) => line.replaceAll("\u202F", " "));
    },
  };
}

function isColoured(env: Record<string, string>): boolean {
  const stderr = screen(120);
  const { report } = progressReporter(stderr, env);
  for (const event of [started, step(10, 1), warning]) report(event);
  return stderr.written.join("").includes("\u001B[2m");
}

describe("on a terminal", () => {
  it("shows one line: what, how far, how fast, how long, how well", () => {
    const stderr = screen(120);
    const { report } = progressReporter(stderr, {});
    for (const event of [started, step(10, 1), evaluation, step(124, 4)]) report(event);
    expect(stderr.lines).toEqual([
      "NFE-1 on umls · step 124 of 4,200 · 38 steps/s · 1 min 47 s left · loss 0.5 · valid mrr 0.41",
    ]);
  });

  it("cleans the line up at the end, and after an early stop", () => {
    for (const end of ["finished", "close"]) {
      const stderr = screen(120);
      const reporter = progressReporter(stderr, {});
      for (const event of [started, step(10, 1)]) reporter.report(event);
      if (end === "finished") reporter.report(finished);
      reporter.close();
      expect(stderr.lines).toEqual([""]);
    }
  });

  it("never wraps", () => {
    for (let columns = 4; columns < 100; columns++) {
      const stderr = screen(columns);
      const { report } = progressReporter(stderr, { NO_COLOR: "1" });
      for (const event of [started, step(10, 1), step(124, 4)]) report(event);
      for (const line of stderr.lines) expect(line.length).toBeLessThan(columns);
      if (columns > 20) expect(stderr.lines.at(-1)).toContain("step 124 of 4,200");
    }
  });

  it("lets messages stand above the line, without their control characters", () => {
    const stderr = screen(120);
    const { report } = progressReporter(stderr, {});
    for (const event of [started, step(10, 1), warning]) report(event);
    expect(stderr.lines).toEqual(["Warning: σ has�[2J collapsed", "NFE-1 on umls · step 10 of 4,200 · loss 0.5"]);
  });

  it("redraws at most ten times a second", () => {
    const stderr = screen(120);
    const { report } = progressReporter(stderr, {});
    report(started);
    for (let n = 1; n <= 1000; n++) report(step(n, n / 1000));
    expect(stderr.written.length).toBeLessThanOrEqual(11);
  });

  it("uses no colour with NO_COLOR", () => {
    expect(isColoured({})).toBe(true);
    expect(isColoured({ NO_COLOR: "1" })).toBe(false);
    expect(isColoured({ NO_COLOR: "" })).toBe(true);
  });

  it("says where a cancelled or failed run stopped", () => {
    const stderr = screen(120);
    const { report } = progressReporter(stderr, {});
    for (const event of [started, step(10, 1)]) report(event);
    report({ type: "finished", time: at(2), outcome: "failed", metrics: {}, error: "the loss is NaN" });
    expect(stderr.lines).toEqual(["Failed at step 10 of 4,200: the loss is NaN", ""]);
  });
});

describe("elsewhere", () => {
  it("prints whole lines, sparsely", () => {
    const stderr = screen();
    const { report } = progressReporter(stderr, {});
    report(started);
    for (let n = 1; n <= 4200; n++) report(step(n, n / 100));
    report(finished);
    expect(stderr.lines[0]).toBe("NFE-1 on umls: 4,200 steps");
    expect(stderr.lines[1]).toBe("NFE-1 on umls · step 420 of 4,200 · 100 steps/s · 38 s left · loss 0.5");
    expect(stderr.lines[10]).toBe("NFE-1 on umls · step 4,200 of 4,200 · 100 steps/s · loss 0.5");
    expect(stderr.lines).toHaveLength(1 + 10 + 1 + 1);
    expect(stderr.written.join("")).not.toContain("\u001B");
  });

  it("prints a line a minute when progress is slow", () => {
    const stderr = screen();
    const { report } = progressReporter(stderr, {});
    report(started);
    for (let n = 1; n <= 10; n++) report(step(n, n * 30));
    expect(stderr.lines.filter((line) => line.includes(" of "))).toHaveLength(5);
  });

  it("is also a terminal that cannot redraw", () => {
    const stderr = screen(80);
    progressReporter(stderr, { TERM: "dumb" }).report(started);
    expect(stderr.lines).toEqual(["NFE-1 on umls: 4,200 steps", ""]);
  });
});

describe("eventReporter", () => {
  it("prints events as JSON on stdout for machines, nothing on stderr", () => {
    const [stdout, stderr] = [screen(), screen(80)];
    const { report } = eventReporter(true, { stdout, stderr, env: {} });
    for (const event of [started, finished]) report(event);
    expect(stdout.written.map((line): unknown => JSON.parse(line))).toEqual([started, finished]);
    expect(stderr.written).toEqual([]);
  });
});
