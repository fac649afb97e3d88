import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dayIn, isTimeZone, nextIssueAt, timeZones, type SendTimes } from "./due-time.ts";

const minute = 60_000;
const day = 24 * 60 * minute;

/** The same by walking through every minute on the clock of the system, whose rules of time zones are another program's. */
function slowly({ frequency, weekday, hour, timeZone }: SendTimes, after: Date): Date {
  const clock = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    weekday: "short",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    hourCycle: "h23",
  });
  const names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
  const seen = new Set<string>();
  const start = Math.floor((after.getTime() - 2 * day) / minute) * minute;
  for (let at = start; ; at += minute) {
    const parts = Object.fromEntries(clock.formatToParts(at).map(({ type, value }) => [type, value]));
    const date = `${parts["year"]}-${parts["month"]}-${parts["day"]}`;
    if (seen.has(date) || Number(parts["hour"]) < hour) continue;
    seen.add(date);
    const number = names.indexOf(parts["weekday"] ?? "") + 1;
    if ((frequency === "daily" ? number <= 5 : number === weekday) && at > after.getTime()) return new Date(at);
  }
}

const zones = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/Sao_Paulo",
  "America/Havana",
  "Africa/Cairo",
  "Asia/Beirut",
  "Asia/Kathmandu",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "Pacific/Chatham",
  "Antarctica/Troll",
];
/** Days around which clocks were changed, somewhere. */
const changes = [
  "2011-12-30",
  "2018-02-18",
  "2018-11-04",
  "2023-03-26",
  "2023-04-28",
  "2024-03-10",
  "2024-03-31",
  "2024-10-27",
  "2024-11-03",
  "2025-04-06",
];
const nearChange = fc
  .tuple(fc.constantFrom(...changes), fc.integer({ min: -3 * 24 * 60, max: 3 * 24 * 60 }))
  .map(([change, minutes]) => new Date(Date.parse(`${change}T00:00:00Z`) + minutes * minute));
const sendTimes: fc.Arbitrary<SendTimes> = fc.record({
  frequency: fc.constantFrom("daily", "weekly"),
  weekday: fc.integer({ min: 1, max: 7 }),
  hour: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 23 })),
  timeZone: fc.constantFrom(...zones),
});

describe("the next issue", () => {
  it("is due when a walk through every minute says so, whatever is done to the clocks", { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(sendTimes, nearChange, (times, after) => {
        expect(nextIssueAt(times, after).toISOString()).toBe(slowly(times, after).toISOString());
      }),
      { numRuns: 80 },
    );
  });

  it("comes once a day, for a year of days with their changes of clocks", () => {
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.integer({ min: 0, max: 23 }), (timeZone, hour) => {
        const days: string[] = [];
        let at = new Date("2024-01-01T00:00:00Z");
        while (at < new Date("2025-01-01T00:00:00Z")) {
          at = nextIssueAt({ frequency: "daily", weekday: 1, hour, timeZone }, at);
          days.push(dayIn(timeZone, at));
        }
        expect(new Set(days).size).toBe(days.length);
        expect(days.length).toBeGreaterThanOrEqual(261);
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ["an hour that is left out is made up for at once", "2024-03-29T12:00:00Z", "2024-03-31T01:00:00.000Z", 7, 2],
    ["an hour that comes twice counts the first time", "2024-10-26T12:00:00Z", "2024-10-27T00:00:00.000Z", 7, 2],
    ["and the second time is not another", "2024-10-27T00:00:00Z", "2024-11-03T01:00:00.000Z", 7, 2],
  ])("%s", (_title, after, due, weekday, hour) => {
    const times = { frequency: "weekly", weekday, hour, timeZone: "Europe/Berlin" } as const;
    expect(nextIssueAt(times, new Date(after)).toISOString()).toBe(due);
  });

  it("knows time zones from other texts", () => {
    expect(["Europe/Berlin", "UTC", "Asia/Kathmandu"].filter(isTimeZone)).toHaveLength(3);
    expect(["", "Europe/Nowhere", "<script>", "../../etc", "a".repeat(99)].filter(isTimeZone)).toEqual([]);
    expect(timeZones[0]).toBe("UTC");
    expect(timeZones.every(isTimeZone)).toBe(true);
  });
});
