import { isAddressGone } from "./delivery.ts";

/** What a mail server, or a program that reads its notes, says became of a mail. */
export interface BounceReport {
  /** `bounce`: nobody has this address; `returned`: this mail was given up; `complaint`: its reader called it spam. */
  readonly type: "bounce" | "returned" | "complaint";
  /** Ids that the mail may have, as its return path and its Message-ID give them back. */
  readonly mailIds: readonly string[];
}

/** A note names the mail that it is about once or twice; what has more is no note. */
const mostIds = 20;

/**
 * Reads a delivery status notification (RFC 3464) or a complaint (RFC 5965) from its source; undefined when it says
 * nothing of a failure, as one of a delay. Anybody can write such a note and send it to the address for bounces, so that
 * the address in it proves nothing: what it says counts for a mail of ours, whose id only the servers on its way know.
 */
export function readDsn(source: string): BounceReport | undefined {
  const text = source.replaceAll("\r\n", "\n");
  const mailIds = mailIdsIn(text);
  if (/^Feedback-Type:\s*(abuse|fraud|other)/im.test(text)) return { type: "complaint", mailIds };
  if (fieldOf(text, "Action")?.toLowerCase() !== "failed") return undefined;
  const status = /^\d\.\d{1,3}\.\d{1,3}/.exec(fieldOf(text, "Status") ?? "")?.[0] ?? "";
  return { type: isAddressGone(status) ? "bounce" : "returned", mailIds };
}

function fieldOf(text: string, name: string): string | undefined {
  return new RegExp(`^${name}:[ \\t]*(.{0,400})`, "im").exec(text)?.[1]?.trim();
}

/** The ids that mails of ours have in return paths, `bounces+id@…`, or Message-IDs, `<id@…>`, of a text. */
export function mailIdsIn(text: string): string[] {
  const found = text.matchAll(/\+([a-z0-9]{12})@|^(?:Original-)?Message-ID:[ \t]*(?:\n[ \t]+)?<([a-z0-9]{12})@/gim);
  const ids = new Set<string>();
  for (const [, path, message] of found) {
    ids.add((path ?? message ?? "").toLowerCase());
    if (ids.size === mostIds) break;
  }
  return [...ids];
}
