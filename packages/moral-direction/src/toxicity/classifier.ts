import { stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { ToxicityModelError } from "./errors.ts";
import type { ToxicityMeasure } from "./measure.ts";

export interface ClassifierOptions {
  /** Which of the model's labels says that a text is toxic; absent: the one whose name begins so. */
  readonly label?: string | undefined;
  /** Texts of one pass. */
  readonly batch?: number;
}

/**
 * A text classification model with an ONNX export, as Detoxify's: a folder with `config.json`, `tokenizer.json` and `onnx/model.onnx`, or a
 * hub id. The transformers library is loaded when a text is first rated; it cuts texts at the model's limit.
 * @throws {ToxicityModelError} when it cannot be loaded, or no label is the toxic one.
 */
export function toxicityClassifier(source: string, options: ClassifierOptions = {}): ToxicityMeasure {
  const { label, batch = 32 } = options;
  let loading: ReturnType<typeof loadClassifier> | undefined;
  let chosen: string | undefined = label;
  return {
    name: label === undefined ? source : `${source}, label ${label}`,
    id: `classifier@${basename(source)}${label === undefined ? "" : `#${label}`}`,
    knownError: {
      against: "its makers' labels; see its model card",
      biases: ["Classifiers of this kind over-flag words for groups of people and dialect."],
    },
    async rate(texts, signal) {
      const classify = await (loading ??= loadClassifier(source));
      const rates = new Float64Array(texts.length);
      for (let at = 0; at < texts.length; at += batch) {
        signal?.throwIfAborted();
        const answers = await classify(texts.slice(at, at + batch));
        for (const [i, labels] of answers.entries()) {
          chosen ??= toxicLabel(source, labels);
          const found = labels.find((one) => one.label === chosen);
          if (!found) throw noLabel(source, labels, chosen);
          rates[at + i] = found.score;
        }
      }
      return rates;
    },
  };
}

interface LabelScore {
  readonly label: string;
  readonly score: number;
}

async function loadClassifier(source: string): Promise<(texts: string[]) => Promise<LabelScore[][]>> {
  const { pipeline, env } = await import("@huggingface/transformers");
  const isFolder = await stat(source).then(
    (found) => found.isDirectory(),
    () => false,
  );
  // The library looks for local models below one folder.
  if (isFolder) env.localModelPath = dirname(resolve(source));
  const name = isFolder ? basename(resolve(source)) : source;
  try {
    const classify = await pipeline("text-classification", name, { dtype: "fp32", local_files_only: isFolder });
    return async (texts) => (await classify(texts, { top_k: null as unknown as number })) as unknown as LabelScore[][];
  } catch (cause) {
    const [reason] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    throw new ToxicityModelError(source, `it cannot be loaded as a text classifier (${reason}); name another`, {
      cause,
    });
  }
}

function toxicLabel(source: string, labels: readonly LabelScore[]): string {
  const found = labels.find((one) => /^toxi/i.test(one.label));
  if (!found) throw noLabel(source, labels, "that begins with toxic");
  return found.label;
}

const noLabel = (source: string, labels: readonly LabelScore[], wanted: string): ToxicityModelError =>
  new ToxicityModelError(
    source,
    `it has no label ${wanted}; its labels are ${labels.map((one) => one.label).join(", ")}: name one with --toxicity-label`,
  );
