import { rm } from "node:fs/promises";
import { join } from "node:path";
import { saveModelFolder, type LanguageModel } from "@offprint/language-model";
import type { HostTensor, Resident } from "@offprint/tensor";
import { saveAdapter } from "../artefacts/adapter.ts";
import type { BaseFingerprint } from "../artefacts/base-fingerprint.ts";
import type { FineTuneConfig } from "./config.ts";
import type { StepSettings, TuningTree } from "./step-program.ts";

/** What a run leaves in its folder. */
export const learnedFolders = { adapter: "adapter", model: "model" } as const;

/** Writes what was learned: an adapter that PEFT reads, or the whole model where every weight was trained. */
export async function saveLearned(
  folder: string,
  run: {
    readonly language: LanguageModel;
    /** Of the base model. */
    readonly fingerprint: BaseFingerprint;
    readonly settings: Pick<StepSettings, "model" | "lora">;
    readonly config: FineTuneConfig;
    readonly state: Resident<TuningTree>;
  },
): Promise<void> {
  const { language, fingerprint, settings, config, state } = run;
  const { lora } = settings;
  const learned = (await state.read("params")) as Record<string, HostTensor>;
  const extended = settings.model.config;
  if (lora === undefined) {
    const path = join(folder, learnedFolders.model);
    await rm(path, { recursive: true, force: true }); // of an end that did not come to its end
    await saveModelFolder(path, { config: extended, weights: learned, like: language });
    return;
  }
  await saveAdapter(join(folder, learnedFolders.adapter), {
    config: extended,
    lora,
    tensors: learned,
    base: { name: config.model, fingerprint },
    notes: { training: config },
  });
}
