/** Pieces of a page, as text that is XML as well as HTML. */
import { printable, seriesColours, type DataTable } from "@offprint/experiment";

/** Text from outside as content of an element or an attribute. */
export function escapeText(text: string): string {
  const plain = printable(text).replaceAll(/[\p{Cs}\uFFFE\uFFFF]/gu, "\uFFFD");
  return plain.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

export const paragraph = (text: string): string => `<p>${escapeText(text)}</p>`;

export function table({ caption, columns, rows }: DataTable): string {
  const cells = (name: "td" | "th", texts: readonly string[]) =>
    texts.map((text) => `<${name}>${escapeText(text)}</${name}>`).join("");
  const body = rows.map((row) => `<tr>${cells("td", row)}</tr>`).join("");
  const head = `<thead><tr>${cells("th", columns)}</tr></thead>`;
  return `<div class="wide"><table><caption>${escapeText(caption)}</caption>${head}<tbody>${body}</tbody></table></div>`;
}

/** A picture with its numbers folded behind it. */
export const figure = (svg: string, data: DataTable): string =>
  `<figure>${svg}${folded("Numbers", table(data))}</figure>`;

export const folded = (summary: string, content: string): string =>
  `<details><summary>${escapeText(summary)}</summary>${content}</details>`;

export const section = (title: string, ...parts: readonly string[]): string =>
  `<section><h2>${escapeText(title)}</h2>${parts.join("")}</section>`;

const variables = (colours: readonly string[]): string =>
  colours.map((colour, index) => `--series-${index + 1}:${colour}`).join(";");

const style = `
:root{color-scheme:light dark;--paper:#fbfaf7;--ink:#1c1a17;--faint:#1c1a1726;${variables(seriesColours.light)}}
@media (prefers-color-scheme:dark){:root{--paper:#171513;--ink:#e9e6df;--faint:#e9e6df2b;${variables(seriesColours.dark)}}}
*{box-sizing:border-box}
body{margin:0 auto;padding:2.5rem 1.25rem 4rem;max-width:46rem;background:var(--paper);color:var(--ink);font:1.0625rem/1.55 Charter,"Iowan Old Style",Palatino,Georgia,serif}
h1{font-size:2rem;line-height:1.2;margin:0 0 .5rem}
h2{font-size:1.3rem;margin:3rem 0 .75rem;padding-top:.75rem;border-top:1px solid var(--faint)}
h3{font-size:1.05rem;margin:1.75rem 0 .25rem}
figure{margin:1rem 0 1.5rem}
svg.chart{display:block;max-width:100%;height:auto;font-family:system-ui,sans-serif}
table,summary,.facts{font-family:system-ui,sans-serif;font-size:.85rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:.25rem 0 .5rem}
th,td{text-align:right;padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--faint);white-space:nowrap}
th:first-child,td:first-child{text-align:left}
td.text{text-align:left;white-space:pre-wrap;vertical-align:top;width:50%}
.wide{overflow-x:auto}
summary{cursor:pointer;padding:.25rem 0}
code{font-size:.85rem;overflow-wrap:anywhere}
`;

/** The whole page. It asks for nothing from anywhere. */
export function page(title: string, content: string): string {
  const head = [
    '<meta charset="utf-8" />',
    '<meta name="viewport" content="width=device-width, initial-scale=1" />',
    `<title>${escapeText(title)}</title>`,
    `<style>${style}</style>`,
  ].join("");
  const body = `<main><h1>${escapeText(title)}</h1>${content}</main>`;
  return `<!doctype html>\n<html lang="en"><head>${head}</head><body>${body}</body></html>\n`;
}
