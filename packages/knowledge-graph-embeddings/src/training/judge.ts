import { RandomStream } from "@offprint/training";
import type { Dataset, SplitName } from "../data/dataset.ts";
import type { Triples } from "../data/triples.ts";
import { calibrate, type Calibration } from "../evaluation/calibration.ts";
import { evaluate, type Evaluation } from "../evaluation/evaluate.ts";
import { indexKnownAnswers, type KnownAnswers } from "../evaluation/filter.ts";
import { entitiesIn, type Questions } from "../evaluation/queries.ts";
import type { EvaluationReport } from "../evaluation/report.ts";
import type { Scorer } from "../scorer.ts";

/** What judging needs of a dataset or of a trained folder. */
export type JudgedGraph = Pick<Dataset, "entities" | "relations" | SplitName>;

/** Judges one scorer by the splits of one graph; the filter is built once. */
export interface Judge {
  /** MRR and its companions of the validation split, nothing more: quick, for the curve. */
  validate(signal?: AbortSignal): Promise<Readonly<Record<string, number>>>;
  /** Everything about a split. */
  report(split: Triples, options: ReportChoices): Promise<EvaluationReport>;
  /** Probabilities from scores, fitted on the validation split; false answers are taken without looking at the test split. */
  calibrate(signal?: AbortSignal): Promise<Calibration>;
}

/** What a report is made with. */
interface ReportChoices {
  /** Of the bootstrap intervals. */
  readonly seed: number;
  readonly relationCategories?: readonly string[];
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}

export function createJudge(graph: JudgedGraph, scorer: Scorer): Judge {
  const size = { entityCount: graph.entities.size, relationCount: graph.relations.size };
  let filter: KnownAnswers | undefined;
  const known = (): KnownAnswers => (filter ??= indexKnownAnswers([graph.train, graph.valid, graph.test], size));
  const scoring = (signal?: AbortSignal) => ({
    scoreBlock: ({ anchors, relations }: Questions, stop?: AbortSignal) => scorer.score(anchors, relations, stop),
    overlap: true,
    ...(signal && { signal }),
  });
  const judge = (split: Triples, signal?: AbortSignal): Promise<Evaluation> =>
    evaluate({ ...scoring(signal), split, known: known() });
  return {
    async validate(signal) {
      return headline((await judge(graph.valid, signal)).report);
    },
    async report(split, { seed, relationCategories, onProgress, signal }) {
      const stream = RandomStream.create(seed, "bootstrap");
      const { report } = await evaluate({
        ...scoring(signal),
        split,
        known: known(),
        bootstrap: { random: () => stream.uniform() },
        relationLabels: graph.relations.labels,
        seenEntities: entitiesIn(graph.train, size.entityCount),
        ...(relationCategories && { relationCategories }),
        ...(onProgress && { onProgress }),
      });
      return report;
    },
    calibrate(signal) {
      const stream = RandomStream.create(0, "calibration");
      const seen = indexKnownAnswers([graph.train, graph.valid], size);
      return calibrate({ ...scoring(signal), split: graph.valid, known: seen, random: () => stream.uniform() });
    },
  };
}

/** The numbers of a report that fit one line and one curve. */
export function headline({ mrr, mr, hits }: EvaluationReport): Record<string, number> {
  const shares = Object.entries(hits).map(([k, share]) => [`hits@${k}`, share] as const);
  return { mrr, mr, ...Object.fromEntries(shares) };
}
