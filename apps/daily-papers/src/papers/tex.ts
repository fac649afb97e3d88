/** A piece of arXiv text: words, a formula, words in another shape, or a web address. */
export type TexPiece =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "maths"; readonly source: string; readonly display: boolean }
  | { readonly type: "italic" | "bold" | "code" | "address"; readonly text: string };

const accents: Readonly<Record<string, string>> = {
  "`": "\u0300",
  "'": "\u0301",
  "^": "\u0302",
  "~": "\u0303",
  "=": "\u0304",
  u: "\u0306",
  ".": "\u0307",
  '"': "\u0308",
  r: "\u030A",
  H: "\u030B",
  v: "\u030C",
  c: "\u0327",
  k: "\u0328",
};
const letters: Readonly<Record<string, string>> = {
  ss: "ß",
  o: "ø",
  O: "Ø",
  l: "ł",
  L: "Ł",
  ae: "æ",
  AE: "Æ",
  oe: "œ",
  OE: "Œ",
  aa: "å",
  AA: "Å",
  i: "ı",
  j: "ȷ",
};
const shapes: Readonly<Record<string, "italic" | "bold" | "code" | "text">> = {
  textit: "italic",
  emph: "italic",
  textsl: "italic",
  textbf: "bold",
  texttt: "code",
  textsc: "text",
  textrm: "text",
  text: "text",
  textsf: "text",
  url: "code",
};

/**
 * What a piece of arXiv text may begin with, tried at each place. A single dollar opens a formula only when a word
 * character follows at once and a dollar after a non-space, not before a digit, closes it: prices stay prices.
 */
const patterns = [
  { type: "maths", display: true, at: /\$\$([^$]+)\$\$/y },
  { type: "maths", display: true, at: /\\\[([^]+?)\\\]/y },
  { type: "maths", display: false, at: /\\\(([^]+?)\\\)/y },
  { type: "maths", display: false, at: /\$(?![\s$])((?:\\.|[^\\$])*?(?:\\.|[^\\$\s]))\$(?!\d)/y },
  { type: "shape", at: /\\([a-z]+)\s*\{([^{}$\\]*)\}/y },
  { type: "link", at: /\\href\s*\{[^{}]*\}\s*\{([^{}$\\]*)\}/y },
  { type: "accent", at: /\\([`'^~=."]|[urHvck](?![A-Za-z]))\s*(?:\{\\?([A-Za-z])\}|\\?([A-Za-z]))/y },
  { type: "letter", at: /\\(ss|ae|AE|oe|OE|aa|AA|o|O|l|L|i|j)(?![A-Za-z])(?:\{\})?\s?/y },
  { type: "escaped", at: /\\([%&#$_{}])/y },
  // A full stop or a bracket after an address belongs to the sentence.
  { type: "address", at: /https?:\/\/[^\s<>"{}\\^`]*[^\s<>"{}\\^`.,;:!?)\]']/y },
] as const;

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
    const special = input.slice(place).search(/[$\\~{}]|https?:\/\//);
    if (special === -1) break;
    text += input.slice(place, place + special);
    place += special;

    const found = matchAt(input, place);
    if (found === undefined) {
      const character = input[place] ?? "";
      text += character === "~" ? "\u00A0" : character;
      place += 1;
      continue;
    }
    if (typeof found.piece === "string") text += found.piece;
    else {
      flush();
      pieces.push(found.piece);
    }
    place += found.length;
  }
  text += input.slice(place);
  flush();
  return pieces;
}

function matchAt(input: string, place: number): { piece: TexPiece | string; length: number } | undefined {
  for (const pattern of patterns) {
    pattern.at.lastIndex = place;
    const match = pattern.at.exec(input);
    if (match === null) continue;
    const [whole, first = "", second, third] = match;
    const length = whole.length;
    if (pattern.type === "maths") {
      return { piece: { type: "maths", source: first.trim(), display: pattern.display }, length };
    }
    if (pattern.type === "shape") {
      const shape = shapes[first];
      if (shape === undefined) continue;
      return { piece: shape === "text" ? (second ?? "") : { type: shape, text: second ?? "" }, length };
    }
    if (pattern.type === "accent") {
      return { piece: ((second ?? third ?? "") + (accents[first] ?? "")).normalize("NFC"), length };
    }
    if (pattern.type === "address") return { piece: { type: "address", text: whole }, length };
    if (pattern.type === "letter") return { piece: letters[first] ?? whole, length };
    return { piece: first, length };
  }
  return undefined;
}

/** The same text for places that hold plain text only: page titles, BibTeX, the miniature of a thumbnail. */
export function plainTex(input: string): string {
  return readTex(input)
    .map((piece) => (piece.type === "maths" ? piece.source.replaceAll(/[\\{}]/g, "") : piece.text))
    .join("");
}
