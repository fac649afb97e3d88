import type { Fields } from "../look/form.ts";
import { isTimeZone } from "./due-time.ts";
import type { Preferences } from "./subscriber.ts";
import { parseTopics } from "./topics.ts";

export interface ReadPreferences {
  readonly preferences: Preferences;
  /** What could not be understood, as sentences; the preference before stands in its place. */
  readonly problems: readonly string[];
}

/** What a form says, over what was chosen before. */
export function readPreferences(fields: Fields, before: Preferences): ReadPreferences {
  const problems: string[] = [];
  const whole = (name: string, most: number, otherwise: number, sentence: string) => {
    const text = fields[name]?.trim();
    if (text === undefined) return otherwise;
    const value = /^\d{1,5}$/.test(text) ? Number(text) : -1;
    if (value >= 0 && value <= most) return value;
    problems.push(sentence);
    return otherwise;
  };
  const weekday = whole("weekday", 7, before.weekday, "Day: choose a day of the week.");
  const frequency = fields["frequency"];
  const timeZone = fields["timeZone"]?.trim() ?? before.timeZone;
  if (!isTimeZone(timeZone)) problems.push("Time zone: choose one of the list.");
  return {
    preferences: {
      frequency: frequency === "daily" || frequency === "weekly" ? frequency : before.frequency,
      weekday: Math.max(1, weekday),
      hour: whole("hour", 23, before.hour, "Hour: choose one from 00:00 to 23:00."),
      timeZone: isTimeZone(timeZone) ? timeZone : before.timeZone,
      topics: fields["topics"] === undefined ? before.topics : parseTopics(fields["topics"]),
      leastVotes: whole("leastVotes", 9_999, before.leastVotes, "Votes: enter a whole number from 0 to 9999."),
    },
    problems,
  };
}
