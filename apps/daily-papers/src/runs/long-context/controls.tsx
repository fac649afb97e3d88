/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { Choice, NumberInput, Problems, type ShownForm } from "../form-controls.tsx";
import { attentionNames, attentionTitles } from "./mask-choice.ts";
import { methodNames, methodTitles, numberFields } from "./settings.ts";
import type { Source } from "./sources.ts";

/** "Extend Novels to 1024 tokens on Moby-Dick, with shifted sparse attention in groups of 256 …", each choice a control. */
export function Controls({
  form,
  models,
  texts,
}: {
  form: ShownForm;
  models: readonly Source[];
  texts: readonly Source[];
}) {
  const advanced = ["learningRate", "rank", "batchSize", "seed"] as const;
  const options = (sources: readonly Source[]) => sources.map(({ name, title }) => [name, title] as const);
  return (
    <>
      <p class="run-sentence">
        Extend <Choice name="model" label="Model" options={options(models)} form={form} /> to{" "}
        <NumberInput name="context" field={numberFields.context} form={form} /> tokens on{" "}
        <Choice name="text" label="Text" options={options(texts)} form={form} />, with{" "}
        <Choice
          name="attention"
          label="Attention while training"
          options={attentionNames.map((name) => [name, attentionTitles[name]] as const)}
          form={form}
        />{" "}
        attention in groups of <NumberInput name="group" field={numberFields.group} form={form} />, training{" "}
        <Choice
          name="method"
          label="What is trained"
          options={methodNames.map((name) => [name, methodTitles[name]] as const)}
          form={form}
        />{" "}
        for <NumberInput name="steps" field={numberFields.steps} form={form} /> steps.
      </p>
      <Problems names={["model", "context", "text", "attention", "group", "method", "steps"]} form={form} />
      <details class="run-more" open={advanced.some((name) => name in form.problems)}>
        <summary>Learning rate, rank, batch and seed</summary>
        <div class="run-fields">
          {advanced.map((name) => (
            <label>
              <span>{numberFields[name].label}</span>
              <NumberInput name={name} field={numberFields[name]} labelled form={form} />
            </label>
          ))}
        </div>
        <Problems names={advanced} form={form} />
      </details>
    </>
  );
}
