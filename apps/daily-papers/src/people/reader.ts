import type { Context } from "hono";
import type { Role } from "../database/schema.ts";
import { DailyPapersError } from "../errors.ts";

/** A person who is signed in, as far as pages and rules need to know. */
export interface Reader {
  readonly id: string;
  /** Shown to everybody, and part of addresses. */
  readonly name: string;
  readonly role: Role;
  /** A banned reader may read, export and leave, but not write. */
  readonly banned: boolean;
}

/** What only some may do. */
export type Power = "moderate" | "administer";

const powers: Readonly<Record<Role, readonly Power[]>> = {
  reader: [],
  moderator: ["moderate"],
  admin: ["moderate", "administer"],
};

/** Whether a reader, or somebody who is not signed in, has a power. */
export function can(reader: Reader | undefined, power: Power): boolean {
  return reader !== undefined && !reader.banned && powers[reader.role].includes(power);
}

/** Who asks; undefined for somebody who is not signed in. For code that takes any context. */
export function readerOf(c: Context): Reader | undefined {
  return c.get("reader") as Reader | undefined;
}

/** Something was asked for that only a signed-in reader can have. */
export class SignInNeededError extends DailyPapersError {
  override readonly name = "SignInNeededError";
  readonly code = "SIGN_IN_NEEDED";
  constructor() {
    super("only a signed-in reader can do this; sign in and send it again");
  }
}

/** Something was asked for that this reader may not do. */
export class NotAllowedError extends DailyPapersError {
  override readonly name = "NotAllowedError";
  readonly code = "NOT_ALLOWED";
}
