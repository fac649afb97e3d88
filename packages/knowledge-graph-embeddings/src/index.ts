// Read a graph
export { knownDatasets, loadDataset, type KnownDataset, type LoadOptions } from "./data/load-dataset.ts";
export { readDataset } from "./data/read-folder.ts";
export { type Dataset, type SplitName, type TripleSource } from "./data/dataset.ts";
export { type Triples } from "./data/triples.ts";
export { Vocabulary, type HumanText, type NearMatch } from "./data/vocabulary.ts";
export {
  checkSplit,
  type PartLeaks,
  type RelatedRelations,
  type SplitReport,
  type SymmetricRelation,
} from "./data/split-checks.ts";
export {
  datasetStatistics,
  relationCategories,
  type DatasetStatistics,
  type DegreeSummary,
  type RelationStatistics,
} from "./data/statistics.ts";
export { KgeDataError, UnknownDatasetError, UnknownLabelError } from "./data/errors.ts";

// Choose a model
export { modelNamed, modelNames, models, type ModelName } from "./models/index.ts";
export {
  defineModel,
  type Comparison,
  type Factor,
  type Model,
  type ModelDefinition,
  type Parts,
  type Permutations,
} from "./models/model.ts";
export { checkRules, rules, ruleTable, type Rule } from "./models/rules.ts";
export { lossNames, type LossName } from "./losses.ts";

// Train
export { kgeConfig, kgeSchema, type KgeConfig } from "./config.ts";
export { trainModel, type TrainOptions } from "./training/train.ts";

// Keep and take up
export { loadTrained, type TrainedModel } from "./artefact.ts";
export { createScorer, type Scorer } from "./scorer.ts";
export { ArtefactError, KgeError, SettingsChangedError, UntrainableDataError } from "./errors.ts";

// Judge
export { evaluate, type EvaluateOptions, type Evaluation } from "./evaluation/evaluate.ts";
export { type ScoreBlock, type Scoring } from "./evaluation/blocks.ts";
export { indexKnownAnswers, knownAnswers, type KnownAnswers } from "./evaluation/filter.ts";
export {
  entitiesIn,
  queriesOf,
  sideOf,
  type GraphSize,
  type Queries,
  type Questions,
  type Side,
} from "./evaluation/queries.ts";
export { emptyRanks, rankBlock, type ConstantScores, type RankConvention, type Ranks } from "./evaluation/ranks.ts";
export {
  reportRanks,
  type EvaluationReport,
  type Protocol,
  type ReportOptions,
  type SidedMetrics,
} from "./evaluation/report.ts";
export { type GroupMetrics, type RankMetrics, type Summary } from "./evaluation/metrics.ts";
export { type BootstrapOptions, type Interval, type Intervals } from "./evaluation/bootstrap.ts";
export {
  calibrate,
  calibrationSchema,
  probabilityOf,
  type CalibrateOptions,
  type Calibration,
  type CalibrationMethod,
} from "./evaluation/calibration.ts";
export { type Reliability } from "./evaluation/reliability.ts";
export {
  ConstantScoresError,
  EvaluationError,
  EvaluationInputError,
  NonFiniteScoresError,
  ScoreBlockError,
} from "./evaluation/errors.ts";

// Ask
export { predict, Predictor } from "./inference/predictor.ts";
export type { Prediction, PredictionQuery, Predictions } from "./inference/predict.ts";
export type { Neighbour, Neighbours } from "./inference/neighbours.ts";
export type { Spread, SpreadCheck } from "./inference/spread.ts";
export type {
  LearnedRule,
  LearnedRules,
  LearnedRulesOptions,
  RelationRules,
  RuleSampling,
} from "./inference/learned-rules.ts";
export type { LearnedGraph } from "./inference/learned-graph.ts";
export { QuestionError } from "./inference/errors.ts";

// Run from a command line
export { kgeCommands } from "./commands/index.ts";
export { trainCommand } from "./commands/train.ts";
