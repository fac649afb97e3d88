// Attend
export { attentionMask } from "./attention/masks.ts";
export { attentionKinds, type AttentionChoice, type AttentionKind } from "./attention/segments.ts";
export { attendWith, type AttendOptions } from "./attention/shifted-sparse-attention.ts";
export { checkCausality } from "./attention/causality.ts";
export type { CausalityOptions, CausalityReport, CausalityStep } from "./attention/causality.ts";
export type { Leak } from "./attention/leak-probe.ts";

// Adapt
export { adaptedLayers, adapterShapes, defaultTargets, initialAdapter, linearLayout, loraScale } from "./lora.ts";
export { mergedWeight, withLora, type AdaptedLayer, type DropoutNoise, type LoraConfig } from "./lora.ts";
export { methods, trainableNames, type Method, type Trainable } from "./method.ts";

// Read and pack data
export { readTexts, type ReadTextsOptions, type TextDocument } from "./data/text-files.ts";
export { packDocuments, readDocuments, tokenizeDocument } from "./data/pack.ts";
export type { PackedRows, PackFacts, PackOptions, TokenDocument } from "./data/pack.ts";
export { readConversations, type ChatMessage, type Conversation } from "./data/conversations.ts";
export { encodeConversation, readSupervised, supervisedRows } from "./data/supervised.ts";
export type { Span, SupervisedOptions, SupervisedRowsOptions, SupervisedSample } from "./data/supervised.ts";
export { applyTemplate, defaultTemplate, type TemplateName, type TemplatePart } from "./data/template.ts";
export { checkDocuments, checkSamples, describeFindings, requireTrainable } from "./data/checks.ts";
export type { CheckedModel, Finding } from "./data/checks.ts";
export { readQuestionAnswers, type QaDocument, type QuestionAnswer } from "./data/question-answers.ts";
export { qaInstruction, qaSamples, type InstructionRecord } from "./data/qa-samples.ts";
export type { QaSampleOptions, QaSamples } from "./data/qa-samples.ts";
export { TokenBatches, type TokenBatchesOptions } from "./data/batches.ts";
export { IGNORED, type TokenBatch, type TokenRows } from "./data/token-rows.ts";

// Fine-tune
export { fineTune, type FineTuneOptions } from "./training/fine-tune.ts";
export { readFineTuneData, type FineTuneData } from "./training/fine-tune-data.ts";
export { fineTuneConfig, fineTuneSchema, type FineTuneConfig } from "./training/config.ts";
export { metricNames } from "./training/held-out.ts";
export { supervisedLoss, tokenLosses, type Prediction } from "./training/next-token-loss.ts";
export { compilePart, compileStep, compileUpdate } from "./training/step-program.ts";
export type { BatchShape, StepSettings, TuningTree } from "./training/step-program.ts";
export { FineTuneSettingsError, LeakError, ResumeError } from "./training/errors.ts";

// Judge
export { createEvaluatedModel } from "./evaluation/evaluated-model.ts";
export type { EvaluatedModel, EvaluatedModelOptions, TokenGrid } from "./evaluation/evaluated-model.ts";
export { shortContextRegression } from "./evaluation/regression.ts";
export type { Regression, RegressionOptions, ShortContext, SideBySide } from "./evaluation/regression.ts";
export { openForEvaluation, openForGeneration, readModelWithAdapter } from "./evaluation/open-model.ts";
export type { ModelWithAdapter, OpenOptions } from "./evaluation/open-model.ts";
export { compareLosses, measurePerplexity, perplexity } from "./evaluation/perplexity.ts";
export type {
  PerplexityMeasurement,
  PerplexityOptions,
  PerplexityReport,
  PositionBucket,
} from "./evaluation/perplexity.ts";
export { windowsOf, type Protocol, type Window, type WindowOptions } from "./evaluation/windows.ts";
export { passkeyGrid, type PasskeyCell, type PasskeyGrid, type PasskeyOptions } from "./evaluation/passkey.ts";
export { passkeyPrompt, type PasskeyPlace, type PasskeyPrompt } from "./evaluation/passkey-prompt.ts";
export { passkeyMap, type PasskeyView } from "./evaluation/passkey-map.ts";
export type { PasskeyResult, PerplexityResult } from "./evaluation/results.ts";
export { EvaluationInputError, NonFiniteLossError } from "./evaluation/errors.ts";

// Report
export { readReportRuns, type ReportRun } from "./report/report-data.ts";
export { reportPage } from "./report/report-page.ts";

// Keep what was learned
export { checkBase, loadAdapter, saveAdapter } from "./artefacts/adapter.ts";
export type { Adapter, AdapterBase, AdapterToSave } from "./artefacts/adapter.ts";
export { fingerprintOf, weightSource, type BaseFingerprint, type WeightSource } from "./artefacts/base-fingerprint.ts";
export { mergeAdapter, type LogitDifference, type MergeOptions, type MergeReport } from "./artefacts/merge.ts";
export { AdapterError, AnotherBaseError, MergeCheckError } from "./artefacts/errors.ts";

// Plan a run
export { planRun, planRunHere, requireFit, type Plan, type PlanOptions } from "./plan/plan.ts";
export { planCompute, crossover, type ComputePlan, type FlopsByPart } from "./plan/compute.ts";
export { planMemory, type MemoryPlan } from "./plan/memory.ts";
export { planModel } from "./plan/planned-model.ts";
export { presetNames } from "./plan/presets.ts";
export { measureRates, type MachineRates } from "./plan/machine-rates.ts";
export { machineMemory, parseBytes } from "./plan/machine-memory.ts";
export { describePlan } from "./plan/describe-plan.ts";
export { comparePlan, describeComparison, planFile, type Compared, type PlanComparison } from "./plan/compare-run.ts";
export type { PlannedModel, PlanSettings } from "./plan/settings.ts";

// Command line
export { longloraCommands } from "./commands/index.ts";

// Errors
export { CausalityUnprovenError, InvalidAttentionError, LongLoraError, LoraTargetError } from "./errors.ts";
