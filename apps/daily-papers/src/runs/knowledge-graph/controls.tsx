/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { Choice, NumberInput, Problems, type ShownForm } from "../form-controls.tsx";
import type { Dataset } from "./datasets.ts";
import { lossOptions, modelNames, modelTitles, numberFields } from "./settings.ts";

/** "Train NFE-1 on WordNet with 128 dimensions for 20 epochs", each choice a control; the rest folded below. */
export function Controls({ form, datasets }: { form: ShownForm; datasets: readonly Dataset[] }) {
  const advanced = ["learningRate", "gamma", "batchSize", "decay", "seed"] as const;
  const models = modelNames.map((name) => [name, modelTitles[name]] as const);
  const graphs = datasets.map(({ name, title }) => [name, title] as const);
  return (
    <>
      <p class="run-sentence">
        Train <Choice name="model" label="Model" options={models} form={form} /> on{" "}
        <Choice name="dataset" label="Graph" options={graphs} form={form} /> with{" "}
        <NumberInput name="dimension" field={numberFields.dimension} form={form} /> dimensions for{" "}
        <NumberInput name="epochs" field={numberFields.epochs} form={form} /> epochs.
      </p>
      <Problems names={["model", "dataset", "dimension", "epochs"]} form={form} />
      <details class="run-more" open={[...advanced, "loss"].some((name) => name in form.problems)}>
        <summary>Learning rate, margin, batch, seed and loss</summary>
        <div class="run-fields">
          {advanced.map((name) => (
            <label>
              <span>{numberFields[name].label}</span>
              <NumberInput name={name} field={numberFields[name]} labelled form={form} />
            </label>
          ))}
          <label class="wide">
            <span>Loss</span>
            <Choice name="loss" options={lossOptions} form={form} />
          </label>
        </div>
        <Problems names={[...advanced, "loss"]} form={form} />
      </details>
    </>
  );
}
