import { ask, type Template } from "../data/material.ts";
import { cosine, mean, type Vector } from "../direction/vectors.ts";
import { finite, type Encoder } from "../encoders/encoder.ts";

/** A question that asks about an action, and its two answers, as vectors. */
export interface AnsweredQuestion {
  readonly question: Vector;
  readonly no: Vector;
  readonly yes: Vector;
}

/** cos(question, yes) − cos(question, no), averaged over the questions. The Moral Choice Machine, Jentzsch et al. 2019. */
export function biasOf(questions: readonly AnsweredQuestion[]): number {
  return mean(questions.map(({ question, no, yes }) => cosine(question, yes) - cosine(question, no)));
}

/**
 * The cosine baseline: how much nearer each action's questions are to yes than to no. Its sign means little.
 * @returns one bias an action.
 */
export async function cosineBias(
  encoder: Encoder,
  templates: readonly Template[],
  actions: readonly string[],
): Promise<number[]> {
  const answers = await vectorsOf(
    encoder,
    templates.flatMap(({ no, yes }) => [no, yes]),
  );
  const questions = await vectorsOf(
    encoder,
    actions.flatMap((action) => templates.map(({ question }) => ask(question, action))),
  );
  return actions.map((_, action) =>
    biasOf(
      templates.map((__, index) => ({
        question: questions.row(action * templates.length + index),
        no: answers.row(2 * index),
        yes: answers.row(2 * index + 1),
      })),
    ),
  );
}

const vectorsOf = async (encoder: Encoder, texts: readonly string[]) =>
  finite(await encoder.encode(texts), texts, encoder.id);
