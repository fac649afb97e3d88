/**
 * Which rules the relations of a graph follow under a model, found by asking it: a rule is learned when the model ranks
 * the rule's conclusions high wherever its premises are facts. The data's own frequency of the rule stands beside.
 */
import { RandomStream } from "@offprint/training";
import { indexKnownAnswers } from "../evaluation/filter.ts";
import type { Scorer } from "../scorer.ts";
import { requireCount } from "./errors.ts";
import { FactIndex } from "./fact-index.ts";
import { named, sizeOf, type LearnedGraph, type Named } from "./learned-graph.ts";
import {
  countReversals,
  drawPaths,
  findCompositions,
  frequency,
  type Composition,
  type DataFrequency,
} from "./rule-candidates.ts";
import {
  ClaimList,
  type AskedClaims,
  type Claim,
  type ClaimRange,
  type ClaimScore,
  type RuleEvidence,
} from "./rule-claims.ts";
import {
  describeRule,
  describeSymmetry,
  ruleVerdict,
  symmetryVerdict,
  type RuleVerdict,
  type SymmetryVerdict,
} from "./rule-verdicts.ts";

/** Bounds; the defaults take a few seconds on 5,000 entities and 50 relations. */
export interface LearnedRulesOptions {
  /** Of all drawing; default 0. */
  readonly seed?: number | undefined;
  /** Relations looked at, those with most facts; default 50. */
  readonly maxRelations?: number | undefined;
  /** Premises tried for one rule, drawn evenly; default 40. */
  readonly factsPerRule?: number | undefined;
  /** Questions put to the model in all; default 20,000, and beyond 5,000 entities as many fewer, but 2,000 at least. */
  readonly maxQueries?: number | undefined;
  /** Paths counted in search of compositions; default 500,000. */
  readonly maxPaths?: number | undefined;
  /** Least number of times that an inverse's premises, or a composition's conclusion, hold in train; default 5. */
  readonly minSupport?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A rule, what the model makes of it, and what the data does. */
export interface LearnedRule<Verdict = RuleVerdict> {
  readonly score: ClaimScore;
  /** Counted over the facts of train. */
  readonly data: DataFrequency;
  readonly evidence: readonly RuleEvidence[];
  readonly verdict: Verdict;
  /** One or two sentences. */
  readonly text: string;
}

/** One relation; plain JSON. */
export interface RelationRules {
  readonly relation: Named;
  /** In train, loops left out. */
  readonly facts: number;
  /** How high the model ranks the relation's own facts: what the rules are to be measured by. */
  readonly own: ClaimScore;
  /** (h, r, t) ⇒ (t, r, h). */
  readonly symmetric: LearnedRule<SymmetryVerdict>;
  /** (h, r, t) ⇒ (t, r′, h): at most two r′, the strongest first. */
  readonly inverseOf: readonly (LearnedRule & { readonly relation: Named })[];
  /** (x, first, y) and (y, second, z) ⇒ (x, r, z): at most three, the strongest first. */
  readonly compositions: readonly (LearnedRule & { readonly first: Named; readonly second: Named })[];
}

/** What was tried. */
export interface RuleSampling {
  readonly relations: number;
  readonly relationsInAll: number;
  readonly factsPerRule: number;
  readonly queries: number;
  /** Facts per ordered pair of relations in the first search for inverses; 0: inverses come from the data alone. */
  readonly factsPerPair: number;
  readonly paths: number;
  /** Whether every path of train was counted. */
  readonly allPaths: boolean;
  readonly seed: number;
  readonly text: string;
}

/** Relations with most facts first. */
export interface LearnedRules {
  readonly relations: readonly RelationRules[];
  readonly sampling: RuleSampling;
}

const [inversesTried, compositionsTried] = [2, 3];
/** In the first search for inverses a pair this strong is looked at closely. */
const promising = 0.2;

/**
 * Asks a model for its rules. The same options give the same answer.
 * @throws {QuestionError} for a bound below 1, {NonFiniteScoresError} for a model that has diverged.
 */
export async function learnRules(
  graph: LearnedGraph,
  scorer: Scorer,
  options: LearnedRulesOptions,
): Promise<LearnedRules> {
  const size = sizeOf(graph);
  const affordable = Math.min(20_000, Math.max(2000, Math.floor(1e8 / size.entityCount)));
  const { seed = 0, maxRelations = 50, factsPerRule = 40, maxQueries = affordable } = options;
  const { maxPaths = 500_000, minSupport = 5, signal } = options;
  const bounds = { maxRelations, factsPerRule, maxQueries, maxPaths, minSupport };
  for (const [name, count] of Object.entries(bounds)) requireCount(name, count);
  const random = RandomStream.create(seed, "learned rules");
  const facts = new FactIndex(graph.splits.train, size);
  const known = indexKnownAnswers([graph.splits.train, graph.splits.valid, graph.splits.test], size);
  const rows = facts.rowsByRelation();
  const chosen = [...rows.keys()]
    .filter((relation) => rows[relation]!.length > 0)
    .toSorted((a, b) => rows[b]!.length - rows[a]!.length || a - b)
    .slice(0, maxRelations);

  // Half of the questions are for the first search for inverses; of the rest each relation asks for its own facts, their
  // reversals, two inverses and, on average, two compositions.
  const perRule = Math.max(1, Math.min(factsPerRule, Math.floor(maxQueries / (12 * Math.max(1, chosen.length)))));
  const pairs = chosen.length * (chosen.length - 1);
  const perPair = pairs === 0 ? 0 : Math.min(8, perRule, Math.floor(maxQueries / 2 / pairs));
  const drawn = new Map(chosen.map((relation) => [relation, random.shuffle([...rows[relation]!]).slice(0, perRule)]));
  const reversed = (relation: number, back: number, count = perRule): Claim[] =>
    drawn
      .get(relation)!
      .slice(0, count)
      .map((row) => ({ ...factAt(facts, row), ...swapped(facts, row), relation: back }));

  const first = new ClaimList();
  const own = new Map(chosen.map((r) => [r, first.add(drawn.get(r)!.map((row) => factAt(facts, row)))]));
  const backwards = new Map(chosen.map((r) => [r, first.add(reversed(r, r))]));
  const screened = chosen.map((r) => {
    const others = perPair === 0 ? [] : chosen.filter((back) => back !== r);
    return { relation: r, tries: others.map((back) => ({ back, range: first.add(reversed(r, back, perPair)) })) };
  });
  const asked = await first.ask(graph, scorer, known, facts, signal);
  const floors = new Map(chosen.map((r) => [r, asked.lowestDecile(own.get(r)!)]));

  const reversals = countReversals(facts, rows);
  const reversalFrequency = (r: number, back: number): DataFrequency =>
    frequency(rows[r]!.length, reversals[r]!.get(back) ?? 0);
  const second = new ClaimList();
  const inverses = screened.flatMap(({ relation, tries }) => {
    const strength = new Map(tries.map(({ back, range }) => [back, asked.score(range, floors).strength]));
    if (rows[relation]!.length < minSupport) return [];
    return [...new Set([...strength.keys(), ...reversals[relation]!.keys()])]
      .filter((back) => back !== relation)
      .map((back) => ({ relation, back, strength: strength.get(back) ?? 0, data: reversalFrequency(relation, back) }))
      .filter(({ strength: s, data }) => s >= promising || (data.support >= minSupport && data.confidence >= promising))
      .toSorted(
        (a, b) => Math.max(b.strength, b.data.confidence) - Math.max(a.strength, a.data.confidence) || a.back - b.back,
      )
      .slice(0, inversesTried)
      .map((found) => ({ ...found, range: second.add(reversed(relation, found.back)) }));
  });
  const search = findCompositions(facts, { maxPaths, minSupport, random });
  const compositions = bestCompositions(search.compositions, chosen).map((composition) => {
    const paths = drawPaths(facts, rows[composition.first]!, composition, perRule, random);
    const claims = paths.map(([x, y, z]) => ({ head: x, relation: composition.conclusion, tail: z, via: y }));
    return { ...composition, range: second.add(claims) };
  });
  const refined = await second.ask(graph, scorer, known, facts, signal);

  const nameOf = (relation: number): Named => named(graph.relations, relation);
  const relations = chosen.map((r): RelationRules => {
    const ownScore = asked.score(own.get(r)!, floors);
    return {
      relation: nameOf(r),
      facts: rows[r]!.length,
      own: ownScore,
      symmetric: symmetryOf(asked, floors, backwards.get(r)!, ownScore, reversalFrequency(r, r)),
      inverseOf: strongestFirst(
        inverses
          .filter(({ relation }) => relation === r)
          .map(({ back, data, range }) => ({ relation: nameOf(back), ...ruleOf(refined, floors, range, data) }))
          // The search takes what looks promising; what proves to be neither in the model nor in the data is no news.
          .filter(({ verdict, data }) => verdict !== "not learned" || data.confidence >= promising),
      ),
      compositions: strongestFirst(
        compositions
          .filter(({ conclusion }) => conclusion === r)
          .map(({ first: one, second: two, premises, support, range }) => ({
            first: nameOf(one),
            second: nameOf(two),
            ...ruleOf(refined, floors, range, frequency(premises, support)),
          })),
      ),
    };
  });
  const sampling = {
    relations: chosen.length,
    relationsInAll: graph.relations.size,
    factsPerRule: perRule,
    queries: first.length + second.length,
    factsPerPair: perPair,
    paths: search.paths,
    allPaths: search.complete,
    seed,
  };
  return { relations, sampling: { ...sampling, text: samplingText(sampling) } };
}

function factAt({ triples }: FactIndex, row: number): Claim {
  return { head: triples.heads[row]!, relation: triples.relations[row]!, tail: triples.tails[row]! };
}

function swapped({ triples }: FactIndex, row: number): Pick<Claim, "head" | "tail"> {
  return { head: triples.tails[row]!, tail: triples.heads[row]! };
}

/** Three for each conclusion, and two for each relation in all. `compositions` come best first. */
function bestCompositions(compositions: readonly Composition[], conclusions: readonly number[]): Composition[] {
  const left = new Map(conclusions.map((relation) => [relation, compositionsTried]));
  return compositions
    .filter(({ conclusion }) => {
      const places = left.get(conclusion) ?? 0;
      left.set(conclusion, places - 1);
      return places > 0;
    })
    .slice(0, 2 * conclusions.length);
}

type Floors = ReadonlyMap<number, number>;

function symmetryOf(
  asked: AskedClaims,
  floors: Floors,
  range: ClaimRange,
  own: ClaimScore,
  data: DataFrequency,
): LearnedRule<SymmetryVerdict> {
  const score = asked.score(range, floors);
  const verdict = symmetryVerdict(score, own);
  const evidence = asked.evidence(range, verdict === "one-way" ? "worst" : "best");
  return { score, data, evidence, verdict, text: describeSymmetry(verdict, score, own, data) };
}

function ruleOf(asked: AskedClaims, floors: Floors, range: ClaimRange, data: DataFrequency): LearnedRule {
  const score = asked.score(range, floors);
  const verdict = ruleVerdict(score);
  return { score, data, evidence: asked.evidence(range, "best"), verdict, text: describeRule(verdict, score, data) };
}

const strongestFirst = <T extends LearnedRule>(found: readonly T[]): T[] =>
  found.toSorted((a, b) => b.score.strength - a.score.strength || b.data.confidence - a.data.confidence);

function samplingText(sampling: Omit<RuleSampling, "text">): string {
  const { relations, relationsInAll, factsPerRule, factsPerPair, queries, paths, allPaths, seed } = sampling;
  const which =
    relations === relationsInAll
      ? `all ${relations} relations`
      : `the ${relations} of ${relationsInAll} relations with most facts`;
  const inverses =
    factsPerPair === 0
      ? "inverses looked for in the data alone"
      : `inverses looked for with ${factsPerPair} facts for each pair of relations`;
  const counted = allPaths ? `all ${paths} paths of train counted` : `${paths} paths of train counted, not all`;
  return `${which}; at most ${factsPerRule} facts of train for each rule (seed ${seed}), ${queries} questions in all; ${inverses}; ${counted}.`;
}
