/** Longest that is kept; whatever a source sends beyond it is no title, abstract or name. */
const mostCharacters = 20_000;

/**
 * A source's text as we store it: without control characters and halves of characters, which PostgreSQL refuses, and
 * with every run of white space as one space.
 */
export function cleanText(text: string): string {
  return storable(text).replaceAll(/\s+/g, " ").trim().slice(0, mostCharacters);
}

/** An address that a page may link to: https (plain http is lifted to it), without credentials; undefined otherwise. */
export function cleanUrl(text: string | undefined): string | undefined {
  const trimmed = text?.trim() ?? "";
  if (trimmed.length > 500 || !URL.canParse(trimmed)) return undefined;
  const url = new URL(trimmed);
  if ((url.protocol !== "https:" && url.protocol !== "http:") || url.username !== "" || url.password !== "") {
    return undefined;
  }
  return url.href.replace(/^http:/, "https:");
}

/** JSON that PostgreSQL's `jsonb` takes, whatever text is in it. */
export function storableJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === "string" ? storable(part) : part));
}

function storable(text: string): string {
  // Unpaired surrogates have no UTF-8; other control characters than tab and line ends have no business in a text.
  return text.replaceAll(/\p{Surrogate}/gu, "\uFFFD").replaceAll(/(?![\t\n\r])\p{Cc}/gu, "");
}
