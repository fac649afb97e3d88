// Declare commands; "@offprint/experiment/cli" runs them
export { defineCommand, defineGroup } from "./command.ts";
export type { Command, CommandContext, CommandGroup, Output, RunOutcome } from "./command.ts";
export { commandArguments, commandLine } from "./command-line.ts";
export { parseArguments } from "./parse-arguments.ts";

// Configs
export { parseConfig } from "./config.ts";
export { configFields, type Alternative, type ConfigField } from "./config-fields.ts";
export { configTable } from "./help.ts";

// Events
export { formatEvent, parseEvent, parseEvents, runEventSchema } from "./events.ts";
export type {
  EvaluationEvent,
  EventLog,
  FinishedEvent,
  MessageEvent,
  RunEvent,
  StartedEvent,
  StepEvent,
} from "./events.ts";
export { eventReporter, progressReporter, type EventReporter } from "./progress.ts";

// Run folders and files
export {
  createRunFolder,
  requireFreeRunFolder,
  resumeRunFolder,
  type RunFolder,
  type SessionFacts,
} from "./run-folder.ts";
export { readRun, type StoredConfig, type StoredRun } from "./stored-run.ts";
export { type Machine, type RunRecord, runRecordSchema } from "./record.ts";
export { safeFileName, writeFileAtomic } from "./files.ts";

// Show results
export { formatTable, truncate } from "./table.ts";
export { formatBytes, formatCount, formatDuration, formatNumber, formatRate, printable } from "./format.ts";
export { lineChart, type CurvePoint, type LineChart, type Series } from "./line-chart.ts";
export { barChart, type Bar, type BarChart } from "./bar-chart.ts";
export { heatMap, heatMapTable, type HeatMap } from "./heat-map.ts";
export { dataTable, type DataTable } from "./data-table.ts";
export { seriesColours, type Axis, type ChartFrame, type NumberAxis } from "./chart.ts";

// Draw a chart of another kind
export { axisTitle, finishPicture, fontSize, letterWidth, loadDrawing, plainText } from "./chart.ts";
export { seriesColour, titleHeight } from "./chart.ts";

// Errors
export { ConfigError, DamagedFileError, DiskFullError, ExperimentError, NotARunError } from "./errors.ts";
export { RunFolderLockedError, RunFolderOccupiedError, UsageError } from "./errors.ts";
