/** One element of an XML document, in document order. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  text: string;
}

/** Reads XML strictly, by hand: throws at anything that is not well formed. */
export function readXml(xml: string): XmlElement[] {
  const elements: XmlElement[] = [];
  const open: XmlElement[] = [];
  for (let at = 0; at < xml.length;) {
    if (open.length === 0 && elements.length > 0) throw new Error("something after the root");
    if (xml[at] !== "<") {
      const end = xml.indexOf("<", at);
      const last = open.at(-1);
      if (end < 0 || last === undefined) throw new Error("text outside the root");
      if (xml.slice(at, end).includes("]]>")) throw new Error("]]> in text");
      last.text += unescape(xml.slice(at, end));
      at = end;
      continue;
    }
    const tag = /<(\/?)([a-z][\w-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/iy;
    tag.lastIndex = at;
    const [whole, slash, name = "", attributes = "", empty] = tag.exec(xml) ?? [];
    if (whole === undefined) throw new Error(`no tag: ${xml.slice(at, at + 60)}`);
    at += whole.length;
    if (slash === "/") {
      if (open.pop()?.name !== name) throw new Error(`wrong end tag ${name}`);
      continue;
    }
    const pairs = [...attributes.matchAll(/([\w:-]+)="([^"]*)"/g)].map(
      ([, key = "", value = ""]) => [key, unescape(value)] as const,
    );
    if (new Set(pairs.map(([key]) => key)).size < pairs.length) throw new Error(`an attribute twice on ${name}`);
    const element = { name, attributes: new Map(pairs), text: "" };
    elements.push(element);
    if (empty !== "/") open.push(element);
  }
  if (open.length > 0) throw new Error("not closed");
  return elements;
}

function unescape(text: string): string {
  const bad = /&(?!(amp|lt|gt|quot|apos|#\d+|#x[\da-f]+);)|</i.exec(text);
  if (bad !== null) throw new Error(`not escaped: ${text}`);
  if (/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.test(text)) throw new Error("a character XML lacks");
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}
