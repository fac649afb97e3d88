import { html } from "hono/html";
import type { Child } from "hono/jsx";

/** Content as the HTML that a page would hold. */
export async function toHtml(content: Child): Promise<string> {
  return (await html`${content}`).toString();
}
