import { newId } from "../secrets.ts";

/** Names that would seem to speak for the site. */
const reserved = new Set(["admin", "administrator", "anonymous", "deleted", "moderator", "offprint", "root", "system"]);

/** What a name may be, in words for the one who chooses it. */
export const nameRule = "2 to 32 letters of the English alphabet and digits, with single hyphens between them";

/** Whether a name may be chosen, if nobody has it. */
export function isName(text: string): boolean {
  return text.length <= 32 && /^[A-Za-z0-9](?:-?[A-Za-z0-9])+$/.test(text) && !reserved.has(text.toLowerCase());
}

/** The name of an account until its reader chooses another. It says nothing about the address. */
export function provisionalName(): string {
  return `reader-${newId().slice(0, 8)}`;
}

/** An address as its owner recognises it and others cannot use it: `r…@example.org`. */
export function maskAddress(email: string): string {
  const at = email.lastIndexOf("@");
  return `${email.slice(0, 1)}…${email.slice(at)}`;
}

export function personPath(name: string): string {
  return `/people/${name}`;
}
