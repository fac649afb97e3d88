/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import type { NumberField } from "./form-fields.ts";
import type { FormValues } from "./implementation.ts";

/** What a form holds and what is wrong in it. */
export interface ShownForm {
  readonly values: FormValues;
  readonly problems: Readonly<Record<string, string>>;
}

/** One of several; `label` where no visible one stands beside it. */
export function Choice({
  name,
  label,
  options,
  form,
}: {
  name: string;
  label?: string;
  options: readonly (readonly [value: string, title: string])[];
  form: ShownForm;
}) {
  return (
    <select name={name} {...(label === undefined ? {} : { "aria-label": label })} {...troubled(name, form)}>
      {options.map(([value, title]) => (
        <option value={value} selected={value === form.values[name]}>
          {title}
        </option>
      ))}
    </select>
  );
}

/** A number; `labelled` where a visible label stands beside it. */
export function NumberInput({
  name,
  field,
  labelled = false,
  form,
}: {
  name: string;
  field: NumberField;
  labelled?: boolean;
  form: ShownForm;
}) {
  return (
    <input
      type="number"
      name={name}
      {...(labelled ? {} : { "aria-label": field.label })}
      value={form.values[name] ?? ""}
      min={field.least}
      max={field.most}
      step={field.whole ? "1" : "any"}
      required
      {...troubled(name, form)}
    />
  );
}

/** What is wrong with these fields, a sentence each. */
export function Problems({ names, form: { problems } }: { names: readonly string[]; form: ShownForm }) {
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

function troubled(name: string, { problems }: ShownForm) {
  return name in problems ? { "aria-invalid": "true" as const, "aria-describedby": `problem-${name}` } : {};
}
