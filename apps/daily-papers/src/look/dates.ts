import type { Day } from "../database/schema.ts";

const utc = (day: Day) => new Date(`${day}T00:00:00Z`);
const format = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options });

const written = format({ day: "numeric", month: "long", year: "numeric" });
const weekday = format({ weekday: "long" });
const withoutYear = format({ day: "numeric", month: "long" });
const moment = format({ day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit" });

/** `30 September 2024` */
export function writeDay(day: Day): string {
  return written.format(utc(day));
}

/** `Tuesday, 10 December`: the headline of a day; its year stands beside it. Only the comma allows a break. */
export function writeHeadline(day: Day): string {
  return `${weekday.format(utc(day))}, ${withoutYear.format(utc(day)).replace(" ", "\u00A0")}`;
}

/** `23 November 2026 at 14:05 UTC`: what a page shows before the reader's browser writes it in the reader's zone. */
export function writeMoment(time: Date): string {
  return `${moment.format(time)} UTC`;
}

/** Whether a text is a day that exists: `2024-02-30` does not. */
export function isDay(text: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) && utc(text).toISOString().startsWith(text)
  );
}
