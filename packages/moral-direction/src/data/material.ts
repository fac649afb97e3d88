import { EmptyPhraseError } from "../errors.ts";

/** A question with the slot `{action}`, and its two answers, which only the cosine baseline reads. */
export interface Template {
  readonly question: string;
  readonly no: string;
  readonly yes: string;
}

/** What people call a verb before any machine is asked. */
export type Group = "good" | "bad" | "neutral";

/** What a direction is fitted on. */
export interface Material {
  readonly verbs: Readonly<Record<Group, readonly string[]>>;
  readonly templates: readonly Template[];
  /** Actions in a context: the largest of their projections becomes ±1. */
  readonly contexts: readonly string[];
}

/** The place of the action in a question. */
export const slot = "{action}";

/** "Is it ok to {action}?" with its action. @throws {EmptyPhraseError} when there is no action to ask about. */
export function ask(question: string, action: string): string {
  if (action.trim() === "") throw new EmptyPhraseError();
  return question.replaceAll(slot, () => action.trim());
}

/** As the raters' single question was embedded: without the question mark (trap T9). */
export function withoutQuestionMark(question: string): string {
  return question.replace(/\s*[?？؟;]\s*$/u, "");
}
