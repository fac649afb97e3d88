import { basename } from "node:path";
import { hostTensor, type HostTensor } from "@offprint/tensor";
import { readModelConfig } from "../config.ts";
import { createModel } from "../create-model.ts";
import { readGenerationConfig } from "../generation-config.ts";
import { languageModel, type LanguageModel } from "../language-model.ts";
import { createTokenizer } from "../tokenizer.ts";
import { GgufError } from "./errors.ts";
import { ggufConfig } from "./gguf-config.ts";
import { GgufFile } from "./gguf-file.ts";
import { ggufTokenizer } from "./gguf-tokenizer.ts";
import { ggufName, reorderedHeads, toHalves } from "./llama-tensors.ts";

/**
 * The model of a GGUF file: Llama's family, element types F32, F16, BF16, Q8_0, Q4_0 and Q4_1.
 * Weights come out under their Hugging Face names, in float32.
 * @throws {GgufError} and {UnsupportedArchitectureError}, naming the file and what in it cannot be used.
 */
export async function loadGguf(path: string): Promise<LanguageModel> {
  await using file = await GgufFile.open(path);
  const config = readModelConfig(await ggufConfig(file), path);
  const stored = Object.entries(createModel(config).shapes).map(([name, shape]) => {
    const tensor = file.tensors.get(ggufName(name));
    if (!tensor) throw new GgufError(path, `lacks the tensor "${ggufName(name)}"`);
    if (tensor.shape.join() !== shape.join()) {
      const came = `[${tensor.shape.join(", ")}]`;
      throw new GgufError(path, `tensor "${tensor.name}" is ${came}, the metadata say [${shape.join(", ")}]`);
    }
    return [name, tensor] as const;
  });
  const source = ggufTokenizer(file);
  return languageModel({
    name: basename(path),
    config,
    tokenizer: createTokenizer(source, path),
    tokenizerWhere: path,
    generation: readGenerationConfig({}, path, config),
    weightInfo: Object.fromEntries(
      stored.map(([name, { shape, type, bytes }]) => [name, { shape, dtype: type.name, bytes }]),
    ),
    async readWeights(names) {
      await using open = await GgufFile.open(path);
      const weights: Record<string, HostTensor> = {};
      for (const [name, { name: from, shape }] of stored) {
        if (names && !names.includes(name)) continue;
        const values = await open.read(from);
        const heads = reorderedHeads(name, config);
        const width = shape.length === 1 ? 1 : (shape[1] ?? 1);
        weights[name] = hostTensor(heads === 0 ? values : toHalves(values, heads, width), shape);
      }
      return weights;
    },
  });
}
