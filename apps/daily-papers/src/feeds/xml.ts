/** What XML 1.0 cannot hold, not even escaped: control characters, halves of surrogate pairs, two non-characters. */
const forbidden = new RegExp(
  [
    String.raw`[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]`,
    String.raw`[\uD800-\uDBFF](?![\uDC00-\uDFFF])`,
    String.raw`(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]`,
  ].join("|"),
  "g",
);

/** A text as XML or HTML can hold it, as an element's content and as an attribute's value. */
export function escapeText(text: string): string {
  return text
    .replace(forbidden, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** An element with a text, or nothing where there is no text. */
export function element(
  name: string,
  text: string | undefined,
  attributes: Readonly<Record<string, string>> = {},
): string {
  return text === undefined ? "" : `<${name}${written(attributes)}>${escapeText(text)}</${name}>`;
}

/** An element that holds nothing. */
export function emptyElement(name: string, attributes: Readonly<Record<string, string>>): string {
  return `<${name}${written(attributes)}/>`;
}

function written(attributes: Readonly<Record<string, string>>): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escapeText(value)}"`)
    .join("");
}
