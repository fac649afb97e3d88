/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { raw } from "hono/html";
import { renderToString } from "katex";
import { readTex } from "./tex.ts";

/** No title or abstract needs more; a longer one shows its formulas as source. */
const maxMathsCharacters = 2_000;
const maxCached = 2_000;
const cache = new Map<string, string | undefined>();

/**
 * arXiv text as HTML: words escaped, formulas as MathML, a formula that cannot be drawn as its source. Addresses become
 * links where `links` says so; where text is cut, a link could be focused and not be seen.
 */
export function Tex({ text, links = false }: { text: string; links?: boolean }) {
  let left = maxMathsCharacters;
  return (
    <>
      {readTex(text).map((piece) => {
        if (piece.type === "text") return piece.text;
        if (piece.type === "italic") return <em>{piece.text}</em>;
        if (piece.type === "bold") return <strong>{piece.text}</strong>;
        if (piece.type === "raised") return <sup>{piece.text}</sup>;
        if (piece.type === "lowered") return <sub>{piece.text}</sub>;
        if (piece.type === "code") return <code>{piece.text}</code>;
        if (piece.type !== "maths") return links ? <a href={piece.text}>{piece.text}</a> : piece.text;
        left -= piece.source.length;
        const mathml = left >= 0 ? renderMaths(piece.source, piece.display) : undefined;
        return mathml === undefined ? <code>{piece.source}</code> : raw(mathml);
      })}
    </>
  );
}

/** The formula as MathML, or undefined when KaTeX refuses it. Kept for the next page that shows it. */
function renderMaths(source: string, display: boolean): string | undefined {
  const key = `${display ? "display" : "inline"} ${source}`;
  if (cache.has(key)) return cache.get(key);
  let mathml: string | undefined;
  try {
    mathml = renderToString(source, {
      output: "mathml",
      displayMode: display,
      throwOnError: true,
      trust: false,
      strict: "ignore",
      maxExpand: 100,
      maxSize: 10,
    });
  } catch {
    mathml = undefined;
  }
  const oldest = cache.size >= maxCached ? cache.keys().next().value : undefined;
  if (oldest !== undefined) cache.delete(oldest);
  cache.set(key, mathml);
  return mathml;
}
