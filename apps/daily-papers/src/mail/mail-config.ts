import { isAddress } from "./address.ts";

/** The server that takes our mails. */
export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** Encrypted from the first byte; otherwise by STARTTLS where the server offers it. */
  readonly secure: boolean;
  /** Whether to speak at all without encryption: never where a password is shown to another machine. */
  readonly requireTls: boolean;
  readonly auth: { readonly user: string; readonly pass: string } | undefined;
}

/** A name and an address, as in `Daily Papers <papers@example.org>`. */
export interface Sender {
  readonly name: string;
  readonly address: string;
}

export interface DkimKey {
  readonly domain: string;
  readonly selector: string;
  /** In PEM. */
  readonly privateKey: string;
}

/** How mails leave the house, and what they say of it. */
export interface MailConfig {
  /** Undefined: mails stay in the outbox, where the admin reads them. */
  readonly smtp: SmtpServer | undefined;
  readonly from: Sender;
  readonly dkim: DkimKey | undefined;
  /** Where mail servers send what they could not deliver; each mail's id is put behind a plus (VERP). */
  readonly bouncesTo: string | undefined;
  /** What a program that reports bounces must show. */
  readonly bounceToken: string | undefined;
  /** Who runs this site, as the law asks of a newsletter: a line of name and postal address. */
  readonly imprint: string | undefined;
}

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;

/** The server that an address like `smtps://user:password@mail.example.org` names; undefined when it names none. */
export function parseSmtpUrl(text: string): SmtpServer | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, port, username, password, pathname, search } = new URL(text);
  if ((protocol !== "smtp:" && protocol !== "smtps:") || hostname === "" || pathname.length > 1 || search !== "") {
    return undefined;
  }
  const host = hostname.replace(/^\[|\]$/g, "");
  const secure = protocol === "smtps:";
  const auth = username === "" ? undefined : { user: decodeURIComponent(username), pass: decodeURIComponent(password) };
  return {
    host,
    port: port === "" ? (secure ? 465 : 587) : Number(port),
    secure,
    requireTls: auth !== undefined && !secure && !loopback.test(host),
    auth,
  };
}

/** A sender such as `Daily Papers <papers@example.org>` or the address alone; undefined when it is none. */
export function parseSender(text: string): Sender | undefined {
  const [, name, address] = /^([^<>\p{Cc}]{1,100}?)\s*<([^<>]+)>$/u.exec(text.trim()) ?? [];
  if (name !== undefined && address !== undefined) {
    return isAddress(address) ? { name: name.replaceAll('"', "").trim(), address } : undefined;
  }
  return isAddress(text.trim()) ? { name: "Daily Papers", address: text.trim() } : undefined;
}

/** A key given in one line, as environment variables are, with `\n` for its line ends. */
export function parseDkimKey(text: string): string | undefined {
  const key = text.replaceAll("\\n", "\n").trim();
  return /^-----BEGIN (RSA )?PRIVATE KEY-----\n[\s\S]+\n-----END (RSA )?PRIVATE KEY-----$/.test(key)
    ? `${key}\n`
    : undefined;
}
