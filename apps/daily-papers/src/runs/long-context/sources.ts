import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** A model or a text that a run can be made of. */
export interface Source {
  /** What the form sends. */
  readonly name: string;
  readonly title: string;
}

/** The model and the text that come with Offprint, by the names of the command line. */
export const embeddedModel: Source = { name: "novels-1m", title: "Novels 1M" };
export const embeddedText: Source = { name: "moby-dick", title: "Moby-Dick" };

/** A source's name is the name of a folder or a file: no separators, no leading dot. */
export function isSourceName(text: string): boolean {
  return /^\w[\w.-]{0,63}$/.test(text);
}

/** Where a site's own models and texts lie. */
export interface SourceFolders {
  /** Each folder in it is a model as Hugging Face stores them. */
  readonly models: string;
  readonly texts: string;
}

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

/** What `--model` gets: a name that the command knows, or the admin's folder. */
export function modelArgument(name: string, { models }: SourceFolders): string {
  return name === embeddedModel.name ? name : join(models, name);
}

/** What `--text` gets: a name that the command knows, or the admin's file. */
export function textArgument(name: string, { texts }: SourceFolders): string {
  return name === embeddedText.name ? name : join(texts, name);
}

export function sourceTitle(name: string): string {
  return [embeddedModel, embeddedText].find((source) => source.name === name)?.title ?? name;
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).filter(isSourceName).toSorted();
}
