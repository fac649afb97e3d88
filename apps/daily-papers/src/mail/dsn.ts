/** What a mail server, or a program that reads its notes, says became of a mail. */
export interface BounceReport {
  /** `bounce`: never delivered; `delay`: not yet; `complaint`: its reader called it spam. */
  readonly type: "bounce" | "delay" | "complaint";
  /** The address, where the report names it. */
  readonly recipient: string | undefined;
  /** Id of the mail, where its return path or its Message-ID is given back. */
  readonly mailId: string | undefined;
}

/**
 * Reads a delivery status notification (RFC 3464) or a complaint (RFC 5965) from its source. Only their own part is
 * read, and the return path and Message-ID of ours; undefined when it says nothing of a failure.
 */
export function readDsn(source: string): BounceReport | undefined {
  const text = source.replaceAll("\r\n", "\n");
  const recipient = addressIn(
    fieldOf(text, "Final-Recipient") ?? fieldOf(text, "Original-Recipient") ?? fieldOf(text, "Original-Rcpt-To"),
  );
  const mailId = mailIdIn(text);
  if (/^Feedback-Type:\s*(abuse|fraud|other)/im.test(text)) return { type: "complaint", recipient, mailId };
  const action = fieldOf(text, "Action")?.toLowerCase();
  const status = /^\s*([245])\.\d{1,3}\.\d{1,3}/.exec(fieldOf(text, "Status") ?? "")?.[1];
  if (action === "failed" && status !== "4") return { type: "bounce", recipient, mailId };
  if (action === "failed" || action === "delayed") return { type: "delay", recipient, mailId };
  return undefined;
}

function fieldOf(text: string, name: string): string | undefined {
  const value = new RegExp(`^${name}:[ \\t]*(.{0,400}(?:\\n[ \\t].{0,400}){0,3})`, "im").exec(text)?.[1];
  return value?.replaceAll(/\n[ \t]+/g, " ").trim();
}

/** `rfc822; <a@example.org>` names `a@example.org`. */
function addressIn(field: string | undefined): string | undefined {
  return /([^\s;<>]+@[^\s;<>]+)/.exec(field ?? "")?.[1];
}

/** The id that a mail of ours has in its return path, `bounces+id@…`, or its Message-ID, `<id@…>`. */
export function mailIdIn(text: string): string | undefined {
  return (
    /\+([a-z0-9]{12})@/.exec(text)?.[1] ??
    /^(?:Original-)?Message-ID:\s*<([a-z0-9]{12})@/im.exec(text)?.[1] ??
    undefined
  );
}
