/** The same program, the same ONNX bytes: in Chromium on WebAssembly and in Node on the native library. */
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openEngine } from "@offprint/tensor";
import { build } from "esbuild";
import { expect, it } from "vitest";
import { launchBrowser } from "../apps/daily-papers/src/testing/browser.ts";
import { trainTiny } from "./browser-program.ts";

const types: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

it("trains in a browser as it does in Node", { timeout: 120_000 }, async () => {
  const bundle = await build({
    entryPoints: [fileURLToPath(new URL("browser-program.ts", import.meta.url))],
    bundle: true,
    format: "iife",
    globalName: "offprint",
    platform: "browser",
    conditions: ["source"],
    write: false,
    logLevel: "error",
  });
  const script = bundle.outputFiles[0]?.text ?? "";
  const ofTensor = createRequire(new URL("../packages/tensor/src/web.ts", import.meta.url));
  const wasm = dirname(ofTensor.resolve("onnxruntime-web/wasm"));
  const server = createServer((request, response) => {
    const name = basename(request.url ?? "/");
    const send = (body: string | Buffer, extension: string) =>
      response.writeHead(200, { "content-type": types[extension] ?? "" }).end(body);
    if (request.url === "/") return send("<!doctype html><title>t</title><script src=program.js></script>", ".html");
    if (name === "program.js") return send(script, ".js");
    const path = join(wasm, name);
    if (!existsSync(path)) return response.writeHead(404).end();
    return send(readFileSync(path), extname(name));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(address);
    const inBrowser = await page.evaluate<number[]>(`offprint.inBrowser("${address}")`);
    using engine = await openEngine();
    const inNode = await trainTiny(engine);
    expect(inNode.at(-1)).toBeLessThan((inNode[0] ?? 0) - 0.5);
    for (const [step, loss] of inNode.entries()) expect(inBrowser[step]).toBeCloseTo(loss, 4);
  } finally {
    await browser.close();
    server.close();
  }
});
