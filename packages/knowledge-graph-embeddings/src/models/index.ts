import { complEx } from "./complex.ts";
import { distMult } from "./distmult.ts";
import type { Model } from "./model.ts";
import { nfe1 } from "./nfe-1.ts";
import { nfe2, nfe2Official } from "./nfe-2.ts";
import { nfe3, nfe3Official } from "./nfe-3.ts";
import { nfeSigma } from "./nfe-sigma.ts";
import { nfeWithoutUncertainty } from "./nfe-without-uncertainty.ts";
import { quatE } from "./quate.ts";
import { rotatE } from "./rotate.ts";
import { transE } from "./transe.ts";

const list = [nfe1, nfe2, nfe3, nfeWithoutUncertainty, nfeSigma, transE, distMult, complEx, rotatE, quatE];

/** Names of all models, the paper's own first. */
export const modelNames = [
  "nfe-1",
  "nfe-2",
  "nfe-3",
  "nfe-without-uncertainty",
  "nfe-sigma",
  "transe",
  "distmult",
  "complex",
  "rotate",
  "quate",
] as const;
export type ModelName = (typeof modelNames)[number];

/** Every model. */
export const models: readonly Model[] = list;

/**
 * A model by name.
 * @param official exactly as in the paper's released code, its two slips included (NFE-2 and NFE-3; others have none).
 */
export function modelNamed(name: ModelName, { official = false }: { official?: boolean } = {}): Model {
  if (official && name === "nfe-2") return nfe2Official;
  if (official && name === "nfe-3") return nfe3Official;
  return list.find((model) => model.name === name) as Model;
}
