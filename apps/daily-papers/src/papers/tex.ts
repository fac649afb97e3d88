import { texBeginning, texPatternsAt } from "./tex-patterns.ts";

/** A piece of arXiv text: words, a formula, words in another shape, an index or exponent, or a web address. */
export type TexPiece =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "maths"; readonly source: string; readonly display: boolean }
  | { readonly type: "italic" | "bold" | "code" | "raised" | "lowered" | "address"; readonly text: string };

/**
 * Takes the text of a title or an abstract apart. Never fails: what is not understood stays text, character for
 * character. Runs in time linear in the text for all that arXiv sends; the caller bounds its length.
 */
export function readTex(input: string): TexPiece[] {
  const pieces: TexPiece[] = [];
  let text = "";
  const flush = () => {
    if (text !== "") pieces.push({ type: "text", text });
    text = "";
  };
  let place = 0;
  while (place < input.length) {
    texBeginning.lastIndex = place;
    const special = texBeginning.exec(input);
    if (special === null) break;
    text += input.slice(place, special.index);
    place = special.index;

    const found = matchAt(input, place);
    if (found === undefined) {
      const character = input[place] ?? "";
      text += character === "~" ? "\u00A0" : character;
      place += 1;
      continue;
    }
    for (const piece of found.pieces) {
      if (typeof piece === "string") text += piece;
      else {
        flush();
        pieces.push(piece);
      }
    }
    place += found.length;
  }
  text += input.slice(place);
  flush();
  return pieces;
}

function matchAt(
  input: string,
  place: number,
): { readonly pieces: readonly (TexPiece | string)[]; readonly length: number } | undefined {
  for (const { at, become } of texPatternsAt(input[place] ?? "")) {
    at.lastIndex = place;
    const match = at.exec(input);
    if (match === null) continue;
    const [whole, ...groups] = match;
    const pieces = become(...groups);
    if (pieces !== undefined) return { pieces, length: whole.length };
  }
  return undefined;
}
