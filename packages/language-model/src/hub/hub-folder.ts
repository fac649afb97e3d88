import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { defaultCacheFolder, downloadFile, type DownloadOptions, isIntact } from "@offprint/download";
import { HubError } from "./errors.ts";
import { type HubId, parseHubId } from "./hub-id.ts";
import { type HubAccess, type HubFile, type HubListing, listHubFiles } from "./hub-listing.ts";
import { ModelCache } from "./model-cache.ts";

export interface HubOptions extends Omit<DownloadOptions, "maxBytes" | "headers"> {
  /** Default: the environment's `HF_ENDPOINT`, or `https://huggingface.co`. */
  readonly endpoint?: string | undefined;
  /** Default: the environment's `HF_TOKEN`. Sent to the endpoint alone. */
  readonly token?: string | undefined;
  /** Folder for downloads. Default: `OFFPRINT_CACHE`, or the platform's folder for caches. */
  readonly cacheFolder?: string | undefined;
  /** A model whose files are larger than this together is refused before anything is downloaded. Default 32 GiB. */
  readonly maxTotalBytes?: number | undefined;
  /** Told before a download begins. */
  readonly onDownload?: ((download: HubDownload) => void) | undefined;
}

/** What is about to be downloaded. */
export interface HubDownload {
  readonly id: string;
  readonly commit: string;
  /** Names of the files that are not there yet. */
  readonly files: readonly string[];
  /** Their bytes together. */
  readonly bytes: number;
  /** Where they go. */
  readonly folder: string;
}

const single = "model.safetensors";
const index = "model.safetensors.index.json";
/** What a model folder is read from, beside the weights. */
const small = [
  "config.json",
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "chat_template.jinja",
  "chat_template.json",
];
const defaultTotal = 32 * 2 ** 30;

/**
 * The folder of a hub model: from the cache, or downloaded into it file by file, each continued where it broke off and
 * compared with the hub's checksum. Without a connection a model that is in the cache is used as it is.
 * @param text "owner/name" or "owner/name@revision".
 * @throws {HubError} when there is no such model, it is not to be had, or has no safetensors; `DownloadError` when a file
 *   cannot be downloaded.
 */
export async function hubModelFolder(text: string, options: HubOptions = {}): Promise<string> {
  return await cachedFolder(text, { cache: "models", complete: completed }, options);
}

/** Some files of a hub model, kept apart from those that others need of it. */
export interface HubSelection {
  /** Folder of the cache. */
  readonly cache: string;
  /**
   * Those of a model's files that are wanted.
   * @returns a sentence that says what is missing where the model cannot be used.
   */
  readonly choose: (files: readonly string[]) => readonly string[] | string;
}

/**
 * The folder of a hub model with the files of `selection`, which are cached, checked and continued as {@link hubModelFolder} does.
 * @throws {HubError} when there is no such model, it is not to be had, or lacks what is wanted; `DownloadError` when a file
 *   cannot be downloaded.
 */
export async function hubFilesFolder(text: string, selection: HubSelection, options: HubOptions = {}): Promise<string> {
  const { cache, choose } = selection;
  return await cachedFolder(text, { cache, complete: (...listed) => selected(choose, ...listed) }, options);
}

/** How a listed model becomes a folder with all that is needed of it. */
type Complete = (
  id: HubId,
  listing: HubListing,
  cache: ModelCache,
  access: HubAccess,
  options: HubOptions,
) => Promise<string>;

async function cachedFolder(
  text: string,
  { cache: kind, complete }: { readonly cache: string; readonly complete: Complete },
  options: HubOptions,
): Promise<string> {
  const id = parseHubId(text);
  if (!id) throw new HubError(text, 'is no hub id; wanted "owner/name" or "owner/name@revision"');
  const { endpoint = process.env["HF_ENDPOINT"] || "https://huggingface.co" } = options;
  const token = options.token ?? process.env["HF_TOKEN"];
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  const access: HubAccess = { endpoint: endpoint.replace(/\/+$/, ""), headers };
  const cache = new ModelCache(join(options.cacheFolder ?? defaultCacheFolder(), kind, ...id.name.split("/")));
  const known = await cache.commitOf(id.revision);
  // A commit never changes: what is complete needs no question.
  if (known === id.revision && (await cache.isComplete(known))) return cache.folder(known);
  const listing = process.env["HF_HUB_OFFLINE"] === "1" ? undefined : await listHubFiles(id, access, options.signal);
  if (listing) return await complete(id, listing, cache, access, options);
  if (known !== undefined && (await cache.isComplete(known))) return cache.folder(known);
  throw new HubError(
    text,
    `there is no folder of this name, ${access.endpoint} cannot be reached, and the cache (${cache.root}) does not hold the ` +
      "model. Connect and try again, copy the cache from a machine that has it (OFFPRINT_CACHE names it), or give the path " +
      "of a model folder",
  );
}

/** The folder of a listed model, with all that was missing. */
async function completed(
  id: HubId,
  listing: HubListing,
  cache: ModelCache,
  access: HubAccess,
  options: HubOptions,
): Promise<string> {
  const { commit, files } = listing;
  const folder = cache.folder(commit);
  if (!(await cache.isComplete(commit))) {
    const first = [...small, index].flatMap((name) => files.get(name) ?? []);
    if (!files.has("config.json")) throw new HubError(id.name, "has no config.json: it is no model of transformers");
    const shards = [...files.values()].filter(({ name }) => /^[\w.-]+\.safetensors$/.test(name));
    const weights = files.has(single) || !files.has(index) ? [single] : shards.map(({ name }) => name);
    checkWeights(id, files);
    // Before the index is read all shards count; only those that it names are downloaded.
    const all = [...first, ...weights.flatMap((name) => files.get(name) ?? [])];
    await announce(id, commit, all, cache, options);
    const get = (wanted: readonly HubFile[]) =>
      downloadAll(`${access.endpoint}/${id.name}/resolve/${commit}`, wanted, folder, access.headers, options);
    await get(first);
    const named = files.has(single) ? [single] : await shardNames(id, join(folder, index));
    await get(
      named.map((name) => {
        const file = files.get(name);
        if (file) return file;
        throw new HubError(id.name, `lacks the shard ${name} that its ${index} names`);
      }),
    );
    await cache.markComplete(commit, [...first.map(({ name }) => name), ...named]);
  }
  await cache.keepCommit(id.revision, commit);
  return folder;
}

/** The folder of a listed model with the chosen files. */
async function selected(
  choose: HubSelection["choose"],
  id: HubId,
  { commit, files }: HubListing,
  cache: ModelCache,
  access: HubAccess,
  options: HubOptions,
): Promise<string> {
  const folder = cache.folder(commit);
  if (!(await cache.isComplete(commit))) {
    const names = choose([...files.keys()]);
    if (typeof names === "string") throw new HubError(id.name, names);
    const wanted = names.flatMap((name) => files.get(name) ?? []);
    await announce(id, commit, wanted, cache, options);
    await downloadAll(`${access.endpoint}/${id.name}/resolve/${commit}`, wanted, folder, access.headers, options);
    await cache.markComplete(commit, names);
  }
  await cache.keepCommit(id.revision, commit);
  return folder;
}

/** Says what is about to be downloaded. @throws {HubError} when it is more than allowed. */
async function announce(
  { name: id }: HubId,
  commit: string,
  files: readonly HubFile[],
  cache: ModelCache,
  { maxTotalBytes = defaultTotal, onDownload }: HubOptions,
): Promise<void> {
  const most = total(files);
  if (most > maxTotalBytes) {
    throw new HubError(id, `is ${described(most)}, more than the ${described(maxTotalBytes)} that are allowed`);
  }
  const missing = await cache.missing(commit, files);
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name);
  onDownload?.({ id, commit, files: names, bytes: total(missing), folder: cache.folder(commit) });
}

function checkWeights({ name }: HubId, files: HubListing["files"]): void {
  if (files.has(single) || files.has(index)) return;
  const ggufs = [...files.keys()].filter((file) => file.endsWith(".gguf"));
  throw new HubError(
    name,
    ggufs.length > 0
      ? `has GGUF files only (${ggufs.slice(0, 3).join(", ")}${ggufs.length > 3 ? ", …" : ""}); download one and give its path`
      : "has no safetensors; look for another revision or a converted copy of the model",
  );
}

async function shardNames({ name }: HubId, path: string): Promise<string[]> {
  let map: Readonly<Record<string, unknown>> | undefined;
  try {
    map = (JSON.parse(await readFile(path, "utf8")) as { weight_map?: Record<string, unknown> } | null)?.weight_map;
  } catch (cause) {
    throw new HubError(name, `has an ${index} that is not JSON`, { cause });
  }
  const names = [...new Set(Object.values(map ?? {}))];
  for (const shard of names) {
    if (typeof shard !== "string" || basename(shard) !== shard || !shard.endsWith(".safetensors"))
      throw new HubError(name, `names ${JSON.stringify(shard)} as a shard in its ${index}`);
  }
  return names as string[];
}

async function downloadAll(
  address: string,
  wanted: readonly HubFile[],
  folder: string,
  headers: HubAccess["headers"],
  options: HubOptions,
): Promise<void> {
  for (const { name, size, checksum } of wanted) {
    const target = join(folder, name);
    if (await isIntact(target, checksum)) continue;
    const advice = "Try again: what has come is kept and continued. Or give the path of a model folder";
    await downloadFile(
      { urls: [`${address}/${name}`], target, checksum, advice },
      { ...options, headers, maxBytes: size },
    );
  }
}

const total = (files: readonly HubFile[]): number => files.reduce((sum, { size }) => sum + size, 0);
const described = (bytes: number): string =>
  bytes < 2 ** 30 ? `${Math.ceil(bytes / 2 ** 20)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`;
