import { MAX_DOCUMENT_BYTES, readBytes, type ByteChunks } from "./byte-stream.ts";
import { MalformedRecordError } from "./errors.ts";
import { jsonRecords, type PlacedRecord } from "./json-records.ts";
import { filesOf } from "./text-files.ts";

const roles = ["system", "user", "assistant"] as const;

export interface ChatMessage {
  readonly role: (typeof roles)[number];
  readonly content: string;
}

/** Messages of which the last, and any other of the assistant, is to be learnt. */
export interface Conversation {
  readonly messages: readonly ChatMessage[];
  /** The name of the document that it is about, where its record has one. */
  readonly document?: string | undefined;
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/**
 * Conversations of JSON or JSONL files, each also as `.gz`, in either form, record by record:
 * `{"instruction": …, "input"?: …, "output": …}` as LongAlpaca has them, or `{"messages": [{"role": …, "content": …}, …]}`.
 * A field `document` (a text or a number) names the
 * document that it is about, which is never split between training and judging. What follows the last answer is left out. A folder stands for its `.json`, `.jsonl` and `.ndjson` files, sorted.
 * @throws {MalformedRecordError} with file and line; as `readTexts` for files.
 */
export async function* readConversations(paths: readonly string[]): AsyncGenerator<Conversation> {
  for (const file of await filesOf(paths, /\.(jsonl?|ndjson)(\.gz)?$/))
    yield* parseConversations(file, readBytes(file));
}

/** The conversations in the bytes of one file. */
export async function* parseConversations(file: string, chunks: ByteChunks): AsyncGenerator<Conversation> {
  for await (const placed of jsonRecords(file, chunks, MAX_DOCUMENT_BYTES)) {
    const messages = "messages" in placed.record ? chatOf(placed) : instructionOf(placed);
    const last = messages.findLastIndex(({ role }) => role === "assistant");
    if (last < 0) throw malformed(placed, "no message of the assistant, so there is nothing to learn");
    const { document } = placed.record;
    const named = typeof document === "string" || typeof document === "number" ? { document: `${document}` } : {};
    yield { messages: messages.slice(0, last + 1), ...named, file, line: placed.line };
  }
}

function instructionOf(placed: PlacedRecord): ChatMessage[] {
  const instruction = textField(placed, "instruction");
  const input = placed.record["input"] === undefined ? "" : textField(placed, "input");
  return [
    { role: "user", content: input === "" ? instruction : `${instruction}\n${input}` },
    { role: "assistant", content: textField(placed, "output") },
  ];
}

function chatOf(placed: PlacedRecord): ChatMessage[] {
  const { messages } = placed.record;
  if (!Array.isArray(messages)) throw malformed(placed, `"messages" must be a list`);
  return messages.map((message: unknown, i) => {
    const { role, content } = (typeof message === "object" && message !== null ? message : {}) as Record<
      string,
      unknown
    >;
    const known = roles.find((one) => one === role);
    if (known === undefined || typeof content !== "string")
      throw malformed(placed, `message ${i + 1} must have a role (${roles.join(", ")}) and a text "content"`);
    return { role: known, content };
  });
}

function textField(placed: PlacedRecord, field: string): string {
  const text = placed.record[field];
  if (typeof text === "string") return text;
  const came = Object.keys(placed.record).slice(0, 8).join(", ") || "no field";
  throw malformed(
    placed,
    `wanted text in "${field}"; the record has ${came}. A record is {"instruction", "output"} or {"messages"}`,
  );
}

const malformed = ({ file, line }: PlacedRecord, problem: string) => new MalformedRecordError(file, line, problem);
