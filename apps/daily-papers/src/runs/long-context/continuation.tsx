/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { NumberInput, Problems, type ShownForm } from "../form-controls.tsx";
import { numberDefaults, numberSchema, readFormValues, type NumberFields } from "../form-fields.ts";
import { z } from "zod";
import type { FormValues } from "../implementation.ts";
import type { Run } from "../run.ts";
import type { Writer, WritingTask, Written } from "./writer.ts";

const mostCharacters = 300;

const numberFields = {
  tokens: { label: "Tokens", least: 1, most: 400, whole: true, default: 280 },
  writingSeed: { label: "Seed", least: 0, most: 2_147_483_647, whole: true, default: 1 },
} as const satisfies NumberFields;

const schema = z.strictObject({
  prompt: z
    .string()
    .refine((text) => text.trim() !== "" && !text.includes("\0"), "Prompt: enter how the text begins.")
    .max(mostCharacters, `Prompt: enter at most ${mostCharacters} characters.`),
  tokens: numberSchema(numberFields.tokens),
  writingSeed: numberSchema(numberFields.writingSeed),
});

const defaults: FormValues = { prompt: "The captain looked at the sea, and", ...numberDefaults(numberFields) };

/** What a reader asked both models to go on with, and what they wrote or why they did not. */
export interface Continuation {
  readonly form: ShownForm;
  readonly prompt?: string;
  readonly before?: Written;
  readonly after?: Written;
  /** Why nothing was written although the form was right. */
  readonly refusal?: string;
}

/** The two models of a run, as the command line names them. */
export interface Pair {
  readonly before: Pick<WritingTask, "model">;
  readonly after: Pick<WritingTask, "model" | "adapter">;
}

/** Lets a run's two models write side by side; for one reader at a time, since each takes the whole machine. */
export class SideBySide {
  readonly #write: Writer;
  #busy = false;

  constructor(write: Writer) {
    this.#write = write;
  }

  /** What a form asks for, done; an untouched form when nothing was sent. */
  async answer(sent: FormValues | undefined, pair: Pair): Promise<Continuation> {
    if (sent === undefined) return { form: { values: defaults, problems: {} } };
    const values = { ...defaults, ...sent };
    const reading = readFormValues({ schema, numbers: numberFields, defaults }, sent);
    if (!reading.ok) return { form: { values, problems: reading.problems } };
    const form = { values, problems: {} };
    if (this.#busy) return { form, refusal: "Another reader’s text is being written. Try again in a moment." };
    this.#busy = true;
    try {
      const { prompt, tokens, writingSeed: seed } = schema.parse(reading.config);
      const task = { prompt, tokens, seed };
      const [before, after] = await Promise.all([
        this.#write({ ...task, ...pair.before }),
        this.#write({ ...task, ...pair.after }),
      ]);
      return { form, prompt, before, after };
    } catch (error) {
      return { form, refusal: `Nothing was written: ${error instanceof Error ? error.message : String(error)}` };
    } finally {
      this.#busy = false;
    }
  }
}

/** The form for a prompt, and the two texts. */
export function ContinuationPart({ run, continuation }: { run: Run; continuation: Continuation }) {
  const { form, prompt, before, after, refusal } = continuation;
  return (
    <section class="writing" id="writing" aria-labelledby="writing-title">
      <h2 id="writing-title">Let both go on</h2>
      <form method="post" action={`/runs/${run.id}#writing`}>
        <label>
          <span>How the text begins</span>
          <textarea name="prompt" rows={3} maxlength={mostCharacters} required>
            {form.values["prompt"]}
          </textarea>
        </label>
        <div class="run-start">
          {(["tokens", "writingSeed"] as const).map((name) => (
            <label class="small-field">
              <span>{numberFields[name].label}</span>
              <NumberInput name={name} field={numberFields[name]} labelled form={form} />
            </label>
          ))}
          <button class="primary">Write</button>
        </div>
        <Problems names={["prompt", "tokens", "writingSeed"]} form={form} />
      </form>
      {refusal !== undefined && (
        <p class="problems" role="alert">
          {refusal}
        </p>
      )}
      {before !== undefined && after !== undefined && (
        <div class="texts">
          <Text title="Before" prompt={prompt ?? ""} written={before} />
          <Text title="After" prompt={prompt ?? ""} written={after} />
        </div>
      )}
    </section>
  );
}

function Text({ title, prompt, written: { text, reason } }: { title: string; prompt: string; written: Written }) {
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <p class="written">
        <span class="quiet">{prompt}</span>
        {text}
      </p>
      {reason === "context" && <p class="quiet-text">It ends here because the model’s context does.</p>}
    </section>
  );
}
