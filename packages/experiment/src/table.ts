import { formatCount, formatNumber, printable } from "./format.ts";

/**
 * A table with aligned columns, two spaces apart; columns of numbers stand to the right, with as many decimals each as four
 * significant digits of the column's largest number take.
 * @param columns titles, one a column.
 * @param rows one cell a column.
 */
export function formatTable(columns: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const texts = columns.map((title, column) => [
    printable(title),
    ...formatColumn(rows.map((row) => row[column] ?? "")),
  ]);
  const sides = columns.map((_, column) => rows.length > 0 && rows.every((row) => isNumeric(row[column] ?? "")));
  const widths = texts.map((cells) => Math.max(...cells.map(displayWidth)));
  const lines = [-1, ...rows.keys()].map((row) =>
    texts
      .map((cells, column) => pad(cells[row + 1] ?? "", widths[column]!, sides[column]!))
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}

/** Columns that a text takes on a terminal: wide East Asian letters and emoji two, combining marks none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += wide.test(segment) ? 2 : 1;
  return width;
}

/** The text, or as much of it as `width` columns hold, with an ellipsis. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = "";
  for (const { segment } of graphemes.segment(text)) {
    if (displayWidth(kept + segment) > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
const wide =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}/u;

/** Cells of one column as text: its numbers with as many decimals each as four digits of the largest take. */
export function formatColumn(cells: readonly (string | number)[]): string[] {
  const numbers = cells.filter((cell) => typeof cell === "number" && Number.isFinite(cell)).map(Number);
  const largest = Math.max(0, ...numbers.map(Math.abs));
  const decimals = numbers.every(Number.isInteger) ? 0 : Math.min(6, Math.max(0, 3 - Math.floor(Math.log10(largest))));
  return cells.map((cell) => {
    if (typeof cell === "string") return printable(cell);
    if (!Number.isFinite(cell)) return formatNumber(cell);
    return decimals === 0 ? formatCount(cell) : cell.toFixed(decimals);
  });
}

const isNumeric = (cell: string | number) => typeof cell === "number" || /^[−-]?[\d.,]+(\P{L}.{0,8})?$/u.test(cell);

function pad(text: string, width: number, right: boolean): string {
  const space = " ".repeat(Math.max(0, width - displayWidth(text)));
  return right ? `${space}${text}` : `${text}${space}`;
}
