export type { Attend, Attended, CausalLanguageModel, ForwardOptions, Weights } from "./model.ts";
