const mostCharacters = 254;
/** Plain addresses only: no quotes, comments or domains in brackets, which no mailbox of a reader has. */
const address =
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** Whether a text is an email address that we write to. */
export function isAddress(text: string): boolean {
  return text.length <= mostCharacters && address.test(text) && !/^\.|\.\.|\.@/.test(text);
}

/** An address as it is compared and hashed. */
export function foldAddress(text: string): string {
  return text.trim().toLowerCase();
}
