import type { Day, SubscriberState } from "../database/schema.ts";
import type { SendTimes } from "./due-time.ts";

/** What a subscriber can choose. */
export interface Preferences extends SendTimes {
  /** Words or arXiv categories; none means everything. */
  readonly topics: readonly string[];
  readonly leastVotes: number;
}

/** Somebody who gets issues by mail, or asked to. */
export interface Subscriber extends Preferences {
  readonly id: string;
  /** Never shown, logged or exported to others. */
  readonly email: string;
  readonly state: SubscriberState;
  readonly nextIssueAt: Date | undefined;
  readonly lastIssueAt: Date | undefined;
  /** In the subscriber's time zone. */
  readonly lastIssueDay: Day | undefined;
  readonly lastNumber: number;
}

/** What who chose nothing gets. */
export const usualPreferences: Preferences = {
  frequency: "daily",
  weekday: 1,
  hour: 8,
  timeZone: "UTC",
  topics: [],
  leastVotes: 0,
};
