/** What must be known beside every score; from the paper's own cautions and what measuring showed. */
export const limits =
  "A score says how close a phrase lies to texts that praise or blame, not whether it is right. It reflects English texts and the chosen verbs, mixes morality with plain liking, is weak on negation and irony, and small changes of wording can turn its sign.";
