import type { Day } from "../database/schema.ts";
import type { Paper } from "../papers/paper.ts";
import { addDays } from "./open-day.ts";
import { isAbout } from "./topics.ts";

/** A paper of a closed day, with its place in the order in which days were closed. */
export interface ClosedPaper {
  readonly paper: Paper;
  readonly number: number;
  readonly day: Day;
}

/** What a subscriber wants to read of. */
export interface Wishes {
  readonly frequency: "daily" | "weekly";
  readonly topics: readonly string[];
  readonly leastVotes: number;
  /** Number of the last paper that an issue of theirs looked at; 0 before the first issue. */
  readonly lastNumber: number;
}

export interface Selection {
  /** Most votes first. */
  readonly papers: readonly Paper[];
  /** How many more were chosen than an issue holds. */
  readonly more: number;
  /** The days that they are of, the oldest first. */
  readonly days: readonly Day[];
  /** Up to where this issue looked. */
  readonly lastNumber: number;
}

/** An issue is read over a cup of coffee. */
const mostPapers = { daily: 20, weekly: 30 };

/**
 * The papers of the next issue: those of days that were closed since the last one and that meet the wishes. Ties keep an
 * order: newest first, then by id.
 * @param closedUntil the newest closed day; the first issue begins a day, or a week, before its end.
 */
export function choosePapers(closed: readonly ClosedPaper[], wishes: Wishes, closedUntil: Day): Selection {
  const firstDay = addDays(closedUntil, wishes.frequency === "daily" ? 0 : -6);
  const isNew = ({ number, day }: ClosedPaper) =>
    wishes.lastNumber === 0 ? day >= newestOr(firstDay, closed) : number > wishes.lastNumber;
  const chosen = closed
    .filter(isNew)
    .filter(({ paper }) => paper.withdrawnAt === undefined && votesOf(paper) >= wishes.leastVotes)
    .filter(({ paper }) => wishes.topics.length === 0 || wishes.topics.some((topic) => isAbout(paper, topic)))
    .toSorted((a, b) => inOrder(a.paper, b.paper));
  const most = mostPapers[wishes.frequency];
  return {
    papers: chosen.slice(0, most).map(({ paper }) => paper),
    more: Math.max(0, chosen.length - most),
    days: [...new Set(chosen.map(({ day }) => day))].toSorted(),
    lastNumber: Math.max(wishes.lastNumber, ...closed.map(({ number }) => number)),
  };
}

/** After a weekend, the first issue still has a day to show: the newest that has papers. */
function newestOr(day: Day, closed: readonly ClosedPaper[]): Day {
  const newest = closed.reduce<Day>((latest, paper) => (paper.day > latest ? paper.day : latest), "");
  return newest !== "" && newest < day ? newest : day;
}

/** Votes given here and where the paper came from. */
export function votesOf({ votes, votesElsewhere }: Paper): number {
  return votes + votesElsewhere;
}

/** Most votes first, then the newest, then by id. */
export function inOrder(a: Paper, b: Paper): number {
  return votesOf(b) - votesOf(a) || compare(b.publishedOn, a.publishedOn) || compare(a.id, b.id);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
