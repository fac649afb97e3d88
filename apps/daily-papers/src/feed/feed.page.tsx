/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { Child } from "hono/jsx";
import type { Day } from "../database/schema.ts";
import { SubscribeForm } from "../digest/subscribe-form.tsx";
import { writeHeadline } from "../look/dates.ts";
import { Moment } from "../look/moment.tsx";
import { writeAmount } from "../look/numbers.ts";
import type { Implementations } from "../runs/implementations.ts";
import type { FeedDay, PaperList } from "./feed.queries.ts";
import { PaperCards } from "./paper-card.tsx";
import { periodPath, writePeriod, yearOf, type Period } from "./period.ts";

/** The ways to look at the papers. */
type ViewName = "day" | "week" | "month" | "trending" | "new";

interface Shown {
  readonly implementations: Implementations;
}

/** One day of Daily Papers. */
export function DayPage({ feed, implementations, path }: Shown & { feed: FeedDay; path: string }) {
  const link = (day: Day | undefined) =>
    day === undefined ? undefined : { href: `/date/${day}`, text: writeHeadline(day) };
  return (
    <>
      <Masthead view="day" day={feed.day} earlier={link(feed.earlier)} later={link(feed.later)}>
        <time datetime={feed.day}>
          {writeHeadline(feed.day)} <span class="masthead-year">{feed.day.slice(0, 4)}</span>
        </time>
      </Masthead>
      <div class="feed-subscribe">
        <SubscribeForm />
      </div>
      <PaperCards papers={feed.papers} implementations={implementations} from={path} />
    </>
  );
}

interface Listed extends Shown {
  readonly list: PaperList;
  /** Whether this is not the list's first page. */
  readonly goesOn: boolean;
}

/** A week's or a month's papers, most votes first. */
export function PeriodPage({
  period,
  neighbours,
  ...listed
}: Listed & { period: Period; neighbours: { earlier: Period | undefined; later: Period | undefined } }) {
  const link = (other: Period | undefined) => other && { href: periodPath(other), text: writePeriod(other) };
  return (
    <>
      <Masthead view={period.kind} day={period.to} earlier={link(neighbours.earlier)} later={link(neighbours.later)}>
        {writePeriod(period)} <span class="masthead-year">{yearOf(period)}</span>
      </Masthead>
      <Cards {...listed} path={periodPath(period)} />
    </>
  );
}

/** The hottest papers. */
export function TrendingPage(listed: Listed) {
  return (
    <>
      <Masthead view="trending">Trending</Masthead>
      <p class="feed-note">
        Votes, and how lately a paper came into the feed: <a href="/how-ranking-works">how ranking works</a>.
      </p>
      <div class="feed-subscribe">
        <SubscribeForm />
      </div>
      <Cards {...listed} path="/trending" />
    </>
  );
}

/** What came since the reader looked. */
export function NewPage({ since, seenUntil, ...listed }: Listed & { since: Date; seenUntil: Date }) {
  const { papers, next } = listed.list;
  return (
    <>
      <Masthead view="new">New</Masthead>
      <div class="feed-note">
        <p>
          {papers.length === 0
            ? "Nothing came since "
            : `${next === undefined && !listed.goesOn ? writeAmount(papers.length, "paper") : "Papers"} since `}
          <Moment time={since} />.
          {papers.length === 0 && (
            <>
              {" "}
              <a href="/trending">Trending papers</a>
            </>
          )}
        </p>
        {papers.length > 0 && (
          <form method="post" action="/new/seen">
            <input type="hidden" name="until" value={seenUntil.toISOString()} />
            <button class="quiet-button">I have seen these</button>
          </form>
        )}
      </div>
      <Cards {...listed} path="/new" />
    </>
  );
}

interface Neighbour {
  readonly href: string;
  readonly text: string;
}

interface MastheadProps {
  readonly view: ViewName;
  /** A day of what is shown: the other views open there. */
  readonly day?: Day;
  readonly earlier?: Neighbour | undefined;
  readonly later?: Neighbour | undefined;
  readonly children: Child;
}

/** The headline of a view, the way to the views beside it and the other ways to look. */
function Masthead({ view, day, earlier, later, children }: MastheadProps) {
  return (
    <header class="masthead">
      <p class="masthead-by">
        <span class="masthead-name">Daily Papers</span>, by AK and the research community
      </p>
      <h1>{children}</h1>
      <div class="masthead-ways">
        <Views view={view} day={day} />
        {(earlier ?? later) !== undefined && (
          <nav class="neighbours" aria-label={view === "day" ? "Days" : view === "week" ? "Weeks" : "Months"}>
            {/* What is not there has no link: dead controls say nothing. */}
            {earlier !== undefined && (
              <a rel="prev" href={earlier.href}>
                ← {earlier.text}
              </a>
            )}
            {later !== undefined && (
              <a rel="next" href={later.href}>
                {later.text} →
              </a>
            )}
          </nav>
        )}
      </div>
    </header>
  );
}

/** Day, week, month: those that hold what is shown, so that one can look from nearer or further. */
function Views({ view, day }: { view: ViewName; day: Day | undefined }) {
  const at = day === undefined ? "" : `?day=${day}`;
  const ways: readonly [ViewName, string, string][] = [
    ["day", day === undefined ? "/" : `/date/${day}`, "Day"],
    ["week", `/week${at}`, "Week"],
    ["month", `/month${at}`, "Month"],
    ["trending", "/trending", "Trending"],
    ["new", "/new", "New"],
  ];
  return (
    <nav class="views" aria-label="Views">
      {ways.map(([name, href, text]) => (
        <a href={href} {...(name === view ? { "aria-current": "page" as const } : {})}>
          {text}
        </a>
      ))}
    </nav>
  );
}

function Cards({ list, goesOn, implementations, path }: Listed & { path: string }) {
  return (
    <>
      <PaperCards papers={list.papers} implementations={implementations} from={path} />
      {(goesOn || list.next !== undefined) && (
        <nav class="more" aria-label="Pages">
          {goesOn && <a href={path}>From the beginning</a>}
          {list.next !== undefined && (
            <a rel="next" href={`${path}?after=${list.next}`}>
              More papers →
            </a>
          )}
        </nav>
      )}
    </>
  );
}
