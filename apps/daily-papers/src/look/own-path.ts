const anywhere = "http://own.invalid";

/**
 * The path of a page of this site that a form or an address names, or `otherwise`. Never another site's: browsers read
 * `//host` and `/\host` as one, and leave out dots and tabs on the way there, so the path is judged as they see it.
 */
export function ownPath(value: string | undefined, otherwise: string): string {
  if (value === undefined || !value.startsWith("/") || !URL.canParse(value, anywhere)) return otherwise;
  const { origin, pathname, search, hash } = new URL(value, anywhere);
  return origin === anywhere && !pathname.startsWith("//") ? pathname + search + hash : otherwise;
}
