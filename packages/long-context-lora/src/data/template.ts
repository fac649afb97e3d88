import type { Tokenizer } from "@offprint/language-model";
import type { ChatMessage, Conversation } from "./conversations.ts";
import { MalformedRecordError } from "./errors.ts";
import { beginningOf } from "./pack.ts";

/** Text that is tokenised as a whole, and tokens around it. */
export interface TemplatePart {
  readonly before: readonly number[];
  readonly text: string;
  /** From where to where `text` is to be learnt. */
  readonly answers: readonly (readonly [start: number, end: number])[];
  /** Tokens after the text, to be learnt as well. */
  readonly after: readonly number[];
  /** The template asks for an answer with other text than it puts before one that is there. */
  readonly asksOtherwise: boolean;
}

/** How messages become text: with the model's own chat template, or as the paper does. */
export type TemplateName = "model" | "inst";

/** The model's own template where it has one. */
export const defaultTemplate = (tokenizer: Tokenizer): TemplateName =>
  tokenizer.applyChatTemplate === undefined ? "inst" : "model";

/**
 * A conversation as text with the places that are to be learnt: what the assistant says, and the mark that ends it.
 * `inst` is the form in which LongLoRA's authors trained their LongAlpaca models: `[INST]question[/INST]answer` between the
 * tokens that begin and end a sequence, each exchange anew; a system message stands in front of the first question.
 * @throws {MalformedRecordError} when the model's template fails on the messages or leaves an answer out.
 */
export function applyTemplate(
  conversation: Conversation,
  tokenizer: Tokenizer,
  template: TemplateName,
): TemplatePart[] {
  return template === "inst" ? instParts(conversation, tokenizer) : [chatPart(conversation, tokenizer)];
}

function instParts({ messages }: Conversation, tokenizer: Tokenizer): TemplatePart[] {
  const parts: TemplatePart[] = [];
  let question = "";
  for (const { role, content } of messages) {
    if (role !== "assistant") {
      const said = role === "system" ? `<<SYS>>\n${content}\n<</SYS>>\n\n` : content;
      question += question === "" || question.endsWith("\n\n") ? said : `\n${said}`;
      continue;
    }
    const prompt = `[INST]${question}[/INST]`;
    parts.push({
      before: beginningOf(tokenizer),
      text: prompt + content,
      answers: [[prompt.length, prompt.length + content.length]],
      after: endOf(tokenizer),
      asksOtherwise: false,
    });
    question = "";
  }
  return parts;
}

const endOf = ({ eos }: Tokenizer) => (eos === undefined ? [] : [eos]);

/**
 * Everything at once, since a template may look at all messages. Where an answer stands is found by rendering what precedes
 * it with another in its place.
 */
function chatPart(conversation: Conversation, tokenizer: Tokenizer): TemplatePart {
  const { messages } = conversation;
  const text = render(conversation, tokenizer, messages, false);
  const answers: (readonly [number, number])[] = [];
  let [from, marked, asksOtherwise] = [0, true, false];
  for (const [i, { role, content }] of messages.entries()) {
    if (role !== "assistant") continue;
    const before = messages.slice(0, i);
    const shape = render(conversation, tokenizer, [...before, { role, content: placeholder }], false);
    const [head = "", tail = ""] = shape.split(placeholder);
    asksOtherwise ||= render(conversation, tokenizer, before, true) !== head;
    const start = text.startsWith(head) ? head.length : text.indexOf(content.trim(), from);
    const said = [content, content.trim()].find((one) => start >= 0 && text.startsWith(one, start));
    if (said === undefined)
      throw failed(conversation, `the model's chat template leaves out message ${i + 1}, an answer`);
    const end = start + said.length;
    const mark = text.startsWith(tail, end) ? tail.trimEnd() : "";
    answers.push([start, end + mark.length]);
    marked = mark !== "";
    from = end + mark.length;
  }
  return { before: [], text, answers, after: marked ? [] : endOf(tokenizer), asksOtherwise };
}

/** Stands for an answer; no real one holds characters of the private use area at both ends. */
const placeholder = "\u{E000}answer\u{E000}";

function render(
  conversation: Conversation,
  tokenizer: Tokenizer,
  messages: readonly ChatMessage[],
  addGenerationPrompt: boolean,
): string {
  try {
    return tokenizer.applyChatTemplate!([...messages], { addGenerationPrompt });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw failed(conversation, `the model's chat template does not take the messages: ${reason}`, error);
  }
}

const failed = ({ file, line }: Conversation, problem: string, cause?: unknown) =>
  new MalformedRecordError(file, line, `${problem}; change the record, or use the template "inst"`, cause);
