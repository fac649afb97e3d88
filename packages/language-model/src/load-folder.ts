import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { readModelConfig } from "./config.ts";
import { createModel } from "./create-model.ts";
import { ModelSourceError, TokenizerError } from "./errors.ts";
import { readGenerationConfig } from "./generation-config.ts";
import { languageModel, type LanguageModel } from "./language-model.ts";
import { createTokenizer, type Tokenizer } from "./tokenizer.ts";
import { openWeightFiles } from "./weight-files.ts";

/** The model of a Hugging Face folder: config.json, safetensors, tokenizer.json and what lies beside them. */
export async function loadFolder(folder: string): Promise<LanguageModel> {
  const files = new Set(await readdir(folder));
  const configPath = join(folder, "config.json");
  if (!files.has("config.json")) {
    const adapter = files.has("adapter_config.json") ? "; it is an adapter: give its base model first" : "";
    throw new ModelSourceError(folder, `has no config.json${adapter}`);
  }
  const config = readModelConfig(await readJson(configPath), configPath);
  const generationPath = join(folder, "generation_config.json");
  const generation = files.has("generation_config.json") ? await readJson(generationPath) : {};
  const tokenizer = await loadTokenizer(folder, files);
  const weights = await openWeightFiles(folder, createModel(config).shapes);
  return languageModel({
    name: basename(resolve(folder)),
    folder,
    config,
    tokenizer,
    tokenizerWhere: join(folder, "tokenizer.json"),
    generation: readGenerationConfig(generation, generationPath, config),
    weightInfo: weights.info,
    readWeights: (names) => weights.readWeights(names),
  });
}

async function loadTokenizer(folder: string, files: ReadonlySet<string>): Promise<Tokenizer> {
  const name = ["tokenizer.json", "tokenizer.json.gz"].find((name) => files.has(name));
  if (name === undefined) {
    throw new TokenizerError(
      folder,
      "has no tokenizer.json; older tokenizers (tokenizer.model, vocab.json) are written as one by Python: " +
        'AutoTokenizer.from_pretrained("…").save_pretrained("…")',
    );
  }
  const path = join(folder, name);
  const optional = async (name: string) => (files.has(name) ? await readJson(join(folder, name)) : {});
  const template = files.has("chat_template.jinja")
    ? await readFile(join(folder, "chat_template.jinja"), "utf8")
    : (await optional("chat_template.json"))["chat_template"];
  const source = { tokenizer: await readJson(path), config: await optional("tokenizer_config.json") };
  return createTokenizer(typeof template === "string" ? { ...source, chatTemplate: template } : source, path);
}

/** Bytes of a JSON file at most, unpacked: ten times the largest published tokenizer. */
const mostJsonBytes = 256 * 2 ** 20;

async function readJson(path: string): Promise<Readonly<Record<string, unknown>>> {
  const { size } = await stat(path);
  if (size > mostJsonBytes)
    throw new ModelSourceError(path, `has ${size} bytes, more than the ${mostJsonBytes} that are read as JSON`);
  try {
    const bytes = await readFile(path);
    const text = (path.endsWith(".gz") ? gunzipSync(bytes, { maxOutputLength: mostJsonBytes }) : bytes).toString(
      "utf8",
    );
    const json: unknown = JSON.parse(text);
    if (typeof json === "object" && json !== null) return json as Record<string, unknown>;
  } catch (cause) {
    throw new ModelSourceError(path, "cannot be read as JSON; download or copy the file again", { cause });
  }
  throw new ModelSourceError(path, "holds no JSON object; download or copy the file again");
}
