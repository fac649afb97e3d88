import { stat } from "node:fs/promises";
import { ModelSourceError } from "./errors.ts";
import { loadGguf } from "./gguf/load-gguf.ts";
import { hubModelFolder, type HubOptions } from "./hub/hub-folder.ts";
import { parseHubId } from "./hub/hub-id.ts";
import type { LanguageModel } from "./language-model.ts";
import { loadFolder } from "./load-folder.ts";

/**
 * A language model from where it lies. Only small files and headers are read; weights come with `readWeights`.
 * @param source a Hugging Face folder, a `.gguf` file, or a hub id ("owner/name", "owner/name@revision"), which is downloaded
 *   when it is first asked for. What exists as a folder or file is that.
 * @throws {LanguageModelError} one sentence that names the file and what is wrong with it.
 */
export async function loadLanguageModel(
  source: string,
  { hub = {} }: { readonly hub?: HubOptions } = {},
): Promise<LanguageModel> {
  const found = await stat(source).catch(() => undefined);
  if (found?.isDirectory()) return await loadFolder(source);
  if (found?.isFile() && /\.gguf$/i.test(source)) return await loadGguf(source);
  if (!found && parseHubId(source)) return { ...(await loadFolder(await hubModelFolder(source, hub))), name: source };
  throw new ModelSourceError(source, found ? "is no folder of a model" : "there is no such folder");
}
