/** Two texts beside each other, in columns of at most `width` together. */
export function sideBySide(titles: readonly [string, string], texts: readonly [string, string], width: number): string {
  const column = Math.max(20, Math.floor((width - 3) / 2));
  const [left, right] = [texts[0], texts[1]].map((text) => wrap(text, column)) as [string[], string[]];
  const rows = Array.from({ length: Math.max(left.length, right.length) }, (_, row) => [left[row], right[row]]);
  const line = ([a = "", b = ""]: readonly (string | undefined)[]) => `${pad(a, column)} │ ${b}`.trimEnd();
  return `${[titles, ["─".repeat(column), "─".repeat(column)], ...rows].map(line).join("\n")}\n`;
}

/** Lines of at most `width` characters, broken at spaces where there are any. */
function wrap(text: string, width: number): string[] {
  return text.split("\n").flatMap((paragraph) => {
    const lines: string[] = [];
    let line = "";
    for (const word of paragraph.split(/(?<= )/u)) {
      const letters = Array.from(word);
      if (line !== "" && Array.from(line + word.trimEnd()).length > width) {
        lines.push(line.trimEnd());
        line = "";
      }
      for (; letters.length > width; letters.splice(0, width)) lines.push(letters.slice(0, width).join(""));
      line += letters.join("");
    }
    return [...lines, line.trimEnd()];
  });
}

const pad = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - Array.from(text).length));
