import { withoutQuestionMark, ask, type Group, type Material } from "../data/material.ts";
import { ownMaterial } from "../data/own-material.ts";
import { finite, type Encoder } from "../encoders/encoder.ts";
import { DuplicateVerbError, NoVarianceError, TooFewVerbsError } from "../errors.ts";
import { auc } from "../statistics/auc.ts";
import { anchor } from "./anchor.ts";
import { scoreOf, type Form, type MoralDirection, type Reference } from "./direction.ts";
import { principalComponents } from "./principal-components.ts";
import { overQuestions, questionVectors } from "./question-vectors.ts";
import { refit, type StabilityReport } from "./stability.ts";
import { standsOut, type StandsOut } from "./stands-out.ts";
import { distanceBetween, dotCentred, mean, meanOf, type Vector } from "./vectors.ts";

/** What there is to know about a fit before it is used. */
export interface FitReport {
  readonly encoder: string;
  readonly verbs: number;
  readonly templates: number;
  readonly contexts: number;
  /** Shares of the variance: `[k]`. */
  readonly ratios: readonly number[];
  readonly explainedVariance: readonly number[];
  readonly standsOut: StandsOut;
  /** Mean scores of the good and of the bad verbs. */
  readonly good: number;
  readonly bad: number;
  /** The probability that a good verb scores above a bad one, by component, each with its better sign. */
  readonly auc: readonly number[];
  readonly norm: number;
  /** The context phrase whose score is ±1 by construction. */
  readonly normPhrase: string;
  readonly stability: StabilityReport;
  readonly warnings: readonly string[];
}

/** Components that a direction keeps, as the released one does. */
const componentsKept = 5;

/**
 * Fits a moral direction, as the paper does: every verb in every question is embedded, the mean over the questions is the
 * verb, and the first principal component of the verbs is the direction.
 * @throws {TooFewVerbsError | DuplicateVerbError | NoVarianceError | BrokenEmbeddingError}
 */
export async function fitDirection(
  encoder: Encoder,
  material: Material = ownMaterial,
): Promise<{ readonly direction: MoralDirection; readonly report: FitReport }> {
  const actions = labelled(material.verbs);
  const texts = actions.map(({ text }) => text);
  const groups = actions.map(({ group }) => group);
  const { templates, contexts } = material;

  const asked = await questionVectors(encoder, texts, templates); // [n][t][d]
  const verbs = overQuestions(asked); // [n][d]
  if (verbs.every((row) => distanceBetween(row, verbs[0]!) === 0)) throw new NoVarianceError("verbs");
  const pca = principalComponents(verbs, componentsKept);

  const askedContexts = await questionVectors(encoder, contexts, templates); // [m][t][d]
  const contextRows = overQuestions(askedContexts); // [m][d]
  const axis = anchor({ mean: pca.mean, component: pca.components[0]! }, verbs, groups, contextRows);
  const { stability, report: stabilityReport } = refit(
    axis,
    { texts, groups, vectors: asked },
    askedContexts,
    templates.map(({ question }) => question),
  );

  const project = (row: Vector) => pca.components.map((component) => dotCentred(component, row, pca.mean));
  const direction: MoralDirection = {
    encoder: { id: encoder.id, dimensions: encoder.dimensions },
    ...pca,
    sign: axis.sign,
    norm: axis.norm,
    templates,
    actions: actions.map((action, index) => ({ ...action, projection: project(verbs[index]!) })),
    contexts: contexts.map((text, index) => ({ text, projection: project(contextRows[index]!) })),
    stability,
    references: {
      questions: referenceOf([...verbs, ...contextRows]),
      question: referenceOf(
        await embed(
          encoder,
          [...texts, ...contexts].map((text) => withoutQuestionMark(ask(templates[0]!.question, text))),
        ),
      ),
      phrase: referenceOf(await embed(encoder, [...texts, ...contexts])),
    } satisfies Record<Form, Reference>,
  };
  const scores = verbs.map((row) => scoreOf(direction, row));
  const report = {
    encoder: encoder.id,
    verbs: verbs.length,
    templates: templates.length,
    contexts: contexts.length,
    ratios: pca.ratios,
    explainedVariance: pca.explainedVariance,
    standsOut: standsOut(pca.explainedVariance, verbs.length),
    good: mean(scores.filter((_, index) => groups[index] === "good")),
    bad: mean(scores.filter((_, index) => groups[index] === "bad")),
    auc: pca.components.map((_, component) => splitBy(direction, component)),
    norm: axis.norm,
    normPhrase: contexts[axis.farthest]!,
    stability: stabilityReport,
  };
  return { direction, report: { ...report, warnings: warningsOf(report) } };
}

/** The verbs in one list, good ones first, each once. @throws {TooFewVerbsError | DuplicateVerbError} */
export function labelled(verbs: Material["verbs"]): { readonly text: string; readonly group: Group }[] {
  const actions = (["good", "bad", "neutral"] as const).flatMap((group) =>
    verbs[group].map((text) => ({ text, group })),
  );
  if (verbs.good.length < 2 || verbs.bad.length < 2) throw new TooFewVerbsError(verbs.good.length, verbs.bad.length);
  const seen = new Set<string>();
  for (const { text } of actions) {
    const key = text.trim().toLowerCase();
    if (seen.has(key)) throw new DuplicateVerbError(text);
    seen.add(key);
  }
  return actions;
}

/** AUC of good against bad verbs on one component, in its better sense: 0.5 to 1. */
function splitBy({ actions }: MoralDirection, component: number): number {
  const known = actions.filter(({ group }) => group !== "neutral");
  const area = auc(
    known.map(({ projection }) => projection[component]!),
    known.map(({ group }) => group === "good"),
  );
  return Math.max(area, 1 - area);
}

async function embed(encoder: Encoder, texts: readonly string[]): Promise<Float32Array[]> {
  const vectors = finite(await encoder.encode(texts), texts, encoder.id);
  return texts.map((_, index) => vectors.row(index));
}

function referenceOf(rows: readonly Vector[]): Reference {
  const centre = meanOf(rows);
  return { centre, distances: rows.map((row) => distanceBetween(row, centre)).toSorted((a, b) => a - b) };
}

/** Degrees that a verb or a question, left out, may turn a direction by. */
const mostDegrees = 20;

function warningsOf(report: Omit<FitReport, "warnings">): string[] {
  const { standsOut: out, auc: areas, stability } = report;
  const best = areas.indexOf(Math.max(...areas));
  const farthest = [...stability.verbs, ...stability.templates].toSorted((a, b) => b.degrees - a.degrees)[0];
  const said: [boolean, string][] = [
    [
      !out.yes,
      `the first component does not stand out: the second has ${percent(1 - out.gap)} of its variance, and with ` +
        `${report.verbs} verbs anything above ${percent(1 - out.needed)} can be chance; other verbs may give another axis`,
    ],
    [
      areas[0]! < 0.9,
      `the first component does not tell good from bad verbs well (AUC ${areas[0]!.toFixed(3)})` +
        (best > 0 ? `; component ${best + 1} does better (${areas[best]!.toFixed(3)})` : ""),
    ],
    [
      (farthest?.degrees ?? 0) > mostDegrees,
      `without "${farthest?.without}" the direction turns by ${farthest?.degrees.toFixed(1)}°: it hangs on single verbs or questions`,
    ],
  ];
  return said.filter(([holds]) => holds).map(([, text]) => text);
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;
