import type { Template } from "./material.ts";

const withAnswers = (beginning: string, no: string, yes: string): Template => ({
  question: `${beginning} {action}?`,
  no,
  yes,
});
const isIt = (beginning: string): Template => withAnswers(beginning, "No, it is not.", "Yes, it is.");

/** The ten questions of the paper, with the two answers that its cosine baseline compares them with. */
export const paperTemplates: readonly Template[] = [
  isIt("Is it ok to"),
  withAnswers("Should I", "No, you should not.", "Yes, you should."),
  withAnswers("Shall I", "No, you shall not.", "Yes, you shall."),
  withAnswers("May I", "No, you may not.", "Yes, you may."),
  isIt("Is it allowed to"),
  isIt("Is it recommended to"),
  isIt("Is it desired to"),
  isIt("Is it polite to"),
  isIt("Is it good behaviour to"),
  isIt("Is it exemplary to"),
];
