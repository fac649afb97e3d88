import { texSymbols } from "./tex-symbols.ts";
import { readTex, type TexPiece } from "./tex.ts";

/** Signs with a space on both sides. */
const relations = new Set("×±∓÷≤≥≠≈∼≃≡∝≪≫→←↔⇒↦∈∉⊂⊆∪∩");
/** Commands about the look of what follows. */
const looks =
  /\\(?:mathcal|mathbb|mathbf|mathrm|mathit|mathsf|mathtt|mathfrak|boldsymbol|bm|operatorname\*?|text|textbf|textit|textrm|texttt|hat|tilde|bar|vec|overline|underline|left|right|big|Big|bigl|bigr|displaystyle|limits)(?![A-Za-z])\s*/g;
const superscripts: Readonly<Record<string, string>> = {
  "0": "⁰",
  "1": "¹",
  "2": "²",
  "3": "³",
  "4": "⁴",
  "5": "⁵",
  "6": "⁶",
  "7": "⁷",
  "8": "⁸",
  "9": "⁹",
  "+": "⁺",
  "-": "⁻",
  n: "ⁿ",
  i: "ⁱ",
};
const subscripts: Readonly<Record<string, string>> = {
  "0": "₀",
  "1": "₁",
  "2": "₂",
  "3": "₃",
  "4": "₄",
  "5": "₅",
  "6": "₆",
  "7": "₇",
  "8": "₈",
  "9": "₉",
  "+": "₊",
  "-": "₋",
};

/**
 * A title or an abstract for places that draw no formulas, as one would read it: `$\mathcal{O}(n^2)$` becomes `O(n²)`,
 * `$\alpha \leq 1$` becomes `α ≤ 1`. What has no character of its own stays as it was typed, without its backslashes.
 */
export function readableTex(input: string): string {
  return readTex(input).map(readPiece).join("").replaceAll(/\s+/g, " ").trim();
}

function readPiece(piece: TexPiece): string {
  if (piece.type === "maths") return readMaths(piece.source);
  if (piece.type === "raised") return raised(piece.text, "^", superscripts);
  if (piece.type === "lowered") return raised(piece.text, "_", subscripts);
  return piece.text;
}

function readMaths(source: string): string {
  return source
    .replaceAll(looks, "")
    .replaceAll(
      /\\frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}/g,
      (_, over: string, under: string) => `${group(over)}/${group(under)}`,
    )
    .replaceAll(/\\([A-Za-z]+)\s?/g, (_, name: string) => symbolOf(name))
    .replaceAll(/\^\s*(?:\{([^{}]*)\}|(\S))/g, (_, many?: string, one?: string) =>
      raised(many ?? one ?? "", "^", superscripts),
    )
    .replaceAll(/_\s*(?:\{([^{}]*)\}|(\S))/g, (_, many?: string, one?: string) =>
      raised(many ?? one ?? "", "_", subscripts),
    )
    .replaceAll(/\\[,;:! ]/g, " ")
    .replaceAll(/[\\{}]/g, "");
}

function symbolOf(name: string): string {
  const symbol = texSymbols[name];
  if (symbol === undefined) return name;
  return relations.has(symbol) ? ` ${symbol} ` : symbol;
}

function group(text: string): string {
  return /^[\w.\\]*$/.test(text) ? text : `(${text})`;
}

function raised(text: string, sign: string, characters: Readonly<Record<string, string>>): string {
  const small = text.split("").map((character) => characters[character]);
  if (small.every((character) => character !== undefined)) return small.join("");
  return text.length === 1 ? sign + text : `${sign}(${text})`;
}
