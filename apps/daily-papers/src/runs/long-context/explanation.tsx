/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { FormValues } from "../implementation.ts";
import { readMaskChoice, type AttentionName, type MaskChoice } from "./mask-choice.ts";
import { MaskDrawing } from "./mask-drawing.tsx";
import type { Masks } from "./mask-facts.ts";

const kinds: Readonly<Record<AttentionName, string>> = {
  s2: "Half of the heads see their own group only. The other half see groups that are moved by half a group, with half groups at both ends, so that from layer to layer what is known crosses every border.",
  "paper-wrap":
    "As in the paper’s pseudo-code: the moved heads are rolled around, and the last half group falls into one group with the first.",
  short: "No head is moved: nothing is ever learned across the border of a group.",
  full: "Each token sees all before it. The cost grows with the square of the length. So the model works whenever it writes or is judged, however it was trained.",
};

/** How the method works, with the drawing of whom a token sees. */
export async function Explanation({ query }: { query: FormValues }) {
  const choice = readMaskChoice(query);
  return (
    <section class="method" id="how" aria-labelledby="how-title">
      <div class="method-text">
        <h2 id="how-title">How it works</h2>
        <p>
          A model that was trained on short texts gets lost in long ones. LongLoRA trains it further on long texts,
          cheaply: positions are squeezed into the range that the model knows, the weights are changed by small low-rank
          matrices, and attention is cut into groups while training. When the model is used, attention is full and
          ordinary.
        </p>
        <p>{kinds[choice.attention]}</p>
      </div>
      <MaskDrawing choice={choice} masks={await masksOf(choice)} query={query} />
    </section>
  );
}

/** The masks of the package's own computation. */
async function masksOf({ attention, length, group }: MaskChoice): Promise<Masks> {
  const { attentionMask } = await import("@offprint/long-context-lora");
  const choice = attention === "full" ? { kind: attention } : { kind: attention, group };
  return {
    length,
    plain: attentionMask(choice, length, false),
    shifted: attentionMask(choice, length, true),
  };
}
