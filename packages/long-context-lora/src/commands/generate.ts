import { readFile } from "node:fs/promises";
import { defineCommand, formatCount, formatNumber, UsageError, type Command } from "@offprint/experiment";
import { type Generated, type GenerationEvent, type LanguageModel, type Prompt } from "@offprint/language-model";
import { openEngine } from "@offprint/tensor";
import { z } from "zod";
import { openForGeneration, readModelWithAdapter } from "../evaluation/open-model.ts";
import { adapterField, anyBaseSwitch, jsonSwitch, modelField, printJson, threadsField } from "./shared.ts";
import { toldDownloads } from "./told-downloads.ts";

const advised = "absent: as the model's makers advise.";

const config = z.strictObject({
  model: modelField,
  adapter: adapterField,
  prompt: z.string().optional().describe("Text to go on from."),
  promptFile: z
    .string()
    .min(1)
    .optional()
    .meta({ placeholder: "FILE", description: "File with the text to go on from, UTF-8." }),
  chat: z.boolean().default(false).describe("Take the text as a user's message and write the answer."),
  maxTokens: z.int().min(0).default(256).describe("Most tokens to write."),
  temperature: z.number().min(0).optional().describe(`0 takes the likeliest token, more draws bolder; ${advised}`),
  topK: z.int().min(1).optional().describe(`Draw from this many likeliest tokens; ${advised}`),
  topP: z.number().gt(0).max(1).optional().describe(`Draw from the likeliest that reach this probability; ${advised}`),
  minP: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(`Draw from those with this share of the likeliest's probability; ${advised}`),
  repetitionPenalty: z.number().gt(0).optional().describe(`Above 1, what occurred becomes less likely; ${advised}`),
  stop: z.array(z.string().min(1)).optional().meta({ placeholder: "TEXT", description: "End before this text." }),
  seed: z.int().min(0).default(0).describe("The same seed draws the same text."),
  anyBase: anyBaseSwitch,
  threads: threadsField,
  json: jsonSwitch,
});

/** `offprint longlora generate`: text from a model, with or without an adapter. */
export const generateCommand: Command<typeof config> = defineCommand({
  name: "longlora generate",
  summary: "Let a model write, with or without an adapter.",
  config,
  examples: [
    { explains: "Go on with a text.", config: { model: "stories", prompt: "Once upon a time", maxTokens: 100 } },
    {
      explains: "Ask a chat model about a long document.",
      config: { model: "SmolLM2.gguf", adapter: "runs/long", promptFile: "question.txt", chat: true },
    },
  ],
  async run(settings, context) {
    const { model: source, adapter: folder, json, anyBase, threads } = settings;
    const text = await promptText(settings);
    const opened = await readModelWithAdapter(source, folder, { anyBase, hub: toldDownloads(context) });
    const prompt = settings.chat ? chatPrompt(opened.language, text) : text;
    using engine = await openEngine(threads ? { threads } : {});
    await using generator = await openForGeneration(opened, { engine });
    const started = performance.now();
    const shown = terminalText(context.stdout.isTTY ?? false);
    const result = await last(generator.stream([prompt], { ...settings, signal: context.signal }), ({ text }) => {
      if (!json && text !== "") context.stdout.write(shown(text));
    });
    const seconds = (performance.now() - started) / 1000;
    const { tokens, promptTokens, reason } = result;
    if (json) {
      const facts = { promptTokens, tokens: tokens.length, reason, seconds };
      printJson(context, { model: source, adapter: folder, prompt: text, text: result.text, ...facts });
      return;
    }
    context.stdout.write("\n");
    const speed = formatNumber(tokens.length / seconds);
    context.stderr.write(
      `${formatCount(promptTokens)} tokens read, ${formatCount(tokens.length)} written (${speed} a second); ${endings[reason]}\n`,
    );
  },
});

const endings: Readonly<Record<Generated["reason"], string>> = {
  end: "the model ended the text",
  stop: "ended at a stop text",
  length: "ended at the number of tokens that was asked for",
  context: "ended at the end of the model's context",
  intercepted: "ended from outside",
};

async function promptText({ prompt, promptFile }: z.output<typeof config>): Promise<string> {
  if ((prompt === undefined) === (promptFile === undefined)) {
    throw new UsageError("give the text to go on from: either --prompt TEXT or --prompt-file FILE");
  }
  if (prompt !== undefined) return prompt;
  const bytes = await readFile(promptFile ?? "");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`${promptFile}: wanted UTF-8 text; convert the file first`);
  }
}

function chatPrompt({ name, tokenizer }: LanguageModel, text: string): Prompt {
  const template = tokenizer.applyChatTemplate?.([{ role: "user", content: text }], { addGenerationPrompt: true });
  if (template === undefined) throw new UsageError(`${name} has no chat template; leave out --chat`);
  return tokenizer.encode(template, { special: false });
}

/** What of a model's text may go to a terminal: it could write escape sequences. */
const terminalText = (terminal: boolean) => (text: string) =>
  terminal ? text.replaceAll(/(?![\n\t])\p{Cc}/gu, "\uFFFD") : text;

/** Tells each event, and gives the one result. */
async function last(
  events: AsyncGenerator<GenerationEvent, Generated[], undefined>,
  tell: (event: GenerationEvent) => void,
): Promise<Generated> {
  for (;;) {
    const { done, value } = await events.next();
    if (done) return value[0] as Generated;
    tell(value);
  }
}
