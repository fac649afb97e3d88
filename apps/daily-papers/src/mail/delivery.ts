/** What became of a mail that was tried. */
export type Delivery =
  | { readonly type: "sent" }
  /** Not taken now: to be tried again. `closed`: the server refuses us altogether, not this mail. */
  | { readonly type: "later"; readonly reason: string; readonly closed: boolean }
  /** Never taken. `gone`: nobody has this address, so no mail shall go there again. */
  | { readonly type: "refused"; readonly reason: string; readonly gone: boolean }
  /** The text was handed over whole and no answer came: it may have arrived, and is not sent again by itself. */
  | { readonly type: "unsure"; readonly reason: string };

/** What an SMTP client says of a failure. */
export interface SmtpFailure {
  readonly message: string;
  readonly responseCode?: number | undefined;
  readonly response?: string | undefined;
  /** The command that was refused; `CONN` where the connection itself failed. */
  readonly command?: string | undefined;
}

const addressIsGone = /\b5\.(?:1\.(?:0|1|2|3|6|10)|2\.1)\b/;
const enhanced = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/;
/** Words of servers without enhanced codes that refuse us, or this text, rather than the address. */
const notTheAddress = /relay|spam|polic|block|blacklist|reputation|spf|dkim|dmarc|authenti|denied|rate|quota|full/i;

/**
 * What a failure means.
 * @param handedOver whether the whole text had been given to the connection when it failed.
 */
export function classifyFailure(failure: SmtpFailure, handedOver: boolean): Delivery {
  const { responseCode: code, command } = failure;
  const reason = (failure.response ?? failure.message).replaceAll(/\s+/g, " ").slice(0, 500);
  if (code === undefined || code < 400) {
    return handedOver ? { type: "unsure", reason } : { type: "later", reason, closed: command !== "API" };
  }
  if (code < 500) return { type: "later", reason, closed: code === 421 };
  // The sender was refused: the next mail's would be as well.
  if (command === "MAIL FROM") return { type: "later", reason, closed: true };
  return { type: "refused", reason, gone: command === "RCPT TO" && isGone(code, reason) };
}

function isGone(code: number, response: string): boolean {
  const detail = enhanced.exec(response)?.[1];
  if (detail !== undefined) return isAddressGone(detail);
  return (code === 550 || code === 551 || code === 553) && !notTheAddress.test(response);
}

/** Whether a status says that the address is wrong, and will be: bad mailbox, bad domain, moved, disabled (RFC 3463). */
export function isAddressGone(status: string): boolean {
  return addressIsGone.test(status);
}
