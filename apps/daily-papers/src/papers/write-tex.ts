import { readTex, type TexPiece } from "./tex.ts";

/** What TeX would take for a command, and how it prints it. */
const signs: Readonly<Record<string, string>> = {
  "%": String.raw`\%`,
  "&": String.raw`\&`,
  "#": String.raw`\#`,
  _: String.raw`\_`,
  $: String.raw`\$`,
  "^": String.raw`\^{}`,
  "\u00A0": "~",
};
const shapes: Partial<Readonly<Record<TexPiece["type"], string>>> = {
  italic: "textit",
  bold: "textbf",
  code: "texttt",
  raised: "textsuperscript",
  lowered: "textsubscript",
};

/**
 * A title as arXiv has it, for a BibTeX file: formulas stay formulas, and of the rest nothing is a command by accident.
 * Its braces pair up: one stray brace would swallow the rest of the file.
 */
export function writeTex(input: string): string {
  return readTex(input).map(writePiece).join("");
}

/** Words as they are to be printed. Braces are left out, since BibTeX counts them however they are written. */
export function escapeTex(text: string): string {
  return text.replaceAll(/[{}\\]/g, "").replaceAll(/[%&#_$^\u00A0]/g, (sign) => signs[sign] ?? sign);
}

function writePiece(piece: TexPiece): string {
  if (piece.type === "maths") return writeMaths(piece.source);
  const shape = shapes[piece.type];
  return shape === undefined ? escapeTex(piece.text) : `\\${shape}{${escapeTex(piece.text)}}`;
}

function writeMaths(source: string): string {
  // A comment, or a parameter: neither belongs into a formula.
  return isPaired(source) ? `$${source.replaceAll(/(?<!\\)[%#]/g, String.raw`\$&`)}$` : escapeTex(source);
}

function isPaired(text: string): boolean {
  let depth = 0;
  for (const character of text) {
    if (character === "{") depth += 1;
    if (character === "}") depth -= 1;
    if (depth < 0) return false;
  }
  return depth === 0;
}
