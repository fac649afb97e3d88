import type { ColumnType, Generated, JSONColumnType, Selectable } from "kysely";

/** A calendar day, `YYYY-MM-DD`, without a time zone. */
export type Day = string;

export type RunStatus = "queued" | "running" | "completed" | "cancelled" | "interrupted" | "failed";
export type PaperSource = "seed" | "arxiv" | "huggingface" | "import" | "submission";
export type Role = "reader" | "moderator" | "admin";
export type CommentState = "shown" | "held" | "hidden" | "deleted";
/** `unanswered`: arXiv could not be asked in time. */
export type SubmissionState = "waiting" | "featured" | "held" | "refused" | "unanswered";
export type SubscriberState = "pending" | "confirmed" | "ended";
export type MailKind = "sign-in" | "confirmation" | "digest" | "notice";
/** `unsure`: the connection broke after the text was handed over; it is not sent again by itself. */
export type MailState = "waiting" | "sending" | "sent" | "failed" | "unsure";

/** The tables as `migrations/*.sql` make them, where each column is explained. Rows stay in the query modules; domain types leave. */
export interface Database {
  paper: PaperTable;
  featured_paper: FeaturedPaperTable;
  run: RunTable;
  account: AccountTable;
  sign_in: SignInTable;
  session: SessionTable;
  vote: VoteTable;
  comment: CommentTable;
  report: ReportTable;
  submission: SubmissionTable;
  moderation: ModerationTable;
  subscriber: SubscriberTable;
  suppression: SuppressionTable;
  digest_paper: DigestPaperTable;
  mail: MailTable;
  job: JobTable;
  schedule: ScheduleTable;
  pace: PaceTable;
  source: SourceTable;
  secret: SecretTable;
  search_word: SearchWordTable;
  rate_window: RateWindowTable;
  paper_neighbours: PaperNeighboursTable;
  passed_over: PassedOverTable;
}

/** A column that has a default: it may be left out when a row is written. */
type Default<T> = ColumnType<T, T | undefined, T>;
/** A column that may be null, and may be left out. */
type Optional<T> = ColumnType<T | null, T | null | undefined, T | null>;

interface PaperTable {
  id: string;
  title: string;
  abstract: string;
  authors: JSONColumnType<string[]>;
  published_on: Day;
  code_url: string | null;
  implementation: string | null;
  source: Default<PaperSource>;
  published_at: Optional<Date>;
  revised_at: Optional<Date>;
  version: Optional<number>;
  categories: Default<string[]>;
  journal_ref: Optional<string>;
  doi: Optional<string>;
  author_comment: Optional<string>;
  license: Optional<string>;
  summary: Optional<string>;
  keywords: Default<string[]>;
  project_url: Optional<string>;
  organization: Optional<string>;
  code_stars: Optional<number>;
  votes_elsewhere: Default<number>;
  comments_elsewhere: Default<number>;
  votes: Default<number>;
  comments: Default<number>;
  hotness: Default<number>;
  featured_on: Optional<Day>;
  featured_at: Optional<Date>;
  entered_at: Optional<Date>;
  submitted_by: Optional<string>;
  withdrawn_at: Optional<Date>;
  changed_at: Default<Date>;
  extra: ColumnType<Record<string, unknown>, string | undefined, string>;
  /** tsvector, made by the database. */
  search: ColumnType<string, never, never>;
}

interface FeaturedPaperTable {
  day: Day;
  paper_id: string;
  position: number;
}

interface RunTable {
  id: string;
  paper_id: string;
  implementation: string;
  config: JSONColumnType<Readonly<Record<string, string | number>>>;
  status: RunStatus;
  queued_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
  attempts: Default<number>;
  cancel_requested: Default<boolean>;
  process_id: number | null;
  process_started: string | null;
  metrics: JSONColumnType<Record<string, number>> | null;
  error: string | null;
  account_id: Optional<string>;
}

interface AccountTable {
  id: string;
  name: string;
  email: string;
  role: Default<Role>;
  created_at: Date;
  banned_at: Optional<Date>;
  ban_reason: Optional<string>;
  seen_feed_at: Optional<Date>;
}

interface SignInTable {
  token_hash: string;
  email: string;
  nonce_hash: string;
  created_at: Date;
  expires_at: Date;
  used_at: Optional<Date>;
}

interface SessionTable {
  token_hash: string;
  account_id: string;
  created_at: Date;
  seen_at: Date;
  expires_at: Date;
  browser: Optional<string>;
}

interface VoteTable {
  account_id: string;
  paper_id: string;
  created_at: Date;
  /** False while the voter's account is too new. */
  counted: Default<boolean>;
}

interface CommentTable {
  id: string;
  paper_id: string;
  account_id: Optional<string>;
  parent_id: Optional<string>;
  question: Default<boolean>;
  accepted_at: Optional<Date>;
  body: string;
  state: Default<CommentState>;
  state_reason: Optional<string>;
  moral_score: Optional<number>;
  created_at: Date;
  edited_at: Optional<Date>;
}

interface ReportTable {
  comment_id: string;
  account_id: string;
  reason: string;
  created_at: Date;
  settled_at: Optional<Date>;
}

interface SubmissionTable {
  id: string;
  paper_id: string;
  account_id: Optional<string>;
  state: SubmissionState;
  state_reason: Optional<string>;
  moral_score: Optional<number>;
  created_at: Date;
  settled_at: Optional<Date>;
}

interface ModerationTable {
  id: Generated<string>;
  at: Date;
  actor: string;
  action: string;
  subject: string;
  reason: string;
}

interface SubscriberTable {
  id: string;
  email: string;
  state: SubscriberState;
  frequency: "daily" | "weekly";
  weekday: Default<number>;
  hour: Default<number>;
  time_zone: Default<string>;
  topics: Default<string[]>;
  least_votes: Default<number>;
  created_at: Date;
  confirm_hash: Optional<string>;
  confirm_expires_at: Optional<Date>;
  confirmed_at: Optional<Date>;
  consent: ColumnType<Record<string, unknown> | null, string | null | undefined, string | null>;
  ended_at: Optional<Date>;
  ended_reason: Optional<string>;
  next_issue_at: Optional<Date>;
  last_issue_at: Optional<Date>;
  /** bigint: its text, as the driver gives it. */
  last_number: ColumnType<string, string | undefined, string>;
  last_issue_day: Optional<Day>;
}

interface DigestPaperTable {
  paper_id: string;
  number: Generated<string>;
  day: Day;
  closed_at: Date;
}

interface SuppressionTable {
  email_hash: string;
  reason: string;
  created_at: Date;
}

interface MailTable {
  id: string;
  kind: MailKind;
  dedupe_key: Optional<string>;
  subscriber_id: Optional<string>;
  recipient: string;
  subject: string;
  text_body: string;
  html_body: string;
  headers: ColumnType<Record<string, string>, string | undefined, string>;
  state: Default<MailState>;
  attempts: Default<number>;
  created_at: Date;
  send_after: Date;
  claimed_at: Optional<Date>;
  sent_at: Optional<Date>;
  error: Optional<string>;
}

interface JobTable {
  id: Generated<string>;
  name: string;
  payload: ColumnType<Record<string, unknown>, string, string>;
  dedupe_key: Optional<string>;
  run_after: Date;
  attempts: Default<number>;
  most_attempts: Default<number>;
  leased_until: Optional<Date>;
  finished_at: Optional<Date>;
  failed: Default<boolean>;
  error: Optional<string>;
  created_at: Date;
}

interface ScheduleTable {
  name: string;
  last_at: Date;
}

interface PaceTable {
  service: string;
  next_at: Date;
}

interface SourceTable {
  name: string;
  state: ColumnType<Record<string, unknown>, string | undefined, string>;
  succeeded_at: Optional<Date>;
  failed_at: Optional<Date>;
  error: Optional<string>;
}

interface RateWindowTable {
  key: string;
  used: number;
  ends_at: Date;
}

interface PaperNeighboursTable {
  paper_id: string;
  ids: string[];
  /** In the order of `ids`; read by its schema. */
  facts: ColumnType<unknown, string, string>;
  made_at: Date;
}

interface PassedOverTable {
  account_id: string;
  paper_id: string;
  created_at: Date;
}

interface SecretTable {
  name: string;
  value: string;
  created_at: Date;
}

interface SearchWordTable {
  word: string;
}

export type PaperRow = Selectable<PaperTable>;
export type RunRow = Selectable<RunTable>;
export type SubscriberRow = Selectable<SubscriberTable>;
export type MailRow = Selectable<MailTable>;
export type JobRow = Selectable<JobTable>;
