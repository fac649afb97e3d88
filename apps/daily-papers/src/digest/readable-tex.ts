import { readTex } from "../papers/tex.ts";

const names: Readonly<Record<string, string>> = {
  alpha: "α",
  beta: "β",
  gamma: "γ",
  delta: "δ",
  epsilon: "ε",
  varepsilon: "ε",
  zeta: "ζ",
  eta: "η",
  theta: "θ",
  iota: "ι",
  kappa: "κ",
  lambda: "λ",
  mu: "μ",
  nu: "ν",
  xi: "ξ",
  pi: "π",
  rho: "ρ",
  sigma: "σ",
  tau: "τ",
  upsilon: "υ",
  phi: "φ",
  varphi: "φ",
  chi: "χ",
  psi: "ψ",
  omega: "ω",
  Gamma: "Γ",
  Delta: "Δ",
  Theta: "Θ",
  Lambda: "Λ",
  Xi: "Ξ",
  Pi: "Π",
  Sigma: "Σ",
  Phi: "Φ",
  Psi: "Ψ",
  Omega: "Ω",
  times: "×",
  cdot: "·",
  pm: "±",
  mp: "∓",
  div: "÷",
  le: "≤",
  leq: "≤",
  ge: "≥",
  geq: "≥",
  ne: "≠",
  neq: "≠",
  approx: "≈",
  sim: "∼",
  simeq: "≃",
  equiv: "≡",
  propto: "∝",
  ll: "≪",
  gg: "≫",
  to: "→",
  rightarrow: "→",
  leftarrow: "←",
  leftrightarrow: "↔",
  Rightarrow: "⇒",
  mapsto: "↦",
  uparrow: "↑",
  downarrow: "↓",
  infty: "∞",
  in: "∈",
  notin: "∉",
  subset: "⊂",
  subseteq: "⊆",
  cup: "∪",
  cap: "∩",
  emptyset: "∅",
  forall: "∀",
  exists: "∃",
  nabla: "∇",
  partial: "∂",
  sum: "∑",
  prod: "∏",
  int: "∫",
  sqrt: "√",
  circ: "∘",
  star: "⋆",
  ast: "∗",
  oplus: "⊕",
  otimes: "⊗",
  ell: "ℓ",
  hbar: "ℏ",
  langle: "⟨",
  rangle: "⟩",
  lVert: "‖",
  rVert: "‖",
  Vert: "‖",
  mid: "|",
  ldots: "…",
  cdots: "⋯",
  dots: "…",
  prime: "′",
  degree: "°",
  quad: " ",
  qquad: " ",
};
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
  return readTex(input)
    .map((piece) => (piece.type === "maths" ? readMaths(piece.source) : piece.text))
    .join("")
    .replaceAll(/\s+/g, " ")
    .trim();
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
  const symbol = names[name];
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
