/** No formula is so long that looking for its end further back is worth it. */
const mostTries = 40;

/**
 * The beginning of a text, cut between two words and never within a formula or a group of TeX; with an ellipsis where
 * something is left out.
 */
export function beginningOf(text: string, characters: number): string {
  if (text.length <= characters) return text;
  let end = text.lastIndexOf(" ", characters);
  for (let tries = 0; tries < mostTries && end > 0; tries += 1) {
    const beginning = text.slice(0, end);
    if (isClosed(beginning)) return `${beginning.replace(/[\s,;:.–-]+$/u, "")} …`;
    end = text.lastIndexOf(" ", end - 1);
  }
  return `${text.slice(0, characters).replaceAll(/[$\\{}]/g, "")} …`;
}

/** Whether no dollar and no brace is open. */
function isClosed(text: string): boolean {
  const plain = text.replaceAll(/\\[\\${}]/g, "");
  const count = (pattern: RegExp) => plain.match(pattern)?.length ?? 0;
  return (
    count(/\$/g) % 2 === 0 &&
    count(/\{/g) === count(/\}/g) &&
    count(/\\\(/g) === count(/\\\)/g) &&
    count(/\\\[/g) === count(/\\\]/g)
  );
}
