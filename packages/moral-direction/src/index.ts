// Fit a direction
export { fitDirection, type FitReport } from "./direction/fit.ts";
export { ownMaterial } from "./data/own-material.ts";
export { paperTemplates } from "./data/paper-templates.ts";
export { readMaterial } from "./data/read-material.ts";
export { type Group, type Material, type Template } from "./data/material.ts";
export { type LeftOut, type StabilityReport } from "./direction/stability.ts";
export { type StandsOut } from "./direction/stands-out.ts";

// Keep it
export { defaultDirection, parseDirection, readDirection, writeDirection } from "./direction/artefact.ts";
export { type Form, type MoralDirection, type Placed } from "./direction/direction.ts";

// Rate phrases
export { requireEncoder, scoreOf, scoreOfPlaced } from "./direction/direction.ts";
export { scorer, type PhraseScorer, type Score, type ScorerOptions } from "./scoring/scorer.ts";
export { type Window } from "./scoring/windows.ts";
export { cosineBias } from "./scoring/cosine-bias.ts";

// Choose a threshold
export { calibrate, type Calibration } from "./scoring/calibrate.ts";
export { readLabelledTexts, type LabelledText } from "./data/labelled-texts.ts";
export { type Objective, type Rate, type RocPoint } from "./statistics/roc.ts";

// Compare with people
export { readStudy, type Study, type StudyItem } from "./data/study.ts";
export { agreementsOf, studyScores, type StudyAgreement, type StudyScores } from "./scoring/study-agreement.ts";
export { agreement, type Agreement } from "./statistics/agreement.ts";
export { auc } from "./statistics/auc.ts";

// Draw
export { correlationPlot } from "./figures/correlation-plot.ts";
export { rankedPhrases, type RankedPhrase } from "./figures/ranked-phrases.ts";
export { verbScatter } from "./figures/verb-scatter.ts";

// Command line
export { moralCommands } from "./commands/index.ts";

// Errors
export {
  CalibrationDataError,
  CorrelationError,
  DamagedDirectionError,
  DuplicateVerbError,
  EmptyPhraseError,
  MaterialError,
  MoralDirectionError,
  NoVarianceError,
  StudyError,
  TooFewVerbsError,
  WrongEncoderError,
} from "./errors.ts";

// Encode texts
export {
  defaultEncoder,
  describeEncoders,
  openEncoder,
  type EncoderDescription,
  type EncoderOptions,
} from "./encoders/open-encoder.ts";
export { embeddingsOf, finite, type Embeddings, type Encoder } from "./encoders/encoder.ts";
export { cachedEncoder, type CachedEncoder, type EncoderStatistics } from "./encoders/cached-encoder.ts";
export { BrokenEmbeddingError, EncoderSourceError } from "./encoders/errors.ts";

// Guide a language model
export { moralGuidance, type Guidance, type GuidanceStatistics } from "./guidance/guide.ts";
export { guidanceDefaults, type GuidanceOptions, type GuidingDirection } from "./guidance/options.ts";
export { backtrackDefaults, type BacktrackOptions } from "./guidance/backtracking.ts";
export { TextScores, type ScoredTexts, type ScoreStatistics, type ScoreTexts } from "./guidance/text-scores.ts";
export { directionScores } from "./guidance/direction-scores.ts";
export { guidanceFields, guidanceOptions, unguidedSampling } from "./guidance/guidance-fields.ts";
export { lastSentence, type TextWindow } from "./guidance/text-window.ts";
export type { AuditedCandidate, AuditOptions, GuidanceRecord } from "./guidance/audit.ts";
export { keptCandidates, offeredTokens, type Kept, type KeepOptions } from "./guidance/mask.ts";
export type { OfferedToken, OfferOptions } from "./guidance/mask.ts";
export { GuidanceLogitsError, GuidanceOptionError, GuidanceScoreError } from "./guidance/errors.ts";

// Measure toxicity
export { openToxicityMeasure } from "./toxicity/open-measure.ts";
export type { Estimate, KnownError, ToxicityAgreement, ToxicityMeasure } from "./toxicity/measure.ts";
export { readToxicityModel, writeToxicityModel, type NGramMeasure } from "./toxicity/artefact.ts";
export {
  trainToxicity,
  type CrossValidation,
  type TrainedToxicity,
  type TrainToxicityOptions,
} from "./toxicity/train.ts";
export { readSamples, realToxicityFields, type ReadSamples, type SampleFields } from "./toxicity/read-samples.ts";
export { type ToxicitySample } from "./toxicity/samples.ts";
export { toxicityClassifier, type ClassifierOptions } from "./toxicity/classifier.ts";
export { toxicityService, type ServiceOptions } from "./toxicity/service.ts";
export { readLinearModel } from "./toxicity/linear-model.ts";
export { ToxicityDataError, ToxicityModelError, ToxicityServiceError } from "./toxicity/errors.ts";

// Evaluate guidance
export { evaluate, type EvaluateOptions } from "./evaluation/evaluate.ts";
export { armsOf, evaluationConfig, type Arm, type EvaluationConfig } from "./evaluation/config.ts";
export {
  cellOf,
  distinctness,
  metricsOf,
  summarize,
  type ArmSummary,
  type Cell,
  type MeasuredText,
} from "./evaluation/metrics.ts";
export { readResults, type EvaluationResults } from "./evaluation/results.ts";
export { thresholdCharts, thresholdCurve } from "./evaluation/figure.ts";
export { EvaluationInputError, EvaluationResumeError } from "./evaluation/errors.ts";
