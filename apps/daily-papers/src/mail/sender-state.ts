import { sql, type Kysely } from "kysely";
import type { Database } from "../database/schema.ts";

/** How sending goes, as the admin sees it, whichever process sends. */
export interface SenderState {
  readonly succeededAt: Date | undefined;
  readonly failedAt: Date | undefined;
  readonly error: string | undefined;
}

/** The row of the table `source` that the sender of mails has. */
const row = "mail";
/** Notes that the mail server took a mail, or why it does not speak with us. */
export async function noteSender(db: Kysely<Database>, { now, error }: { now: Date; error?: string }): Promise<void> {
  if (error === undefined) {
    await db
      .insertInto("source")
      .values({ name: row, succeeded_at: now })
      .onConflict((conflict) => conflict.column("name").doUpdateSet({ succeeded_at: now, error: null }))
      .execute();
    return;
  }
  await db
    .insertInto("source")
    .values({ name: row, failed_at: now, error: error.slice(0, 500) })
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ failed_at: now, error: error.slice(0, 500) }))
    .execute();
}

export async function readSenderState(db: Kysely<Database>): Promise<SenderState> {
  const state = await db
    .selectFrom("source")
    .select(["succeeded_at", "failed_at", "error"])
    .where("name", "=", sql.lit(row))
    .executeTakeFirst();
  return {
    succeededAt: state?.succeeded_at ?? undefined,
    failedAt: state?.failed_at ?? undefined,
    error: state?.error ?? undefined,
  };
}
