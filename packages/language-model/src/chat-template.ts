import { createContext, Script } from "node:vm";
import { Template } from "@huggingface/jinja";
import { ChatTemplateError } from "./errors.ts";

/** One turn of a conversation. */
export interface ChatMessage {
  /** "system", "user", "assistant" or another role that the template knows. */
  readonly role: string;
  readonly content: string;
}

/** One rendering's choices. */
export interface ChatOptions {
  /** End with the beginning of the assistant's turn; default false. */
  readonly addGenerationPrompt?: boolean;
}

/**
 * Messages as text, by a Jinja template as Hugging Face tokenizers carry it.
 * @param template a text, a list of `{ name, template }`, or templates by name; of several the one named "default" is used.
 * @param tokens `bos_token`, `eos_token` and others that templates write.
 * @throws {ChatTemplateError} when the template is faulty, refuses the messages (with its own words), or takes longer than 2 s:
 *   it comes with a model from elsewhere, and could loop without end.
 */
export function renderChat(
  template: unknown,
  messages: readonly ChatMessage[],
  tokens: Readonly<Record<string, string>>,
  { addGenerationPrompt = false }: ChatOptions = {},
): string {
  const source = chosenTemplate(template);
  try {
    return withinTime(() =>
      new Template(source).render({ ...tokens, messages, add_generation_prompt: addGenerationPrompt }),
    );
  } catch (cause) {
    const roles = [...new Set(messages.map(({ role }) => role))].join(", ");
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ChatTemplateError(`the chat template did not take the messages (${roles}): ${reason}`, { cause });
  }
}

/** Longest time of a rendering, in ms. */
const timeLimit = 2000;

const watched = { work: (): unknown => undefined };
const watch = new Script("work()");
const watchContext = createContext(watched);

/** What `work` gives; an engine's watchdog ends it at the limit, even within a loop. */
function withinTime<T>(work: () => T): T {
  let result: { readonly value: T } | undefined;
  watched.work = () => {
    result = { value: work() };
  };
  try {
    watch.runInContext(watchContext, { timeout: timeLimit });
  } catch (error) {
    if ((error as NodeJS.ErrnoException | undefined)?.code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
    throw new ChatTemplateError(`it did not come to an end within ${timeLimit / 1000} s`);
  }
  if (!result) throw new TypeError("internal: nothing was rendered");
  return result.value;
}

function chosenTemplate(template: unknown): string {
  if (typeof template === "string") return template;
  const named: Readonly<Record<string, unknown>> = Array.isArray(template)
    ? Object.fromEntries(
        (template as ({ name?: unknown; template?: unknown } | null)[]).map((entry) => [
          String(entry?.name),
          entry?.template,
        ]),
      )
    : ((template ?? {}) as Record<string, unknown>);
  const chosen = named["default"];
  if (typeof chosen === "string") return chosen;
  const known = Object.keys(named).join(", ") || "none";
  throw new ChatTemplateError(`there is no chat template named "default" among these: ${known}`);
}
