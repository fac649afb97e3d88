import { beginning, feedTypes, type FeedDocument, type FeedEntry } from "./feed-document.ts";
import { element, emptyElement } from "./xml.ts";

/** The feed as Atom (RFC 4287), with its next page (RFC 5005). */
export function writeAtom(feed: FeedDocument): string {
  const links = [
    emptyElement("link", { rel: "self", type: feedTypes.atom, href: feed.self }),
    emptyElement("link", { rel: "alternate", type: "text/html", href: feed.page }),
    feed.next === undefined ? "" : emptyElement("link", { rel: "next", type: feedTypes.atom, href: feed.next }),
  ];
  return [
    `<?xml version="1.0" encoding="utf-8"?>`,
    `<feed xmlns="http://www.w3.org/2005/Atom">`,
    element("id", feed.id),
    element("title", feed.title),
    element("subtitle", feed.description),
    element("updated", (feed.updated ?? beginning).toISOString()),
    `<author>${element("name", "Offprint")}</author>`,
    ...links,
    ...feed.entries.map(writeEntry),
    "</feed>\n",
  ]
    .filter((line) => line !== "")
    .join("\n");
}

function writeEntry(entry: FeedEntry): string {
  const time = entry.date.toISOString();
  return [
    "<entry>",
    element("id", entry.id),
    element("title", entry.title),
    emptyElement("link", { rel: "alternate", type: "text/html", href: entry.url }),
    entry.related === undefined ? "" : emptyElement("link", { rel: "related", href: entry.related }),
    element("published", time),
    element("updated", time),
    ...entry.authors.map((name) => `<author>${element("name", name)}</author>`),
    ...entry.tags.map((term) => emptyElement("category", { term })),
    element("summary", entry.summary, { type: "text" }),
    element("content", entry.html, { type: "html" }),
    "</entry>",
  ]
    .filter((line) => line !== "")
    .join("\n");
}
