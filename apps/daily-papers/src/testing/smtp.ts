import type { AddressInfo, Socket } from "node:net";
import { simpleParser, type ParsedMail } from "mailparser";
import { SMTPServer } from "smtp-server";
import type { SmtpServer } from "../mail/mail-config.ts";

export interface Arrived {
  readonly from: string;
  readonly to: string;
  readonly source: string;
}

/** What a mail server under test does; left out, it takes every mail. */
export interface SmtpBehaviour {
  /** An answer to a recipient, such as `550 5.1.1 no such user`; undefined takes it. */
  readonly onRecipient?: (address: string, times: number) => string | undefined;
  /** An answer to the whole text; undefined takes it, `die` breaks the connection before answering, `die-taken` after taking it. */
  readonly onText?: (to: string, times: number) => string | undefined;
  /** Milliseconds before each mail is answered. */
  readonly delayMs?: number;
  /** Breaks the connection while the text comes. */
  readonly dieAtText?: boolean;
}

/** A real SMTP server in this process. */
export class TestSmtp {
  readonly arrived: Arrived[] = [];
  readonly #server: SMTPServer;
  readonly #sockets = new Set<Socket>();
  behaviour: SmtpBehaviour = {};
  /** How often each recipient was named. */
  readonly asked = new Map<string, number>();
  readonly texts = new Map<string, number>();
  connections = 0;

  private constructor() {
    this.#server = new SMTPServer({
      authOptional: true,
      disabledCommands: ["STARTTLS", "AUTH"],
      logger: false,
      onConnect: (_session, callback) => {
        this.connections += 1;
        callback();
      },
      onRcptTo: ({ address }, _session, callback) => {
        const times = count(this.asked, address);
        callback(failure(this.behaviour.onRecipient?.(address, times)));
      },
      onData: (stream, session, callback) => {
        const to = session.envelope.rcptTo[0]?.address ?? "";
        const chunks: Buffer[] = [];
        stream.on("data", (chunk: Buffer) => {
          chunks.push(chunk);
          if (this.behaviour.dieAtText === true) this.#break();
        });
        stream.once("end", () => {
          const answer = this.behaviour.onText?.(to, count(this.texts, to));
          if (answer === "die") return this.#break();
          const from = session.envelope.mailFrom === false ? "" : session.envelope.mailFrom.address;
          if (answer === undefined || answer === "die-taken") {
            this.arrived.push({ from, to, source: Buffer.concat(chunks).toString("latin1") });
          }
          if (answer === "die-taken") return this.#break();
          setTimeout(() => callback(failure(answer)), this.behaviour.delayMs ?? 0);
        });
      },
    });
    this.#server.on("error", () => undefined);
    this.#server.server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  static async start(behaviour: SmtpBehaviour = {}, port = 0): Promise<TestSmtp> {
    const smtp = new TestSmtp();
    smtp.behaviour = behaviour;
    await new Promise<void>((resolve) => void smtp.#server.listen(port, "127.0.0.1", resolve));
    return smtp;
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port;
  }

  get config(): SmtpServer {
    return { host: "127.0.0.1", port: this.port, secure: false, requireTls: false, auth: undefined };
  }

  /** The mails that came, as a mail program reads them. */
  parsed(): Promise<ParsedMail[]> {
    return Promise.all(this.arrived.map(({ source }) => simpleParser(Buffer.from(source, "latin1"))));
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#break();
    await closed;
  }

  #break(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

function count(counts: Map<string, number>, key: string): number {
  const times = (counts.get(key) ?? 0) + 1;
  counts.set(key, times);
  return times;
}

function failure(answer: string | undefined): Error | undefined {
  const [, code, text] = /^(\d{3}) (.*)$/.exec(answer ?? "") ?? [];
  return code === undefined ? undefined : Object.assign(new Error(text), { responseCode: Number(code) });
}
