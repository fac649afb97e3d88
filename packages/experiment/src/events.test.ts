import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatEvent, linesUpTo, parseEvents, type RunEvent } from "./events.ts";

const time = "2026-11-23T10:00:00.000Z";
const step = (n: number): RunEvent => ({ type: "step", step: n, total: 10, loss: 1 / n, time });
const started: RunEvent = { type: "started", time, command: "x", total: 10, unit: "step", description: "d" };
const finished: RunEvent = { type: "finished", time, outcome: "completed", metrics: { mrr: 0.5 } };

const instant = fc
  .date({ min: new Date(0), max: new Date("2100"), noInvalidDate: true })
  .map((date) => date.toISOString());
const count = fc.nat();
const measure = fc.double({ noDefaultInfinity: true }).map((x) => x + 0); // may be NaN; JSON has no −0
const metrics = fc.dictionary(fc.string(), measure, { noNullPrototype: true });
const optional = { noNullPrototype: true } as const;
const event: fc.Arbitrary<RunEvent> = fc.oneof(
  fc.record({
    type: fc.constant("started" as const),
    time: instant,
    command: fc.string({ unit: "binary" }),
    total: count,
    unit: fc.string(),
    description: fc.string({ unit: "grapheme" }),
  }),
  fc.record(
    { type: fc.constant("step" as const), step: count, total: count, time: instant, epoch: count, loss: measure },
    { ...optional, requiredKeys: ["type", "step", "total", "time"] },
  ),
  fc.record({ type: fc.constant("evaluation" as const), step: count, split: fc.string(), metrics, time: instant }),
  fc.record({
    type: fc.constant("message" as const),
    level: fc.constantFrom("info" as const, "warning" as const),
    text: fc.string({ unit: "grapheme" }),
    time: instant,
  }),
);

describe("parseEvents", () => {
  it("reads back what was written", () => {
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const log = parseEvents(events.map(formatEvent).join(""));
        expect(log.events).toEqual(events);
        expect(log.damaged).toEqual([]);
        expect(log.cut).toBeUndefined();
      }),
    );
  });

  it("keeps every whole event when the file is cut at any byte", () => {
    fc.assert(
      fc.property(
        fc.array(event, { minLength: 1, maxLength: 5 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (events, at) => {
          const bytes = Buffer.from(events.map(formatEvent).join(""));
          const length = Math.floor(at * bytes.length);
          const text = bytes.subarray(0, length).toString();
          let whole = 0;
          for (let end = 0; whole < events.length; whole++) {
            end += Buffer.byteLength(formatEvent(events[whole]!));
            if (end - 1 > length) break; // the line end itself may be missing
          }
          const log = parseEvents(text);
          expect(log.events).toEqual(events.slice(0, whole));
          expect(log.damaged).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("never throws, whatever the text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parseEvents(text)));
    fc.assert(fc.property(fc.array(fc.json()), (lines) => void parseEvents(lines.join("\n"))));
  });

  it("keeps the fields of a newer version", () => {
    const line = JSON.stringify({ ...step(1), gradientNorm: 2 });
    const log = parseEvents(`${line}\n`);
    expect(log.events[0]).toHaveProperty("gradientNorm", 2);
    expect(log.lines).toEqual([line]);
  });

  it("names a damaged line in the middle and reads on", () => {
    const log = parseEvents(`${formatEvent(step(1))}\0\0\0\n{"type":"step"}\n${formatEvent(step(2))}`);
    expect(log.events).toEqual([step(1), step(2)]);
    expect(log.damaged.map(({ line }) => line)).toEqual([2, 3]);
    expect(log.damaged[0]?.problem).toBe("not JSON");
  });

  it("reads a loss that was not finite as NaN", () => {
    const text = formatEvent({ type: "step", step: 1, total: 10, loss: Number.POSITIVE_INFINITY, time });
    expect(text).toContain('"loss":null');
    expect(parseEvents(text).events[0]).toMatchObject({ loss: Number.NaN });
  });
});

const logOf = (...events: RunEvent[]) => parseEvents(events.map(formatEvent).join(""));
const kept = (at: number, ...events: RunEvent[]) => parseEvents(linesUpTo(at, logOf(...events)).join("\n")).events;

describe("linesUpTo", () => {
  it("drops everything from the first later step on", () => {
    const message: RunEvent = { type: "message", level: "info", text: "late", time };
    expect(kept(2, started, step(1), step(2), step(3), message)).toEqual([started, step(1), step(2)]);
  });

  it("drops an end that no longer holds", () => {
    expect(kept(5, started, step(5), finished)).toEqual([started, step(5)]);
  });

  it("forgets all steps when there is no checkpoint", () => {
    expect(kept(0, started, step(1))).toEqual([started]);
  });
});
