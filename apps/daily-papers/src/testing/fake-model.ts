import type { Term, TrainedModel } from "../runs/knowledge-graph/trained-model.ts";

const entities: readonly Term[] = [
  { label: "dog.n.01", name: "dog", description: "a member of the genus Canis, domesticated since prehistoric times" },
  { label: "dog.n.03", name: "dog", description: "informal term for a man" },
  { label: "animal.n.01", name: "animal", description: "a living organism that moves of its own will" },
  { label: "canine.n.02", name: "canine", description: "any of various fissiped mammals with non-retractile claws" },
  { label: "x.n.01", name: "<script>alert(1)</script>", description: '"><img src=x onerror=alert(1)>' },
];

/** Stands in for a trained model: knows five entities, one of them hostile, and two relations. */
export async function loadFakeModel(): Promise<TrainedModel> {
  return {
    relations: [
      { label: "hypernym", name: "is a kind of" },
      { label: "part_meronym", name: "has part" },
    ],
    suggest: (words, most) => entities.filter(({ name }) => name.startsWith(words)).slice(0, most),
    async ask({ words, relation }, most) {
      const named = entities.filter(({ label, name }) => label === words || name === words);
      const [given, ...others] = named;
      if (given === undefined) return { type: "unknown", terms: entities.slice(0, 2) };
      if (others.length > 0) return { type: "ambiguous", terms: named };
      return {
        type: "answers",
        given,
        relation: { label: relation, name: relation === "hypernym" ? "is a kind of" : "has part" },
        answers: entities.slice(0, most).map((term, index) => ({
          ...term,
          probability: 0.8 / (index + 1),
          spread: { relative: 0.012 * (index + 1), moreUncertainThan: 0.2 * index },
          split: index === 2 ? "train" : undefined,
        })),
        candidates: entities.length,
        meaning: {
          probability: "Fitted on the validation split against random false answers.",
          spread: "How far both sides scatter by the model's own σ; not a probability.",
        },
      };
    },
    async rules() {
      return {
        rules: [
          {
            relation: "is a kind of",
            rule: "holds both ways",
            verdict: "one-way",
            evidence: "Holds one way for the model: MRR 0.02 backwards against 0.61 as the facts stand.",
          },
          {
            relation: "is a kind of",
            rule: "follows from is a kind of, then is a kind of",
            verdict: "learned",
            evidence: "The model draws this conclusion: MRR 0.44.",
          },
        ],
        sampling: "Looked at 2 of 2 relations with 40 facts each, drawn with seed 0.",
      };
    },
    dispose: async () => undefined,
  };
}
