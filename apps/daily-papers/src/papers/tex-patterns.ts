import { texSymbols } from "./tex-symbols.ts";
import type { TexPiece } from "./tex.ts";

/** What may stand at a place of arXiv text, and what it becomes; undefined where it is something else after all. */
interface TexPattern {
  /** Sticky: tried at one place at a time. */
  readonly at: RegExp;
  readonly become: (...groups: readonly (string | undefined)[]) => readonly (TexPiece | string)[] | undefined;
}

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
  underline: "text",
  mathrm: "text",
  mathcal: "text",
  mathbf: "bold",
  url: "code",
  em: "italic",
  it: "italic",
  sl: "italic",
  bf: "bold",
  tt: "code",
  sc: "text",
  rm: "text",
};
/** Words that authors write as commands, beside the signs of {@link texSymbols}. */
const words: Readonly<Record<string, string>> = {
  ie: "i.e.",
  eg: "e.g.",
  etc: "etc",
  LaTeX: "LaTeX",
  TeX: "TeX",
  deg: "°",
  textgreater: ">",
  textless: "<",
  textasciitilde: "~",
  allowbreak: "",
};
/** Greek letters that lost their backslash on the way; as plain words they stay, before an index they are letters. */
const greek = "alpha|beta|gamma|delta|epsilon|theta|lambda|mu|nu|pi|rho|sigma|tau|phi|psi|omega|ell|nabla";
/** Signs that lost their backslash and are no words of a language. */
const signs =
  "leftrightarrow|rightarrow|leftarrow|Rightarrow|uparrow|downarrow|leq|geq|neq|infty|varepsilon|cdot|nabla";

/** A full stop or a bracket after an address belongs to the sentence. */
const webAddress = String.raw`https?:\/\/[^\s<>"{}\\^\`]*[^\s<>"{}\\^\`.,;:!?)\]']`;

const plain = (text = "") => [text];
const maths =
  (display: boolean) =>
  (source = "") => [{ type: "maths", source: source.trim(), display } as const];
const index =
  (type: "raised" | "lowered") =>
  (text = "") => [{ type, text } as const];
const address = (text = "") => [{ type: "address", text } as const];
const shaped: TexPattern["become"] = (name = "", text = "") => {
  const shape = shapes[name];
  return shape === undefined ? undefined : [shape === "text" ? text : { type: shape, text }];
};
const symbol: TexPattern["become"] = (name = "") => {
  const found = words[name] ?? texSymbols[name];
  return found === undefined ? undefined : [found];
};

/**
 * Patterns by the character that they begin with, in the order in which they are tried. A single dollar opens a formula
 * only when a word character follows at once and a dollar after a non-space, not before a digit, closes it: prices stay
 * prices. What comes by way of the Hugging Face feed has lost dollars and backslashes, so that indices, arrows and
 * shapes are known without them too.
 */
const patterns: Readonly<Record<string, readonly TexPattern[]>> = {
  $: [
    { at: /\$\$([^$]+)\$\$/y, become: maths(true) },
    { at: /\$(?![\s$])((?:\\.|[^\\$])*?(?:\\.|[^\\$\s]))\$(?!\d)/y, become: maths(false) },
  ],
  "\\": [
    { at: /\\\[([^]+?)\\\]/y, become: maths(true) },
    { at: /\\\(([^]+?)\\\)/y, become: maths(false) },
    { at: /\\(?:href|url)\s*\{\s*(https?:\/\/[^\s{}]+)\s*\}/y, become: address },
    { at: /\\([a-z]+)\s*\{([^{}$\\]*)\}/y, become: shaped },
    { at: /\\href\s*\{[^{}]*\}\s*\{([^{}$\\]*)\}/y, become: plain },
    { at: /\\([`'^~=."]|[urHvck](?![A-Za-z]))\s*(?:\{\\?([A-Za-z])\}|\\?([A-Za-z]))/y, become: accented },
    {
      at: /\\(ss|ae|AE|oe|OE|aa|AA|o|O|l|L|i|j)(?![A-Za-z])(?:\{\})?\s?/y,
      become: (name = "") => [letters[name] ?? ""],
    },
    { at: /\\([%&#$_{} ])/y, become: plain },
    { at: /\\[,;:]/y, become: () => ["\u202F"] },
    // A price without its dollar.
    { at: /(?<![^\s(])\\(?=\d)(?!\d\))/y, become: () => ["$"] },
    { at: /\\([A-Za-z]+)(?!\{)/y, become: symbol },
  ],
  "{": [
    { at: /\{\s*\\(em|it|sl|bf|tt|sc|rm)(?![A-Za-z])\s*([^{}$\\]*)\}/y, become: shaped },
    { at: /\{\s*(?:\\([A-Za-z]+)|(sim|times|deg|approx))\s*\}/y, become: (sent, lost) => symbol(sent ?? lost) },
    { at: new RegExp(`\\{\\s*(${webAddress})\\s*\\}`, "y"), become: address },
    // Groups: of a sign within a number, and of words whose command was lost. Sets and commands keep their braces.
    { at: /(?<=[\p{L}\p{N}])\{([,.:=<>+-])\}/uy, become: plain },
    { at: /(?<=^|[\s(["“-])\{(\p{L}[\p{L}\p{N} /.'’:-]*)\}/uy, become: plain },
    { at: /(?<![\\}][A-Za-z]*)\{(\p{L})\}/uy, become: plain },
  ],
  "^": [
    { at: /\^\{?\\?circ(?![A-Za-z])\}?/y, become: () => ["°"] },
    {
      at: /(?<=[\p{L}\p{N})\]}*.%])\^(?:\\?(?:text|math)[a-z]{2}\s*)?\{([^{}$\\^]{1,16})\}/uy,
      become: index("raised"),
    },
    { at: /(?<=[\p{L}\p{N})\]}*.%])\^(-?\d+|[A-Za-z](?![A-Za-z])|[*+])/uy, become: index("raised") },
  ],
  _: [
    { at: /(?<=[\p{L}\p{N})\]}])_\{([^{}$\\^]{1,16})\}/uy, become: index("lowered") },
    { at: /(?<=(?<![\p{L}\p{N}_/.@-])\p{L})_([A-Za-z0-9])(?![\p{L}\p{N}_])/uy, become: index("lowered") },
  ],
  "*": [{ at: /\*\*(?=\S)([^*]{0,80}[^\s*])\*\*/y, become: (text = "") => [{ type: "bold", text }] }],
  "`": [{ at: /``/y, become: () => ["“"] }],
  "'": [
    { at: /(?<=\S)''/y, become: () => ["”"] },
    { at: /''(?=\S)/y, become: () => ["“"] },
  ],
  "-": [
    { at: /(?<!-)---(?!-)/y, become: () => ["—"] },
    // Options of a command keep theirs.
    { at: /(?<!-)(?:(?<=[^\s-])--|--(?=\s))(?!-)/y, become: () => ["–"] },
  ],
};

/** Patterns that begin with a letter. */
const wordPatterns: readonly TexPattern[] = [
  { at: new RegExp(`(${webAddress})`, "y"), become: address },
  {
    at: /(?<![\p{L}\\])(text(?:it|bf|tt|sc|rm|sf)?|emph|math(?:rm|cal|bf)|underline)\{([^{}$\\]*)\}/uy,
    become: shaped,
  },
  {
    at: new RegExp(
      `(?<![\\p{L}\\p{N}_/.@-])(${greek})_(?:\\{([^{}$\\\\^]{1,16})\\}|([A-Za-z0-9])(?![\\p{L}\\p{N}_]))`,
      "uy",
    ),
    become: (name = "", many, one) => [texSymbols[name] ?? name, ...index("lowered")(many ?? one)],
  },
  { at: new RegExp(`(?<![\\p{L}\\\\])(${greek})(?=\\^)`, "uy"), become: symbol },
  { at: new RegExp(`(?<![\\p{L}\\\\])(${signs})(?!\\p{L})`, "uy"), become: symbol },
  { at: /(?<=\d)(times)(?![A-Za-z])/y, become: symbol },
  { at: /(?<![\p{L}\p{N}-])(sim)(?=\d[\d.,]*(?![\d.,]*\p{L}{2}))/uy, become: symbol },
  { at: /(?<=(?:^|[\s(]))(approx)(?=[\s\d])/y, become: symbol },
];

/** The patterns that text beginning with a character may match. */
export function texPatternsAt(character: string): readonly TexPattern[] {
  return patterns[character] ?? wordPatterns;
}

function accented(accent = "", grouped: string | undefined, single: string | undefined): readonly string[] {
  return [((grouped ?? single ?? "") + (accents[accent] ?? "")).normalize("NFC")];
}

/** Where a pattern may begin; everything else is text. */
export const texBeginning = new RegExp(
  `[$\\\\~{^_]|https?://|\\*\\*|\`\`|''|--|(?<![\\p{L}\\\\])(?:${greek})(?=[_^])|(?<![\\p{L}\\\\])(?:${signs}|approx|sim|text|emph|math|underline)|(?<=\\d)times`,
  "gu",
);
