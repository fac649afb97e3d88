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
 * @throws {ChatTemplateError} when the template is faulty or refuses the messages, with its own words.
 */
export function renderChat(
  template: unknown,
  messages: readonly ChatMessage[],
  tokens: Readonly<Record<string, string>>,
  { addGenerationPrompt = false }: ChatOptions = {},
): string {
  const source = chosenTemplate(template);
  try {
    return new Template(source).render({ ...tokens, messages, add_generation_prompt: addGenerationPrompt });
  } catch (cause) {
    const roles = messages.map(({ role }) => role).join(", ");
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ChatTemplateError(`the chat template did not take the messages (${roles}): ${reason}`, { cause });
  }
}

function chosenTemplate(template: unknown): string {
  if (typeof template === "string") return template;
  const named: Readonly<Record<string, unknown>> = Array.isArray(template)
    ? Object.fromEntries(
        (template as { name?: unknown; template?: unknown }[]).map((entry) => [String(entry.name), entry.template]),
      )
    : ((template ?? {}) as Record<string, unknown>);
  const chosen = named["default"];
  if (typeof chosen === "string") return chosen;
  const known = Object.keys(named).join(", ") || "none";
  throw new ChatTemplateError(`there is no chat template named "default" among these: ${known}`);
}
