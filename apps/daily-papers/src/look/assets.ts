import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { Hono } from "hono";

const require = createRequire(import.meta.url);
const ownFile = (name: string) => new URL(name, import.meta.url);

interface Asset {
  readonly path: string;
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly zipped: Uint8Array<ArrayBuffer> | undefined;
}

const fonts = {
  roman: asset(
    "source-serif.woff2",
    "font/woff2",
    readFileSync(require.resolve("@fontsource-variable/source-serif-4/files/source-serif-4-latin-wght-normal.woff2")),
  ),
  italic: asset(
    "source-serif-italic.woff2",
    "font/woff2",
    readFileSync(require.resolve("@fontsource-variable/source-serif-4/files/source-serif-4-latin-wght-italic.woff2")),
  ),
  greek: asset(
    "source-serif-greek.woff2",
    "font/woff2",
    readFileSync(require.resolve("@fontsource-variable/source-serif-4/files/source-serif-4-greek-wght-normal.woff2")),
  ),
  romanExtended: asset(
    "source-serif-extended.woff2",
    "font/woff2",
    readFileSync(
      require.resolve("@fontsource-variable/source-serif-4/files/source-serif-4-latin-ext-wght-normal.woff2"),
    ),
  ),
};
const style = asset(
  "style.css",
  "text/css; charset=utf-8",
  readFileSync(ownFile("style.css"), "utf8").replaceAll(
    /url\("font:(\w+)"\)/g,
    (_, name: keyof typeof fonts) => `url("${fonts[name].path}")`,
  ),
);
const script = asset("page.js", "text/javascript; charset=utf-8", readFileSync(ownFile("page.js")));
const icon = asset("icon.svg", "image/svg+xml", readFileSync(ownFile("icon.svg")));

/** Paths of our own files. Each holds a hash of its content, so browsers may keep it for ever. */
export const assetPaths = { style: style.path, script: script.path, icon: icon.path, font: fonts.roman.path };

const assets = new Map([...Object.values(fonts), style, script, icon].map((file) => [file.path, file]));

export const assetRoutes = new Hono().get("/assets/:name", (c) => {
  const file = assets.get(c.req.path);
  if (file === undefined) return c.notFound();
  const zipped = file.zipped !== undefined && /\bgzip\b/.test(c.req.header("accept-encoding") ?? "");
  return c.body(zipped ? file.zipped : file.body, 200, {
    "Content-Type": file.type,
    "Cache-Control": "public, max-age=31536000, immutable",
    ...(file.zipped === undefined ? {} : { Vary: "Accept-Encoding" }),
    ...(zipped ? { "Content-Encoding": "gzip" } : {}),
  });
});

function asset(name: string, type: string, content: Uint8Array | string): Asset {
  const body = new Uint8Array(Buffer.from(content));
  const hash = createHash("sha256").update(body).digest("hex").slice(0, 12);
  const dot = name.lastIndexOf(".");
  const zipped = type.startsWith("font/") ? undefined : new Uint8Array(gzipSync(body, { level: 9 }));
  return { path: `/assets/${name.slice(0, dot)}.${hash}${name.slice(dot)}`, type, body, zipped };
}
