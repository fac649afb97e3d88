import type * as PlotModule from "@observablehq/plot";
import { printable } from "./format.ts";

/** An axis: what it measures, in which unit. */
export interface Axis {
  readonly label: string;
  readonly unit?: string | undefined;
}

/** An axis of numbers. */
export interface NumberAxis extends Axis {
  /** `log` gives each doubling the same room; it has no place for 0 and below. Default `linear`. */
  readonly scale?: "linear" | "log" | undefined;
}

/** What every chart has. */
export interface ChartFrame {
  /** Unique on the page; a letter, then letters, digits, `-` and `_`. Every id inside the picture begins with it. */
  readonly id: string;
  /** Names the picture for those who do not see it; shown in it only when it stands alone. */
  readonly title: string;
  /** What there is to see, for those who do not; by default made from the data. */
  readonly description?: string | undefined;
  /** CSS pixels; 600 by default. Text keeps its size, so ask for a narrow picture for a narrow place. */
  readonly width?: number | undefined;
  /**
   * Where it will be: `inline` in a page, whose CSS gives `color` and `--series-1`, `--series-2`, … (`seriesColours` are
   * good values); or as a `file` of its own, which follows the system's light or dark by itself.
   */
  readonly form?: "inline" | "file" | undefined;
}

/**
 * Colours of series, in their order: text contrast (4.5) on paper and on near-black, and pairwise apart also for readers
 * who see no red, green or blue (tested by simulation after Machado et al. 2009).
 */
export const seriesColours = {
  light: ["#2a5071", "#ac5d13", "#257f72", "#8d3cb6", "#574514", "#262f38"],
  dark: ["#1f8cfb", "#f77f20", "#a6fad0", "#cea9d1", "#ebe61b", "#7a848f"],
} as const;

const surfaces = {
  light: { paper: "#fbfaf7", ink: "#1c1a17" },
  dark: { paper: "#171513", ink: "#e9e6df" },
} as const;

export const fontSize = 13;

/** Advance of an average letter of the interface font, CSS pixels. */
export const letterWidth = 0.56 * fontSize;

/** The colour of the n-th series, counted from 0, as a presentation attribute. */
export function seriesColour(index: number, form: ChartFrame["form"]): string {
  const place = index % seriesColours.light.length;
  return form === "file" ? seriesColours.light[place]! : `var(--series-${place + 1}, currentColor)`;
}

/** Text from outside, fit for an SVG: XML has no control characters and no halves of surrogate pairs. */
export function plainText(text: string): string {
  return printable(text).replaceAll(/[\p{Cs}\uFFFE\uFFFF]/gu, "\uFFFD");
}

/** `loss (nats)`. */
export function axisTitle({ label, unit }: Axis): string {
  return plainText(unit === undefined ? label : `${label} (${unit})`);
}

type Drawing = typeof PlotModule & { readonly document: Document };

let drawing: Promise<Drawing> | undefined;

/** Plot and a document for it to draw in, loaded with the first chart: who draws none does not wait half a second. */
export function loadDrawing(): Promise<Drawing> {
  drawing ??= Promise.all([import("@observablehq/plot"), import("linkedom")]).then(([plot, { parseHTML }]) => ({
    ...plot,
    document: parseHTML("<!doctype html><html></html>").document,
  }));
  return drawing;
}

/**
 * Makes a page's or a file's picture of what Plot drew: names and describes it, gives it its id, and leaves fonts and
 * colours to the page or brings them along.
 * @throws {RangeError} when `frame.id` is no id.
 */
export function finishPicture(svg: Element, frame: ChartFrame, description: string): string {
  const { id, form } = frame;
  if (!/^[A-Za-z][\w-]*$/.test(id))
    throw new RangeError(
      `a chart's id begins with a letter, then letters, digits, - and _; ${JSON.stringify(id)} came`,
    );
  const document = svg.ownerDocument;
  const add = (name: string, text: string, attributes: Readonly<Record<string, string | number>>) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    element.textContent = text;
    return element;
  };

  svg.querySelector("style")?.remove();
  for (const part of svg.querySelectorAll("[aria-label], [aria-hidden]")) {
    part.removeAttribute("aria-label"); // the picture speaks by its title and description alone
    part.removeAttribute("aria-hidden");
  }
  const title = plainText(frame.title);
  const parts = [
    add("title", title, { id: `${id}-title` }),
    add("desc", plainText(frame.description ?? description), { id: `${id}-desc` }),
  ];
  svg.setAttribute("id", id);
  svg.setAttribute("class", "chart");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-labelledby", `${id}-title ${id}-desc`);
  if (form === "file") {
    svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    parts.push(add("style", fileStyle(id), {}));
    parts.push(
      add("text", title, { x: 8, y: 18, "text-anchor": "start", "font-size": fontSize + 1, "font-weight": 600 }),
    );
  } else {
    svg.removeAttribute("font-family");
  }
  svg.prepend(...parts);
  return svg.outerHTML;
}

/** Room above the picture for the title of a file. */
export function titleHeight(form: ChartFrame["form"]): number {
  return form === "file" ? 28 : 0;
}

/** Colours of a picture that stands alone; a viewer without CSS sees the light ones, which are its attributes. */
function fileStyle(id: string): string {
  const surface = ({ paper, ink }: { paper: string; ink: string }) => `#${id}{background:${paper};color:${ink}}`;
  const darker = seriesColours.light.map((light, index) => {
    const dark = seriesColours.dark[index]!;
    return `#${id} [stroke="${light}"]{stroke:${dark}}#${id} [fill="${light}"]{fill:${dark}}`;
  });
  return `${surface(surfaces.light)}@media (prefers-color-scheme:dark){${surface(surfaces.dark)}${darker.join("")}}`;
}
