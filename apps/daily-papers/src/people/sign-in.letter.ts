import { writeLetter, type Letter } from "../mail/letter.tsx";
import { linkMinutes } from "./sign-in.queries.ts";

/** The mail that holds a link to sign in. It is the same for those who have an account and those who have none. */
export function writeSignInLetter(href: string, host: string): Promise<Letter> {
  return writeLetter({
    title: "Sign in to Daily Papers",
    paragraphs: [
      `Somebody, hopefully you, asked ${host} for a link to sign in with this address. ` +
        `It works once, for ${linkMinutes} minutes, best in the browser that asked for it.`,
    ],
    action: { label: "Sign in", href },
    afterwards: ["You did not ask for it? Then leave it alone: nothing happens, and nobody learns of this address."],
    footer: [`Daily Papers at ${host}`],
  });
}
