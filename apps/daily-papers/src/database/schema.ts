import type { ColumnType, JSONColumnType, Selectable } from "kysely";

/** A calendar day, `YYYY-MM-DD`, without a time zone. */
export type Day = string;

export type RunStatus = "queued" | "running" | "completed" | "cancelled" | "interrupted" | "failed";

/** The tables as `migrations/*.sql` make them. Rows stay in the query modules; domain types leave. */
export interface Database {
  paper: PaperTable;
  featured_paper: FeaturedPaperTable;
  run: RunTable;
}

interface PaperTable {
  id: string;
  title: string;
  abstract: string;
  authors: JSONColumnType<string[]>;
  published_on: Day;
  code_url: string | null;
  implementation: string | null;
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
  attempts: ColumnType<number, number | undefined, number>;
  cancel_requested: ColumnType<boolean, boolean | undefined, boolean>;
  process_id: number | null;
  process_started: string | null;
  metrics: JSONColumnType<Record<string, number>> | null;
  error: string | null;
}

export type PaperRow = Selectable<PaperTable>;
export type RunRow = Selectable<RunTable>;
