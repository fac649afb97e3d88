import { DateTime } from "luxon";
import type { Day } from "../database/schema.ts";

/** Days from the first to the last, both included. */
export interface Period {
  readonly from: Day;
  readonly to: Day;
}

/** The days of an ISO week such as `2025-W09`, Monday to Sunday; undefined for a week that does not exist. */
export function daysOfWeek(text: string): Period | undefined {
  const [, year, week] = /^(\d{4})-W(\d{2})$/.exec(text) ?? [];
  if (year === undefined || week === undefined) return undefined;
  const monday = DateTime.fromObject({ weekYear: Number(year), weekNumber: Number(week), weekday: 1 }, { zone: "utc" });
  return monday.isValid && isWritable(monday) ? periodOf(monday, monday.plus({ days: 6 })) : undefined;
}

/** The days of a month such as `2025-02`; undefined for a month that does not exist. */
export function daysOfMonth(text: string): Period | undefined {
  const [, year, month] = /^(\d{4})-(\d{2})$/.exec(text) ?? [];
  if (year === undefined || month === undefined) return undefined;
  const first = DateTime.fromObject({ year: Number(year), month: Number(month) }, { zone: "utc" });
  return first.isValid && isWritable(first) ? periodOf(first, first.endOf("month")) : undefined;
}

/** A database knows no year 0, and a year of five digits is a slip. */
function isWritable({ year }: DateTime): boolean {
  return year >= 1 && year < 9999;
}

function periodOf(from: DateTime, to: DateTime): Period {
  return { from: from.toFormat("yyyy-MM-dd"), to: to.toFormat("yyyy-MM-dd") };
}
