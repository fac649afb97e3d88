/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHtml } from "../look/html.ts";
import { Tex } from "./tex-html.tsx";

const render = (text: string): Promise<string> => toHtml(<Tex text={text} links />);

/** What would act in a page: elements and attributes that do, and addresses that are no web page's. */
const active =
  /<(?:script|style|img|svg|iframe|object|embed|form|link|meta|base)\b|<[^>]*\s(?:(?:on\w+|style|srcdoc|formaction)\s*=|(?:href|src)="(?!https?:))/i;

const attacks = [
  String.raw`$\href{javascript:alert(1)}{x}$`,
  String.raw`$\url{javascript:alert(1)}$`,
  String.raw`$\htmlData{x=1}{y}$ $\htmlStyle{color:red}{y}$ $\htmlClass{a" onclick="b}{y}$ $\htmlId{x}{y}$`,
  String.raw`$\includegraphics[width=1em]{https://evil.example/x.png}$`,
  String.raw`$\text{</math><script>alert(1)</script>}$`,
  String.raw`$\color{"><script>}x$ $\textcolor{red;background:url(x)}{y}$`,
  String.raw`$</annotation></math><img src=x onerror=alert(1)>$`,
  String.raw`\href{javascript:alert(1)}{x} \href{https://a.example/" onclick="x}{y} \url{data:text/html,x}`,
  String.raw`https://a.example/"onmouseover="alert(1) http://<script>`,
  String.raw`\textit{<b>} \textbf{<script>} \texttt{</code><script>}`,
  "<svg/onload=alert(1)> &lt;script&gt; <!--",
];
const bombs = [
  String.raw`$\def\a{\a\a}\a$`,
  String.raw`$\newcommand{\a}{xx}\newcommand{\b}{\a\a\a\a\a\a\a\a}\newcommand{\c}{\b\b\b\b\b\b\b\b}\c\c\c\c\c\c\c\c$`,
  `$${"{".repeat(900)}x${"}".repeat(900)}$`,
  `$${String.raw`\frac{`.repeat(250)}$`,
  `$${"x^{".repeat(400)}y${"}".repeat(400)}$`,
  String.raw`$\rule{999999em}{999999em}\hspace{99999em}$`,
  `$${String.raw`\begin{matrix}`.repeat(80)}$`,
  `$${String.raw`\left(`.repeat(300)}$`,
  "$x$ ".repeat(3_000),
];

describe("titles and abstracts made to harm", () => {
  it.each(attacks)("become nothing that acts: %s", async (attack) => {
    expect(await render(attack)).not.toMatch(active);
  });

  it.each(bombs.map((bomb) => [bomb.slice(0, 40), bomb]))(
    "are drawn or shown as source in time: %s",
    async (_, bomb) => {
      const begun = performance.now();
      const html = await render(bomb);
      expect(performance.now() - begun).toBeLessThan(5_000);
      expect(html.length).toBeLessThan(2_000_000);
      expect(html).not.toMatch(active);
    },
  );

  it("become nothing that acts, whatever their parts are put together to", async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ...attacks,
        "$",
        "$$",
        String.raw`\(`,
        String.raw`\)`,
        "{",
        "}",
        "\\",
        "<",
        ">",
        '"',
        "https://a.b/",
      ),
      fc.string({ unit: "binary", maxLength: 6 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
        expect(await render(pieces.join(""))).not.toMatch(active);
      }),
      { numRuns: 200 },
    );
  });
});
