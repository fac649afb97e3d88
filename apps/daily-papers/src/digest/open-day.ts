import type { Day } from "../database/schema.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Sources tell of a day's last papers within this time after its end. */
const graceMs = hourMs;

/**
 * When a day of the feed is closed: an hour after its end in UTC. Papers come in during the day; an issue that was sent
 * before would miss those that come later and rank the others too early.
 */
export function dayClosesAt(day: Day): Date {
  return new Date(Date.parse(`${day}T00:00:00Z`) + dayMs + graceMs);
}

/** Whether papers may still be added to a day in the ordinary way. */
export function isDayOpen(day: Day, now: Date): boolean {
  return now < dayClosesAt(day);
}

/** The newest day that is closed. */
export function newestClosedDay(now: Date): Day {
  return addDays(new Date(now.getTime() - graceMs).toISOString().slice(0, 10), -1);
}

/** The day some days later, or earlier where `days` is negative. */
export function addDays(day: Day, days: number): Day {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10);
}
