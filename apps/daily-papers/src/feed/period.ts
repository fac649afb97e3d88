import { DateTime } from "luxon";
import { daysOfMonth, daysOfWeek } from "../api/periods.ts";
import type { Day } from "../database/schema.ts";

/** A week or a month of the feed. */
export interface Period {
  readonly kind: "week" | "month";
  /** As the address names it: `2026-W34`, `2026-08`. */
  readonly name: string;
  readonly from: Day;
  /** Its last day. */
  readonly to: Day;
}

/** The week or month of a name; undefined where there is none of it. */
export function periodNamed(kind: Period["kind"], name: string): Period | undefined {
  const days = kind === "week" ? daysOfWeek(name) : daysOfMonth(name);
  return days === undefined ? undefined : { kind, name, ...days };
}

/** The week or month that a day lies in. */
export function periodOf(kind: Period["kind"], day: Day): Period {
  const name = kind === "week" ? DateTime.fromISO(day, { zone: "utc" }).toFormat("kkkk-'W'WW") : day.slice(0, 7);
  const period = periodNamed(kind, name);
  if (period === undefined) throw new Error(`internal: ${day} lies in no ${kind}`);
  return period;
}

export function periodPath({ kind, name }: Pick<Period, "kind" | "name">): string {
  return `/${kind}/${name}`;
}

const monthName = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", month: "long" });
const days = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", day: "numeric", month: "long" });

/** What stands over the period: `17–23 August`, `28 December – 3 January`, `August`; its year stands beside it. */
export function writePeriod({ kind, from, to }: Period): string {
  const [first, last] = [new Date(from), new Date(to)];
  if (kind === "month") return monthName.format(first);
  const [begin, end] = [days.format(first), days.format(last)].map((day) => day.replace(" ", "\u00A0"));
  return from.slice(0, 7) === to.slice(0, 7) ? `${first.getUTCDate()}–${end}` : `${begin} – ${end}`;
}

/** The year beside it: a week belongs to the year that has more of its days. */
export function yearOf({ name }: Period): string {
  return name.slice(0, 4);
}
