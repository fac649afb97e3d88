import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderMarkdown } from "./markdown.ts";

/** What may be in the result: these elements with these attributes, and text without an open bracket. */
const element =
  /<(?:\/(?:a|blockquote|code|em|li|ol|p|pre|s|strong|ul)|(?:blockquote|code|em|li|p|pre|s|strong|ul)|br \/|ol(?: start="\d+")?|a(?: href="https?:\/\/[^"<>]*" rel="nofollow ugc noopener")?)>/gi;

function expectHarmless(text: string): void {
  const rest = renderMarkdown(text).replaceAll(element, "");
  expect(rest, text).not.toMatch(/[<>]/);
}

describe("a comment's Markdown", () => {
  it("has emphasis, code, quotations, lists and links", () => {
    expect(renderMarkdown("*a* **b** ~~c~~ `d`")).toBe(
      "<p><em>a</em> <strong>b</strong> <s>c</s> <code>d</code></p>\n",
    );
    expect(renderMarkdown("> a\n\n1. b\n2. c")).toContain("<blockquote>");
    expect(renderMarkdown("3. b\n4. c")).toContain('<ol start="3">');
    expect(renderMarkdown("```\na < b\n```")).toContain("<pre><code>a &lt; b\n</code></pre>");
    expect(renderMarkdown("one\ntwo")).toContain("one<br />");
    const link = '<a href="https://arxiv.org/abs/2409.19977" rel="nofollow ugc noopener">';
    expect(renderMarkdown("[x](https://arxiv.org/abs/2409.19977)")).toContain(link);
    expect(renderMarkdown("see https://arxiv.org/abs/2409.19977.")).toContain(link);
    expect(renderMarkdown("<https://arxiv.org/abs/2409.19977>")).toContain(link);
  });

  it("leaves formulas, headings, tables and plain names as they were typed", () => {
    expect(renderMarkdown("# x")).toBe("<p># x</p>\n");
    expect(renderMarkdown("|a|b|\n|-|-|")).not.toContain("<table");
    expect(renderMarkdown("$x_i$ and $y_i$, see model.py or me@example.org")).toBe(
      "<p>$x_i$ and $y_i$, see model.py or me@example.org</p>\n",
    );
  });

  const attacks = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](https://evil.example/pixel.png)",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "[x](//evil.example)",
    "[x](/sign-out)",
    '[x](https://a.example/"onmouseover=alert(1))',
    '[x](https://a.example "title\\" onclick=alert(1)")',
    "<javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "[x]: javascript:alert(1)\n\n[x]",
    "`</code><script>`",
    '```html"><script>alert(1)</script>\nx\n```',
    "<style>*{display:none}</style>",
    "<svg/onload=alert(1)>",
    "<!--x--><?php ?><![CDATA[x]]>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    '<div style="position:fixed">x',
    "</main><form action=//evil.example>",
    "<a\u0000 href=https://x>",
    "\u202Etxt.exe",
  ];
  it.each(attacks)("makes nothing but text of %j", (attack) => {
    expectHarmless(attack);
    expect(renderMarkdown(attack)).not.toMatch(/<(?:script|img|style|svg|div|form|[a-z]+[^>]* on)/i);
    expect(renderMarkdown(attack)).not.toMatch(/href="(?!https?:\/\/)/i);
  });

  it("holds nothing but what is allowed, whatever is typed", () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.constantFrom(
        ...Array.from("<>\"'`&()[]!*_~#-=+|:/\\ \n\t\0"),
        ...attacks,
        "javascript:",
        "https://a.example/",
        "&#x6A;",
        "<a ",
        "href=",
        "onerror=",
        "> ",
        "1. ",
        "```",
        "](",
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => expectHarmless(pieces.join(""))),
      { numRuns: 500 },
    );
  });

  it("takes no long time for texts that are made to take it", () => {
    const floods = [
      "[",
      "*a ",
      "> ",
      "`",
      "![](",
      "<a",
      "**_",
      "- ".repeat(40) + "\n",
      "https://a.",
      "[x](",
      "~~",
      "&",
    ];
    for (const flood of floods) {
      const text = flood.repeat(Math.ceil(10_000 / flood.length)).slice(0, 10_000);
      const begin = performance.now();
      expectHarmless(text);
      expect(performance.now() - begin, flood).toBeLessThan(2_000);
    }
  });
});
