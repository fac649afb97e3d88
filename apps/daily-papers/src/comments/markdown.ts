import MarkdownIt from "markdown-it";
import sanitize from "sanitize-html";

/** What a comment may hold; anything else stays text. No images, headings, tables, and no HTML of one's own. */
const rules = [
  "autolink",
  "backticks",
  "balance_pairs",
  "blockquote",
  "code",
  "emphasis",
  "entity",
  "escape",
  "fence",
  "fragments_join",
  "link",
  "linkify",
  "list",
  "newline",
  "strikethrough",
] as const;

/** Quotes within quotes within lists cost time and are read by nobody. */
const deepest = 12;

const markdown = new MarkdownIt("zero", { html: false, linkify: true, breaks: true, maxNesting: deepest }).enable([
  ...rules,
]);
// Only what says that it is an address: a sentence like "see model.py" names no site.
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
markdown.validateLink = (url) => isWebAddress(url);

/** The elements that the rules above make, and no other: a second gate, should the first one ever fail. */
const allowed: sanitize.IOptions = {
  allowedTags: ["a", "blockquote", "br", "code", "em", "li", "ol", "p", "pre", "s", "strong", "ul"],
  allowedAttributes: { a: ["href", "rel"], ol: ["start"] },
  allowedSchemes: ["http", "https"],
  allowedSchemesAppliedToAttributes: ["href"],
  allowProtocolRelative: false,
  disallowedTagsMode: "escape",
  nestingLimit: 60,
  transformTags: {
    a: (tagName, { href }) => ({
      tagName,
      attribs: href !== undefined && isWebAddress(href) ? { href, rel: "nofollow ugc noopener" } : {},
    }),
  },
};

/** A comment's Markdown as HTML that holds no element, attribute or address but those of the lists above. */
export function renderMarkdown(text: string): string {
  return sanitize(markdown.render(text), allowed);
}

function isWebAddress(address: string): boolean {
  return /^https?:\/\//i.test(address) && URL.canParse(address);
}
