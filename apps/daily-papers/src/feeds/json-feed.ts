import type { FeedDocument } from "./feed-document.ts";

/** The feed as JSON Feed 1.1. */
export function writeJsonFeed(feed: FeedDocument): string {
  return JSON.stringify({
    version: "https://jsonfeed.org/version/1.1",
    title: feed.title,
    description: feed.description,
    home_page_url: feed.page,
    feed_url: feed.self,
    ...(feed.next === undefined ? {} : { next_url: feed.next }),
    language: "en",
    authors: [{ name: "Offprint" }],
    items: feed.entries.map((entry) => ({
      id: entry.id,
      url: entry.url,
      ...(entry.related === undefined ? {} : { external_url: entry.related }),
      title: entry.title,
      summary: entry.summary,
      content_html: entry.html,
      date_published: entry.date.toISOString(),
      authors: entry.authors.map((name) => ({ name: name })),
      ...(entry.tags.length === 0 ? {} : { tags: entry.tags }),
    })),
  });
}
