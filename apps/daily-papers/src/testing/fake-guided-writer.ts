import type { GuidedWriter } from "../runs/moral-direction/guided-writer.ts";

/** Writes at once what no model would. */
export const fakeGuidedWriter: GuidedWriter = async () => ({
  guided: " wrote with guidance",
  unguided: " wrote without",
  tokens: [
    {
      position: 0,
      candidates: [
        { token: 1, text: " wrote", probability: 0.6, score: 0.2, kept: true },
        { token: 2, text: " struck", probability: 0.4, score: -0.3, kept: false },
      ],
      fallback: false,
      rolledBack: 0,
      chosen: 1,
    },
  ],
});
