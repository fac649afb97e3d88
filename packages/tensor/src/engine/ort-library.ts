import { existsSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { EngineLibraryError } from "./errors.ts";

const fileNames: Readonly<Partial<Record<NodeJS.Platform, RegExp>>> = {
  linux: /^libonnxruntime\.so[.\d]*$/,
  darwin: /^libonnxruntime[.\d]*\.dylib$/,
  win32: /^onnxruntime\.dll$/,
};

/**
 * Path of ONNX Runtime's shared library: what OFFPRINT_ONNXRUNTIME names (the library or a folder with it), otherwise
 * the one that the npm package `onnxruntime-node` carries for this platform.
 * @throws {EngineLibraryError} when there is none.
 */
export function findOrtLibrary(environment: NodeJS.ProcessEnv = process.env): string {
  const place = environment["OFFPRINT_ONNXRUNTIME"] || packageFolder();
  if (!existsSync(place)) throw new EngineLibraryError(place, { cause: new Error("nothing is there") });
  if (statSync(place).isFile()) return place;
  const found = readdirSync(place).find((name) => fileNames[process.platform]?.test(name));
  if (found === undefined) {
    const cause = new Error(`this folder has no library for ${process.platform}-${process.arch}`);
    throw new EngineLibraryError(place, { cause });
  }
  return join(place, found);
}

function packageFolder(): string {
  const require = createRequire(import.meta.url);
  try {
    const root = dirname(require.resolve("onnxruntime-node/package.json"));
    return join(root, "bin", "napi-v6", process.platform, process.arch);
  } catch (cause) {
    throw new EngineLibraryError("onnxruntime-node", { cause });
  }
}
