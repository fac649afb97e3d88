import { Readable } from "node:stream";
import SmtpConnection from "nodemailer/lib/smtp-connection";
import { classifyFailure, type Delivery, type SmtpFailure } from "./delivery.ts";
import type { SmtpServer } from "./mail-config.ts";

export interface Envelope {
  readonly from: string;
  readonly to: string;
}

export interface SmtpTimeouts {
  readonly connectMs: number;
  /** Without a byte from the server. */
  readonly silenceMs: number;
  /** For one mail, however lively the server is. */
  readonly mailMs: number;
}

export const usualTimeouts: SmtpTimeouts = { connectMs: 20_000, silenceMs: 60_000, mailMs: 120_000 };

/**
 * One connection to the mail server, for one mail after another. nodemailer's pool is not used: it sends a mail again
 * by itself when a connection breaks, and does not say whether the text had been handed over.
 */
export class SmtpSession {
  readonly #connection: SmtpConnection;
  readonly #timeouts: SmtpTimeouts;
  #abort: (() => void) | undefined;
  #usable = true;
  #sent = 0;

  private constructor(connection: SmtpConnection, timeouts: SmtpTimeouts) {
    this.#connection = connection;
    this.#timeouts = timeouts;
    connection.on("error", () => (this.#usable = false));
    connection.on("end", () => (this.#usable = false));
  }

  /**
   * Connects and signs in.
   * @throws {Error} of the SMTP client, saying at which step and what the server answered.
   */
  static async open(server: SmtpServer, timeouts: SmtpTimeouts = usualTimeouts): Promise<SmtpSession> {
    const { host, port, secure, requireTls, auth } = server;
    const connection = new SmtpConnection({
      host,
      port,
      secure,
      requireTLS: requireTls,
      connectionTimeout: timeouts.connectMs,
      greetingTimeout: timeouts.connectMs,
      dnsTimeout: timeouts.connectMs,
      socketTimeout: timeouts.silenceMs,
    });
    const session = new SmtpSession(connection, timeouts);
    try {
      await new Promise<void>((resolve, reject) => {
        connection.once("error", reject);
        connection.connect((error) => (error ? reject(error) : resolve()));
      });
      if (auth !== undefined) {
        await new Promise<void>((resolve, reject) => {
          connection.once("error", reject);
          connection.login({ user: auth.user, pass: auth.pass }, (error) => (error ? reject(error) : resolve()));
        });
      }
      return session;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Whether another mail may be sent over it. */
  get usable(): boolean {
    return this.#usable && this.#sent < 100;
  }

  /** Sends one mail and says what became of it; never throws for what the network or the server does. */
  async send({ from, to }: Envelope, message: Buffer): Promise<Delivery> {
    this.#sent += 1;
    let handedOver = false;
    // Read only once the server has asked for the text; its end is the last thing we do before the final dot.
    const text = Readable.from([message], { objectMode: false });
    text.once("end", () => (handedOver = true));
    const failure = await new Promise<SmtpFailure | undefined>((resolve) => {
      const giveUp = (why: string) => {
        this.#usable = false;
        resolve({ message: why, command: "CONN" });
        this.#connection.close();
      };
      const limit = setTimeout(() => giveUp("the server took too long for one mail"), this.#timeouts.mailMs);
      this.#abort = () => giveUp("the sender was stopped");
      this.#connection.send({ from, to: [to], size: message.length }, text, (error) => {
        clearTimeout(limit);
        resolve(error ?? undefined);
      });
    });
    this.#abort = undefined;
    if (failure === undefined) return { type: "sent" };
    await this.#reset(failure);
    return classifyFailure(failure, handedOver);
  }

  /** Ends what is under way at once; its `send` says what is known. */
  abort(): void {
    if (this.#abort === undefined) this.close();
    else this.#abort();
  }

  /** Says goodbye. */
  close(): void {
    if (this.#usable) this.#connection.quit();
    this.#usable = false;
  }

  /** A refused mail leaves the conversation in the middle of its envelope. */
  async #reset({ responseCode }: SmtpFailure): Promise<void> {
    if (!this.#usable) return;
    if (responseCode === undefined || responseCode === 421) {
      this.#usable = false;
      this.#connection.close();
      return;
    }
    await new Promise<void>((resolve) => {
      this.#connection.once("end", resolve);
      this.#connection.reset((error) => {
        if (error) this.#usable = false;
        resolve();
      });
    });
  }
}
