import { isAddress } from "./address.ts";
import { parseDkimKey, parseSender, parseSmtpUrl, type DkimKey, type MailConfig } from "./mail-config.ts";

/** What stands wrong in a variable: thrown by the caller with the error of the configuration. */
export type Complain = (variable: string, wanted: string, came: string) => Error;

/** The part of the configuration that is about mail; see `readConfig` for the variables. */
export function readMailConfig(env: NodeJS.ProcessEnv, complain: Complain): MailConfig {
  const read = <T>(name: string, parse: (text: string) => T | undefined, wanted: string, secret = false) => {
    const text = env[name];
    if (text === undefined || text === "") return undefined;
    const value = parse(text);
    if (value === undefined) throw complain(name, wanted, secret ? "something else" : text);
    return value;
  };
  const smtp = read("OFFPRINT_MAIL", parseSmtpUrl, "an address like smtps://user:password@mail.example.org", true);
  const from = read("OFFPRINT_MAIL_FROM", parseSender, "a sender like Daily Papers <papers@example.org>");
  if (smtp !== undefined && from === undefined) {
    throw complain(
      "OFFPRINT_MAIL_FROM",
      "a sender like Daily Papers <papers@example.org> where OFFPRINT_MAIL is set",
      "",
    );
  }
  const { OFFPRINT_URL: url = "" } = env;
  const host = URL.canParse(url) ? new URL(url).hostname : "localhost";
  return {
    smtp,
    from: from ?? { name: "Daily Papers", address: `offprint@${isAddress(`a@${host}`) ? host : "localhost"}` },
    dkim: readDkim(read, from?.address, complain),
    bouncesTo: read("OFFPRINT_MAIL_BOUNCES", (text) => (isAddress(text) ? text : undefined), "a mail address"),
    bounceToken: read(
      "OFFPRINT_MAIL_BOUNCE_TOKEN",
      (text) => (/^[\w-]{16,256}$/.test(text) ? text : undefined),
      "16 to 256 letters, digits, - or _",
      true,
    ),
    imprint: read("OFFPRINT_MAIL_IMPRINT", (text) => (text.length <= 300 ? text : undefined), "at most 300 characters"),
  };
}

type Read = <T>(
  name: string,
  parse: (text: string) => T | undefined,
  wanted: string,
  secret?: boolean,
) => T | undefined;

function readDkim(read: Read, from: string | undefined, complain: Complain): DkimKey | undefined {
  const privateKey = read("OFFPRINT_DKIM_KEY", parseDkimKey, "a private key in PEM, \\n for its line ends", true);
  if (privateKey === undefined) return undefined;
  const name = (text: string) => (/^[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?$/.test(text) ? text : undefined);
  const selector = read("OFFPRINT_DKIM_SELECTOR", name, "a DNS name like offprint");
  if (selector === undefined) throw complain("OFFPRINT_DKIM_SELECTOR", "a DNS name where OFFPRINT_DKIM_KEY is set", "");
  const domain = read("OFFPRINT_DKIM_DOMAIN", name, "a domain like example.org") ?? from?.split("@")[1];
  if (domain === undefined) throw complain("OFFPRINT_DKIM_DOMAIN", "a domain where OFFPRINT_DKIM_KEY is set", "");
  return { domain, selector, privateKey };
}
