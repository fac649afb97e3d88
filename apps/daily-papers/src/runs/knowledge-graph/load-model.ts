import type { Predictor } from "@offprint/knowledge-graph-embeddings";
import { z } from "zod";
import type { LearnedRule, Question, Reply, Term, TrainedModel } from "./trained-model.ts";

/**
 * Loads the model that a run left in its folder. The package and its engine are loaded with the first model: a page that
 * asks nothing does not wait for them.
 * @throws what the package throws of a folder that is incomplete or damaged, in a sentence.
 */
export async function loadModel(folder: string): Promise<TrainedModel> {
  const kge = await import("@offprint/knowledge-graph-embeddings");
  const predictor = await kge.Predictor.create(await kge.loadTrained(folder));
  const { entities, relations } = predictor.graph;
  let rules: ReturnType<TrainedModel["rules"]> | undefined;
  return {
    relations: relations.labels.map((_, index) => termOf(relations, index)),
    suggest: (words, most) => entities.nearMatches(words, most).map(({ index }) => termOf(entities, index)),
    async ask(question, most) {
      try {
        return await answersTo(predictor, question, most);
      } catch (error) {
        const unresolved = unresolvedSchema.safeParse(error).data;
        if (unresolved === undefined) throw error;
        const terms = unresolved.matches.flatMap((label) => {
          const index = entities.find(label);
          return index === undefined ? [] : [termOf(entities, index)];
        });
        return { type: unresolved.code === "UNKNOWN_LABEL" ? "unknown" : "ambiguous", terms };
      }
    },
    rules: () => (rules ??= rulesOf(predictor)),
    dispose: () => predictor.dispose(),
  };
}

/** The package's errors about words that name no entity, or several. */
const unresolvedSchema = z.object({
  code: z.enum(["UNKNOWN_LABEL", "AMBIGUOUS_LABEL"]),
  kind: z.literal("entity"),
  matches: z.array(z.string()),
});

type Vocabulary = Predictor["graph"]["entities"];

function termOf(vocabulary: Vocabulary, index: number): Term {
  return {
    label: vocabulary.label(index),
    name: vocabulary.name(index),
    description: vocabulary.description(index),
  };
}

async function answersTo(predictor: Predictor, { find, words, relation }: Question, most: number): Promise<Reply> {
  const { query, answers, candidates, meaning } = await predictor.predict({
    [find === "tail" ? "head" : "tail"]: words,
    relation,
    top: most,
    includeKnown: true,
  });
  return {
    type: "answers",
    given: query.given,
    relation: query.relation,
    answers: answers.map((answer) => ({
      label: answer.entity,
      name: answer.name,
      description: answer.description,
      probability: answer.probability,
      spread: answer.spread,
      split: answer.split,
    })),
    candidates,
    meaning,
  };
}

async function rulesOf(predictor: Predictor): Promise<{ rules: LearnedRule[]; sampling: string }> {
  const { relations, sampling } = await predictor.learnedRules();
  const rules = relations.flatMap(({ relation, symmetric, inverseOf, compositions }): LearnedRule[] => [
    ruleOf(relation, "holds both ways", symmetric),
    ...inverseOf.map((rule) => ruleOf(relation, `the other way round: ${rule.relation.name}`, rule)),
    ...compositions.map((rule) => ruleOf(relation, `follows from ${rule.first.name}, then ${rule.second.name}`, rule)),
  ]);
  return { rules: rules.filter(({ verdict }) => verdict !== "not learned"), sampling: sampling.text };
}

function ruleOf(
  relation: { readonly name: string },
  rule: string,
  { verdict, text }: { readonly verdict: string; readonly text: string },
): LearnedRule {
  return { relation: relation.name, rule, verdict, evidence: text };
}
