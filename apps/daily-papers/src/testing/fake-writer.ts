import type { Writer } from "../runs/long-context/writer.ts";

/** Stands in for a language model: what it writes is hostile, and names what it was given. A prompt "fail" fails. */
export const fakeWriter: Writer = async ({ adapter, prompt, tokens, seed }) => {
  if (prompt === "fail") throw new Error("the adapter is of another base");
  const kind = adapter === undefined ? "the base" : "the adapted one";
  const text = ` <script>alert(1)</script> ${kind} wrote ${tokens} tokens with seed ${seed}`;
  return { text, reason: adapter === undefined ? "context" : "length" };
};
