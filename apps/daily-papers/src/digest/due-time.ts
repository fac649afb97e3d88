import { DateTime } from "luxon";
import type { Day } from "../database/schema.ts";

/** When a subscriber wants issues: on weekdays or once a week, at an hour of their own clock. */
export interface SendTimes {
  readonly frequency: "daily" | "weekly";
  /** Of the weekly issue, Monday is 1. */
  readonly weekday: number;
  readonly hour: number;
  /** IANA name. */
  readonly timeZone: string;
}

/** Time zones skip whole days at most; a week after the next eligible one there is an issue for certain. */
const mostDays = 16;

/**
 * When the next issue after a moment is due: the first instant of the next eligible day at which the subscriber's clock
 * shows the hour or more. An hour that a change of clocks leaves out is made up for at once, and one that comes twice
 * counts the first time, so that each day has one issue.
 */
export function nextIssueAt(times: SendTimes, after: Date): Date {
  const yesterday = DateTime.fromJSDate(after, { zone: times.timeZone }).minus({ days: 1 });
  for (let days = 0; days < mostDays; days += 1) {
    const { year, month, day, weekday } = DateTime.utc(yesterday.year, yesterday.month, yesterday.day).plus({ days });
    if (times.frequency === "daily" ? weekday > 5 : weekday !== times.weekday) continue;
    const at = firstAtHour({ year, month, day }, times);
    if (at !== undefined && at > after) return at;
  }
  throw new Error(`internal: no issue is ever due in ${times.timeZone}`);
}

/** Undefined for a day that the zone left out, as Samoa did in December 2011. */
function firstAtHour(
  date: { readonly year: number; readonly month: number; readonly day: number },
  { hour, timeZone }: SendTimes,
): Date | undefined {
  const local = DateTime.fromObject({ ...date, hour }, { zone: timeZone });
  if (local.day !== date.day) return undefined;
  const times = [local, ...local.getPossibleOffsets()].map((time) => time.toMillis());
  return new Date(Math.min(...times));
}

/** The calendar day that a moment has in a time zone. */
export function dayIn(timeZone: string, moment: Date): Day {
  const day = DateTime.fromJSDate(moment, { zone: timeZone }).toISODate();
  if (day === null) throw new Error(`internal: ${timeZone} has no day`);
  return day;
}

/** Whether a name is a time zone's. */
export function isTimeZone(name: string): boolean {
  return /^[A-Za-z0-9_+/-]{1,64}$/.test(name) && DateTime.local({ zone: name }).isValid;
}

/** The zones to choose from, UTC first. */
export const timeZones: readonly string[] = [
  "UTC",
  ...Intl.supportedValuesOf("timeZone").filter((name) => name !== "UTC"),
];
