/** @jsxRuntime automatic @jsxImportSource hono/jsx */
import { NumberInput, Problems, type ShownForm } from "../form-controls.tsx";
import { numberFields, verbsIn } from "./settings.ts";

/** "Fit a direction to 24 good and 24 bad verbs, each asked in 10 questions": the verbs are the reader's to change. */
export function Controls({ form }: { form: ShownForm }) {
  const count = (name: string): number => verbsIn(form.values[name] ?? "").length;
  const lists = [
    ["good", "Good verbs"],
    ["bad", "Bad verbs"],
  ] as const;
  return (
    <>
      <p class="run-sentence">
        Fit a direction to {count("good")} good and {count("bad")} bad verbs, each asked in{" "}
        <NumberInput name="questions" field={numberFields.questions} form={form} /> questions.
      </p>
      <Problems names={["good", "bad", "questions"]} form={form} />
      <details class="run-more" open={lists.some(([name]) => name in form.problems)}>
        <summary>The verbs</summary>
        <div class="run-texts">
          {lists.map(([name, title]) => (
            <label>
              <span>{title}</span>
              <textarea
                name={name}
                rows={5}
                {...(name in form.problems ? { "aria-invalid": "true", "aria-describedby": `problem-${name}` } : {})}
              >
                {form.values[name]}
              </textarea>
            </label>
          ))}
        </div>
      </details>
    </>
  );
}
