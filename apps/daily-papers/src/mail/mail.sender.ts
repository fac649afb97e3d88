import type { Kysely } from "kysely";
import type { Database, MailKind } from "../database/schema.ts";
import { backoffMs } from "../jobs/backoff.ts";
import type { Delivery } from "./delivery.ts";
import type { MailConfig, SmtpServer } from "./mail-config.ts";
import { claimMail, endClaim, giveUpClaims, isMailDue, type Ending, type Mail } from "./mail.queries.ts";
import { writeMessage } from "./message.ts";
import { onMailAdded } from "./queue-mail.ts";
import { noteSender } from "./sender-state.ts";
import { SmtpSession, usualTimeouts, type SmtpTimeouts } from "./smtp-session.ts";
import { noteHardBounce, noteUndelivered } from "./bounce.ts";
import { suppressionOf } from "./suppression.ts";

export interface MailSenderOptions {
  readonly db: Kysely<Database>;
  readonly config: MailConfig & { readonly smtp: SmtpServer };
  readonly onError: (error: unknown) => void;
  readonly now?: () => Date;
  /** Connections to the mail server at a time; 4 when left out. */
  readonly connections?: number;
  readonly timeouts?: SmtpTimeouts;
  /** After this time a mail whose sender said nothing more counts as unsure; longer than any mail may take. */
  readonly leaseMs?: number;
  readonly pollMs?: number;
  /** How long `stop` waits for the mails under way. */
  readonly graceMs?: number;
  readonly random?: () => number;
}

/** A mail that was not taken is tried again after a minute, then ever more rarely, at least every two hours. */
const retryBackoff = { firstMs: 60_000, mostMs: 2 * 3_600_000 };
/** A server that does not speak with us at all is asked again after five seconds, then ever more rarely. */
const serverBackoff = { firstMs: 5_000, mostMs: 5 * 60_000 };
/** After this many hours a mail is worth nothing any more. */
const worthHours: Readonly<Record<MailKind, number>> = { "sign-in": 0.25, confirmation: 48, digest: 24, notice: 72 };
const secondLookMs = 100;
const noteMs = 60_000;

/**
 * Sends what is in the outbox. A mail is claimed, and the claim committed, before SMTP is spoken; what the server answers
 * is noted afterwards. A crash in between leaves mails that may have arrived: they are shown to the admin and never
 * sent again by themselves.
 */
export class MailSender {
  readonly #options: MailSenderOptions;
  readonly #lanes = new Set<Promise<void>>();
  readonly #sessions = new Set<SmtpSession>();
  #idle: SmtpSession[] = [];
  #failures = 0;
  #pausedUntil = 0;
  #noted = -Infinity;
  #stopping = false;
  #timer: NodeJS.Timeout | undefined;
  #secondLook: NodeJS.Timeout | undefined;
  #forgetNews: (() => void) | undefined;

  constructor(options: MailSenderOptions) {
    this.#options = options;
  }

  /** Marks what an earlier server left in the midst as unsure, and begins to send. */
  start(): void {
    this.#forgetNews = onMailAdded(() => {
      this.wake();
      this.#secondLook ??= setTimeout(() => {
        this.#secondLook = undefined;
        this.wake();
      }, secondLookMs).unref();
    });
    this.#tick();
  }

  /** Looks for mails now. */
  wake(): void {
    if (this.#stopping || this.#now.getTime() < this.#pausedUntil) return;
    if (this.#lanes.size >= (this.#options.connections ?? 4)) return;
    const lane: Promise<void> = this.#lane()
      .catch(this.#options.onError)
      .finally(() => this.#lanes.delete(lane));
    this.#lanes.add(lane);
  }

  /** Resolves when nothing is due or the server does not take mails: for tests and commands. */
  async idle(): Promise<void> {
    this.wake();
    while (this.#lanes.size > 0) await Promise.race(this.#lanes);
  }

  /** Takes no more mails and waits for those under way; what the server has not answered by then is unsure. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#forgetNews?.();
    clearTimeout(this.#timer);
    clearTimeout(this.#secondLook);
    const patience = setTimeout(() => {
      for (const session of this.#sessions) session.abort();
    }, this.#options.graceMs ?? 10_000);
    await Promise.all(this.#lanes);
    clearTimeout(patience);
    for (const session of this.#sessions) session.close();
  }

  get #now(): Date {
    return (this.#options.now ?? (() => new Date()))();
  }

  #tick(): void {
    const { db, onError, leaseMs = 10 * 60_000, pollMs = 5_000 } = this.#options;
    giveUpClaims(db, new Date(this.#now.getTime() - leaseMs)).then(() => this.wake(), onError);
    for (const session of this.#idle.splice(0)) this.#leave(session);
    this.#timer = setTimeout(() => this.#tick(), pollMs).unref();
  }

  /** One connection's worth of work: mail after mail until nothing is due. */
  async #lane(): Promise<void> {
    const { db } = this.#options;
    let session = this.#idle.pop();
    while (!this.#stopping && (await isMailDue(db, this.#now))) {
      if (session?.usable !== true) {
        if (session !== undefined) this.#leave(session);
        session = await this.#connect();
        if (session === undefined) return;
      }
      const mail = await claimMail(db, this.#now);
      if (mail === undefined) break;
      // There is work: another connection may help.
      this.wake();
      await this.#send(mail, session);
    }
    if (session === undefined) return;
    if (session.usable && !this.#stopping) this.#idle.push(session);
    else this.#leave(session);
  }

  #leave(session: SmtpSession): void {
    session.close();
    this.#sessions.delete(session);
  }

  /** A connection, or undefined when the server does not speak with us: then everybody waits, and no mail is claimed. */
  async #connect(): Promise<SmtpSession | undefined> {
    const { db, config, timeouts = usualTimeouts } = this.#options;
    try {
      const session = await SmtpSession.open(config.smtp, timeouts);
      this.#sessions.add(session);
      return session;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#pause();
      await noteSender(db, {
        now: this.#now,
        error: `the mail server ${config.smtp.host} does not take mails: ${reason}`,
      });
      return undefined;
    }
  }

  #pause(): void {
    // Several connections that fail together are one failure.
    if (this.#now.getTime() < this.#pausedUntil) return;
    this.#failures += 1;
    this.#pausedUntil = this.#now.getTime() + backoffMs(this.#failures, serverBackoff, this.#options.random);
  }

  async #send(mail: Mail, session: SmtpSession): Promise<void> {
    const { db, config, onError } = this.#options;
    const now = this.#now;
    const suppressed = await suppressionOf(db, mail.recipient);
    if (suppressed === "bounce" || (suppressed === "complaint" && mail.kind !== "sign-in")) {
      await endClaim(db, mail, { state: "failed", error: `nothing is sent to this address after a ${suppressed}` });
      return;
    }
    let delivery: Delivery;
    try {
      const { envelope, bytes } = await writeMessage(mail, config, now);
      delivery = await session.send(envelope, bytes);
    } catch (error) {
      // Nothing was said to the server: the mail itself cannot be written.
      onError(new Error(`the mail ${mail.id} cannot be written`, { cause: error }));
      delivery = { type: "refused", reason: "it cannot be written as a message", gone: false };
    }
    await endClaim(db, mail, this.#endingOf(mail, delivery));
    if (delivery.type === "sent") {
      await this.#noteThatItWorks();
    } else if (delivery.type === "refused" && delivery.gone) {
      await noteHardBounce(db, mail.recipient, this.#now);
    } else if (delivery.type === "later") {
      if (delivery.closed) this.#pause();
      if (this.#isWorthless(mail)) await noteUndelivered(db, mail, this.#now);
    }
  }

  /** Once a minute, and whenever the server is back, not once a mail. */
  async #noteThatItWorks(): Promise<void> {
    const now = this.#now;
    if (this.#failures === 0 && now.getTime() < this.#noted + noteMs) return;
    this.#failures = 0;
    this.#noted = now.getTime();
    await noteSender(this.#options.db, { now });
  }

  #isWorthless({ kind, createdAt }: Mail): boolean {
    return this.#now.getTime() - createdAt.getTime() > worthHours[kind] * 3_600_000;
  }

  #endingOf(mail: Mail, delivery: Delivery): Ending {
    switch (delivery.type) {
      case "sent":
        return { state: "sent", now: this.#now };
      case "refused":
        return { state: "failed", error: delivery.reason };
      case "unsure":
        return { state: "unsure", error: `the connection broke after the text was handed over: ${delivery.reason}` };
      default: {
        if (this.#isWorthless(mail)) return { state: "failed", error: `given up: ${delivery.reason}` };
        const wait = backoffMs(mail.attempts, retryBackoff, this.#options.random);
        const sendAfter = new Date(this.#now.getTime() + wait);
        return { state: "waiting", sendAfter, error: delivery.reason, counts: true };
      }
    }
  }
}
