import { ask, slot, withoutQuestionMark } from "../data/material.ts";
import type { Study } from "../data/study.ts";
import { scoreOf, type Form, type MoralDirection } from "../direction/direction.ts";
import { finite, type Encoder } from "../encoders/encoder.ts";
import { agreement, type Agreement } from "../statistics/agreement.ts";
import { cosineBias } from "./cosine-bias.ts";
import { scorer } from "./scorer.ts";

/** How people's answers and scores of one kind go together. */
export interface StudyAgreement extends Agreement {
  readonly study: string;
  readonly form: Form | "cosine";
}

/** Scores of a study's items: in the three forms, and by the cosine baseline. */
export type StudyScores = Readonly<Record<Form | "cosine", readonly number[]>>;

/** Scores a study; `question` is the one that the raters saw. */
export async function studyScores(encoder: Encoder, direction: MoralDirection, study: Study): Promise<StudyScores> {
  const actions = study.items.map(({ action }) => action);
  const by = async (form: Form) =>
    (await scorer(encoder, direction, { form }).score(actions)).map(({ score }) => score);
  const seen = study.items.map(({ action, question }) =>
    withoutQuestionMark(ask(question === "" ? direction.templates[0]!.question : `${question} ${slot}`, action)),
  );
  const vectors = finite(await encoder.encode(seen), seen, encoder.id);
  return {
    questions: await by("questions"),
    question: seen.map((_, index) => scoreOf(direction, vectors.row(index))),
    phrase: await by("phrase"),
    cosine: await cosineBias(encoder, direction.templates, actions),
  };
}

/** Agreement of a study's scores with its answers, in each form. @throws {CorrelationError} */
export function agreementsOf(study: Study, scores: StudyScores): StudyAgreement[] {
  const human = study.items.map((item) => item.human);
  return (["questions", "question", "phrase", "cosine"] as const).map((form) => ({
    study: study.name,
    form,
    ...agreement(scores[form], human),
  }));
}
