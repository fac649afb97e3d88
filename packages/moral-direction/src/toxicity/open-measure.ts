import { access } from "node:fs/promises";
import { join } from "node:path";
import { readToxicityModel } from "./artefact.ts";
import { toxicityClassifier } from "./classifier.ts";
import { readLinearModel } from "./linear-model.ts";
import type { ToxicityMeasure } from "./measure.ts";
import { toxicityService } from "./service.ts";

/**
 * A measure by its name: an address that begins with http:// or https:// (a service), a `.json` or `.json.gz` file (a linear model), a folder that
 * `offprint moral toxicity train` wrote, or else the folder or hub id of a text classifier with an ONNX export.
 * @param options `label` which of a classifier's labels counts.
 * @throws {ToxicityModelError | ToxicityServiceError}
 */
export async function openToxicityMeasure(
  source: string,
  options: { readonly label?: string | undefined } = {},
): Promise<ToxicityMeasure> {
  if (/^https?:\/\//i.test(source)) return toxicityService(source);
  if (/\.json(\.gz)?$/i.test(source)) return await readLinearModel(source);
  if (await exists(join(source, "onnx"))) return toxicityClassifier(source, options);
  if (/^[\w.-]+\/[\w.-]+$/.test(source) && !(await exists(source))) return toxicityClassifier(source, options);
  return await readToxicityModel(source);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
