import { beginning, feedTypes, type FeedDocument, type FeedEntry } from "./feed-document.ts";
import { element, emptyElement } from "./xml.ts";

/** The feed as RSS 2.0; its own address and its next page are told in Atom's words, as is usual. */
export function writeRss(feed: FeedDocument): string {
  return [
    `<?xml version="1.0" encoding="utf-8"?>`,
    `<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/">`,
    "<channel>",
    element("title", feed.title),
    element("link", feed.page),
    element("description", feed.description),
    element("language", "en"),
    element("lastBuildDate", (feed.updated ?? beginning).toUTCString()),
    element("ttl", "60"),
    emptyElement("atom:link", { rel: "self", type: feedTypes.rss, href: feed.self }),
    feed.next === undefined ? "" : emptyElement("atom:link", { rel: "next", type: feedTypes.rss, href: feed.next }),
    ...feed.entries.map(writeItem),
    "</channel>",
    "</rss>\n",
  ]
    .filter((line) => line !== "")
    .join("\n");
}

function writeItem(entry: FeedEntry): string {
  return [
    "<item>",
    element("title", entry.title),
    element("link", entry.url),
    element("guid", entry.id, { isPermaLink: "false" }),
    element("pubDate", entry.date.toUTCString()),
    ...entry.authors.map((name) => element("dc:creator", name)),
    ...entry.tags.map((tag) => element("category", tag)),
    element("description", entry.html),
    "</item>",
  ].join("\n");
}
