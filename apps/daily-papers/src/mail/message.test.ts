import { createHash, createVerify, generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { testMail } from "../testing/sites.ts";
import { classifyFailure } from "./delivery.ts";
import { readDsn } from "./dsn.ts";
import { parseDkimKey, parseSender, parseSmtpUrl } from "./mail-config.ts";
import type { Mail } from "./mail.queries.ts";
import { writeMessage } from "./message.ts";
import { readMailConfig } from "./read-mail-config.ts";

const mail: Mail = {
  id: "abcdefghijkl",
  kind: "digest",
  subscriberId: undefined,
  recipient: "reader@example.org",
  subject: "Größe und $n$",
  text: "Text — with signs\n.\n..dots",
  html: "<p>HTML — with signs</p>",
  headers: {
    "List-Unsubscribe": "<https://papers.example.org/u>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
  },
  state: "sending",
  attempts: 1,
  createdAt: new Date(),
  sendAfter: new Date(),
  claimedAt: undefined,
  sentAt: undefined,
  error: undefined,
};

const relaxed = (text: string) =>
  text
    .replaceAll(/\r\n[ \t]+/g, " ")
    .replaceAll(/[ \t]+/g, " ")
    .trimEnd();

describe("a signed message", () => {
  it("is signed as RFC 6376 says, with both headers of one-click unsubscribing", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const dkim = { domain: "example.org", selector: "test", privateKey: pem };
    const { bytes } = await writeMessage(mail, { ...testMail, dkim }, new Date());
    // Line ends are CRLF on the wire.
    const source = bytes.toString("latin1").replaceAll(/\r?\n/g, "\r\n");
    const split = source.indexOf("\r\n\r\n");
    const headers = source
      .slice(0, split + 2)
      .split(/\r\n(?![ \t])/)
      .filter((line) => line !== "");
    const header = (name: string) =>
      headers.findLast((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`)) ?? "";
    const signature = header("DKIM-Signature");
    const tag = (name: string) =>
      new RegExp(`(?:^|[;:])\\s*${name}=([^;]*)`).exec(signature.slice(15))?.[1]?.replaceAll(/\s+/g, "") ?? "";
    expect([tag("d"), tag("s"), tag("c")]).toEqual(["example.org", "test", "relaxed/relaxed"]);
    const signed = tag("h").split(":");
    expect(signed).toEqual(expect.arrayContaining(["list-unsubscribe", "list-unsubscribe-post", "from", "subject"]));

    const body = source
      .slice(split + 4)
      .split("\r\n")
      .map((line) => relaxed(line))
      .join("\r\n")
      .replace(/(\r\n)*$/, "\r\n");
    expect(createHash("sha256").update(body, "latin1").digest("base64")).toBe(tag("bh"));
    const canonical = (line: string) => {
      const colon = line.indexOf(":");
      return `${line.slice(0, colon).trim().toLowerCase()}:${relaxed(line.slice(colon + 1)).trim()}`;
    };
    const covered = [
      ...signed.map((name) => canonical(header(name))),
      canonical(signature)
        .replace(/([;\s]b=)[^;]*/, "$1")
        .trimEnd(),
    ];
    const verify = createVerify("RSA-SHA256").update(covered.join("\r\n"), "latin1");
    expect(verify.verify(publicKey, tag("b"), "base64")).toBe(true);
  });

  it("has the same Message-ID however often it is tried", async () => {
    const first = await writeMessage(mail, testMail, new Date());
    const second = await writeMessage(mail, testMail, new Date());
    for (const { bytes } of [first, second])
      expect(bytes.toString()).toContain("Message-ID: <abcdefghijkl@example.org>");
    expect(first.envelope).toEqual({ from: "papers@example.org", to: "reader@example.org" });
  });
});

describe("the configuration of mail", () => {
  const complain = (variable: string, wanted: string, came: string) => new Error(`${variable} ${wanted} ${came}`);

  it("names a server", () => {
    expect(parseSmtpUrl("smtps://me:p%40ss@mail.example.org")).toEqual({
      host: "mail.example.org",
      port: 465,
      secure: true,
      requireTls: false,
      auth: { user: "me", pass: "p@ss" },
    });
    // A password is not shown to another machine without encryption.
    expect(parseSmtpUrl("smtp://me:pass@mail.example.org:25")).toMatchObject({ port: 25, requireTls: true });
    expect(parseSmtpUrl("smtp://me:pass@localhost:1025")).toMatchObject({ requireTls: false });
    for (const text of ["", "mail.example.org", "http://mail.example.org", "smtp://a/b?c"])
      expect(parseSmtpUrl(text)).toBeUndefined();
  });

  it("names a sender and a key", () => {
    expect(parseSender("Daily Papers <papers@example.org>")).toEqual({
      name: "Daily Papers",
      address: "papers@example.org",
    });
    expect(parseSender("papers@example.org")?.name).toBe("Daily Papers");
    for (const text of ["Papers", "A <b>", "a\r\nBcc: <x@example.org>"]) expect(parseSender(text)).toBeUndefined();
    expect(parseDkimKey("-----BEGIN PRIVATE KEY-----\\nabc\\n-----END PRIVATE KEY-----")).toContain("\nabc\n");
    expect(parseDkimKey("abc")).toBeUndefined();
  });

  it("says what is missing, and never repeats a secret", () => {
    expect(() => readMailConfig({ OFFPRINT_MAIL: "smtp://x" }, complain)).toThrow("OFFPRINT_MAIL_FROM");
    expect(() => readMailConfig({ OFFPRINT_MAIL: "ftp://me:secret@x" }, complain)).not.toThrow("secret");
    expect(readMailConfig({ OFFPRINT_URL: "https://papers.example.org" }, complain).from.address).toBe(
      "offprint@papers.example.org",
    );
  });
});

describe("an answer of a mail server", () => {
  it.each([
    [
      { message: "x", responseCode: 550, response: "550 5.1.1 unknown", command: "RCPT TO" },
      false,
      { type: "refused", gone: true },
    ],
    [
      { message: "x", responseCode: 550, response: "550 no such user here", command: "RCPT TO" },
      false,
      { type: "refused", gone: true },
    ],
    [
      { message: "x", responseCode: 550, response: "550 relay not permitted", command: "RCPT TO" },
      false,
      { type: "refused", gone: false },
    ],
    [
      { message: "x", responseCode: 554, response: "554 5.7.1 spam", command: "DATA" },
      true,
      { type: "refused", gone: false },
    ],
    [
      { message: "x", responseCode: 550, response: "550 5.7.1 sender", command: "MAIL FROM" },
      false,
      { type: "later", closed: true },
    ],
    [
      { message: "x", responseCode: 452, response: "452 4.2.2 full", command: "RCPT TO" },
      false,
      { type: "later", closed: false },
    ],
    [{ message: "socket closed", command: "CONN" }, false, { type: "later", closed: true }],
    [{ message: "socket closed", command: "CONN" }, true, { type: "unsure" }],
  ])("%j, handed over %s", (failure, handedOver, wanted) => {
    expect(classifyFailure(failure, handedOver)).toMatchObject(wanted);
  });

  it("is not read for longer than it is", () => {
    const started = performance.now();
    for (const text of [
      "Final-Recipient: ".repeat(50_000),
      `Status: ${" ".repeat(500_000)}`,
      "Action:\n ".repeat(80_000),
    ])
      readDsn(text);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
