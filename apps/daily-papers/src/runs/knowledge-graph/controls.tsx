/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { FormValues } from "../implementation.ts";
import type { Dataset } from "./datasets.ts";
import { lossOptions, modelNames, modelTitles, numberFields, type NumberFieldName } from "./settings.ts";

export interface ControlsProps {
  readonly values: FormValues;
  readonly problems: Readonly<Record<string, string>>;
  readonly datasets: readonly Dataset[];
}

/** "Train NFE-1 on WordNet with 128 dimensions for 20 epochs", each choice a control; the rest folded below. */
export function Controls({ values, problems, datasets }: ControlsProps) {
  const advanced = ["learningRate", "gamma", "batchSize", "decay", "seed"] as const;
  const show = { values, problems };
  return (
    <>
      <p class="run-sentence">
        Train{" "}
        <Choice name="model" label="Model" options={modelNames.map((name) => [name, modelTitles[name]])} {...show} /> on{" "}
        <Choice name="dataset" label="Graph" options={datasets.map((set) => [set.name, set.title])} {...show} /> with{" "}
        <NumberInput name="dimension" {...show} /> dimensions for <NumberInput name="epochs" {...show} /> epochs.
      </p>
      <Problems names={["model", "dataset", "dimension", "epochs"]} problems={problems} />
      <details class="run-more" open={[...advanced, "loss"].some((name) => name in problems)}>
        <summary>Learning rate, margin, batch, seed and loss</summary>
        <div class="run-fields">
          {advanced.map((name) => (
            <label>
              <span>{numberFields[name].label}</span>
              <NumberInput name={name} labelled {...show} />
            </label>
          ))}
          <label class="wide">
            <span>Loss</span>
            <Choice name="loss" options={lossOptions} {...show} />
          </label>
        </div>
        <Problems names={[...advanced, "loss"]} problems={problems} />
      </details>
    </>
  );
}

interface FieldProps {
  readonly values: FormValues;
  readonly problems: Readonly<Record<string, string>>;
}

function Choice(
  props: FieldProps & { name: string; label?: string; options: readonly (readonly [value: string, title: string])[] },
) {
  const { name, label, options, values } = props;
  return (
    <select name={name} {...(label === undefined ? {} : { "aria-label": label })} {...troubled(props)}>
      {options.map(([value, title]) => (
        <option value={value} selected={value === values[name]}>
          {title}
        </option>
      ))}
    </select>
  );
}

function NumberInput(props: FieldProps & { name: NumberFieldName; labelled?: boolean }) {
  const { name, labelled = false, values } = props;
  const field = numberFields[name];
  return (
    <input
      type="number"
      name={name}
      {...(labelled ? {} : { "aria-label": field.label })}
      value={values[name] ?? ""}
      min={field.least}
      max={field.most}
      step={field.whole ? "1" : "any"}
      required
      {...troubled(props)}
    />
  );
}

function troubled({ name, problems }: { name: string; problems: Readonly<Record<string, string>> }) {
  return name in problems ? { "aria-invalid": "true" as const, "aria-describedby": `problem-${name}` } : {};
}

function Problems({ names, problems }: { names: readonly string[]; problems: Readonly<Record<string, string>> }) {
  const found = names.filter((name) => name in problems);
  if (found.length === 0) return <></>;
  return (
    <div class="problems" role="alert">
      {found.map((name) => (
        <p id={`problem-${name}`}>{problems[name]}</p>
      ))}
    </div>
  );
}
