import type { Child } from "hono/jsx";
import { toHtml } from "../look/html.ts";

/** Part of a page as HTML, with places for what differs from reader to reader. */
export interface Rendered {
  /** HTML before, between and after the places. */
  readonly pieces: readonly string[];
  readonly places: readonly Place[];
}

/** A place in a part: one of two forms stands there. */
interface Place {
  readonly name: string;
  readonly plain: string;
  readonly chosen: string;
}

const mostKept = 200;
/**
 * Milliseconds after which a part is made anew whatever its version: of two changes at once, the one that is told later
 * may bear the earlier time, and the version does not show it.
 */
const keptMs = 20_000;

/** Keeps what was rendered: drawing fifty abstracts costs more than everything else that a page needs. */
export class RenderedParts {
  readonly #kept = new Map<string, { version: string; until: number; part: Promise<Rendered> }>();

  /** The part of this name and version, rendered at most once at a time. */
  get(name: string, version: string, make: () => Promise<Child>): Promise<Rendered> {
    const known = this.#kept.get(name);
    const now = performance.now();
    if (known !== undefined && known.version === version && known.until > now) {
      // The part that was asked for longest ago goes first.
      this.#kept.delete(name);
      this.#kept.set(name, known);
      return known.part;
    }
    const part = make().then(render);
    this.#kept.delete(name);
    this.#kept.set(name, { version, until: now + keptMs, part });
    const oldest = this.#kept.size > mostKept ? this.#kept.keys().next().value : undefined;
    if (oldest !== undefined) this.#kept.delete(oldest);
    part.catch(() => this.#kept.delete(name));
    return part;
  }
}

/** How {@link Either} marks a place; no text of a paper looks like it, since texts are escaped. */
const mark = /<offprint-either name="([^"]*)">([^]*?)<offprint-or><\/offprint-or>([^]*?)<\/offprint-either>/;

async function render(content: Child): Promise<Rendered> {
  const split = (await toHtml(content)).split(mark);
  const pieces: string[] = [];
  const places: Place[] = [];
  for (let index = 0; index < split.length; index += 4) {
    pieces.push(split[index] ?? "");
    const [name, plain, chosen] = split.slice(index + 1, index + 4);
    if (name !== undefined) places.push({ name, plain: plain ?? "", chosen: chosen ?? "" });
  }
  return { pieces, places };
}

/** The whole HTML, with the second form in the places that are `chosen`. */
export function filled({ pieces, places }: Rendered, chosen: ReadonlySet<string>): string {
  let html = "";
  for (const [index, piece] of pieces.entries()) {
    const place = places[index];
    html += piece;
    if (place !== undefined) html += chosen.has(place.name) ? place.chosen : place.plain;
  }
  return html;
}
