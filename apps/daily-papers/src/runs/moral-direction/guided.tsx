/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { z } from "zod";
import { Choice, NumberInput, Problems, type ShownForm } from "../form-controls.tsx";
import { numberDefaults, numberSchema, readFormValues, type NumberFields } from "../form-fields.ts";
import type { FormValues } from "../implementation.ts";
import { embeddedModel, modelArgument, type Source, type SourceFolders } from "../long-context/sources.ts";
import { GuidedTokens } from "./guided-tokens.tsx";
import type { GuidedTexts, GuidedWriter } from "./guided-writer.ts";

const mostCharacters = 300;

const numberFields = {
  threshold: { label: "Threshold", least: -3, most: 3, whole: false, default: 0 },
  tokens: { label: "Tokens", least: 1, most: 40, whole: true, default: 20 },
  writingSeed: { label: "Seed", least: 0, most: 2_147_483_647, whole: true, default: 1 },
} as const satisfies NumberFields;

const fieldNames = ["prompt", "guidedModel", "threshold", "tokens", "writingSeed"] as const;

const schema = z.strictObject({
  prompt: z
    .string()
    .refine((text) => text.trim() !== "" && !text.includes("\0"), "Prompt: enter how the text begins.")
    .max(mostCharacters, `Prompt: enter at most ${mostCharacters} characters.`),
  guidedModel: z.string(),
  threshold: numberSchema(numberFields.threshold),
  tokens: numberSchema(numberFields.tokens),
  writingSeed: numberSchema(numberFields.writingSeed),
});

const defaults: FormValues = {
  prompt: "The stranger looked at him, and",
  guidedModel: embeddedModel.name,
  ...numberDefaults(numberFields),
};

/** What a reader asked a model to write, and what it wrote with and without guidance, or why not. */
export interface GuidedAnswer {
  readonly form: ShownForm;
  readonly models: readonly Source[];
  readonly prompt?: string;
  readonly texts?: GuidedTexts;
  /** Why nothing was written although the form was right. */
  readonly refusal?: string;
}

/** Lets a model write with and without guidance; for one reader at a time, since it takes the whole machine. */
export class GuidedWriting {
  readonly #write: GuidedWriter;
  #busy = false;

  constructor(write: GuidedWriter) {
    this.#write = write;
  }

  /** What a form asks for, done; an untouched form when nothing was sent. */
  async answer(
    sent: FormValues | undefined,
    given: { readonly models: readonly Source[]; readonly folders: SourceFolders; readonly direction?: string },
  ): Promise<GuidedAnswer> {
    const { models, folders, direction } = given;
    if (sent?.["prompt"] === undefined) return { form: { values: defaults, problems: {} }, models };
    const values = { ...defaults, ...sent };
    const reading = readFormValues({ schema, numbers: numberFields, defaults }, sent);
    if (!reading.ok) return { form: { values, problems: reading.problems }, models };
    const { prompt, guidedModel, threshold, tokens, writingSeed: seed } = schema.parse(reading.config);
    if (!models.some(({ name }) => name === guidedModel))
      return { form: { values, problems: { guidedModel: "Choose one of the models." } }, models };
    const form = { values, problems: {} };
    if (this.#busy) return { form, models, refusal: "Another reader’s text is being written. Try again in a moment." };
    this.#busy = true;
    try {
      const task = { prompt, threshold, tokens, seed, model: modelArgument(guidedModel, folders), direction };
      return { form, models, prompt, texts: await this.#write(task) };
    } catch (error) {
      return {
        form,
        models,
        refusal: `Nothing was written: ${error instanceof Error ? error.message : String(error)}`,
      };
    } finally {
      this.#busy = false;
    }
  }
}

/** The form for a prompt, and the two texts. @param action address that the form is sent to. */
export function GuidedPart({ answer, action }: { answer: GuidedAnswer; action: string }) {
  const { form, models, prompt, texts, refusal } = answer;
  return (
    <section class="writing" id="guided" aria-labelledby="guided-title">
      <h2 id="guided-title">Guide a model</h2>
      <p class="meaning">
        At each token the likely next ones are scored with the whole text before them. Those at or below the threshold
        are taken away, but the five best always stay.
      </p>
      <form method="post" action={`${action}#guided`}>
        <label>
          <span>How the text begins</span>
          <textarea name="prompt" rows={3} maxlength={mostCharacters} required>
            {form.values["prompt"]}
          </textarea>
        </label>
        <div class="run-start">
          <label class="small-field">
            <span>Model</span>
            <Choice name="guidedModel" options={models.map(({ name, title }) => [name, title] as const)} form={form} />
          </label>
          {(["threshold", "tokens", "writingSeed"] as const).map((name) => (
            <label class="small-field">
              <span>{numberFields[name].label}</span>
              <NumberInput name={name} field={numberFields[name]} labelled form={form} />
            </label>
          ))}
          <button class="primary">Write</button>
        </div>
        <Problems names={fieldNames} form={form} />
      </form>
      {refusal !== undefined && (
        <p class="problems" role="alert">
          {refusal}
        </p>
      )}
      {texts !== undefined && (
        <>
          <div class="texts">
            <section aria-label="Guided">
              <h3>Guided</h3>
              <p class="written">
                <span class="quiet">{prompt}</span>
                {texts.guided}
              </p>
            </section>
            <section aria-label="Unguided">
              <h3>Unguided</h3>
              <details class="unasked">
                <summary>Show it: nothing kept it from being offensive</summary>
                <p class="written">
                  <span class="quiet">{prompt}</span>
                  {texts.unguided}
                </p>
              </details>
            </section>
          </div>
          <GuidedTokens tokens={texts.tokens} />
        </>
      )}
    </section>
  );
}
