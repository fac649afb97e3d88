import type { z } from "zod";
import { argumentFields, flagFields, programName, type Command } from "./command.ts";
import { configFields, type ConfigField } from "./config-fields.ts";
import { commandLine } from "./command-line.ts";

/** Widest text that is comfortable to read, columns. */
const comfortableWidth = 100;

/** What `offprint kge train --help` prints. */
export function commandHelp(command: Command, columns?: number): string {
  const words = argumentFields(command);
  const flags = flagFields(command);
  const usage = [
    programName,
    command.name,
    ...words.map((field) => optionalWord(field, `${field.placeholder}${field.repeated ? "…" : ""}`)),
    ...flags.filter((field) => field.required).map((field) => flagForm(field, words.length === 0)),
    "[flags]",
  ];
  const flagRows = flags.map((field): Row => [flagForm(field, words.length === 0), explain(field)]);
  return page(columns, [
    { title: command.summary, lines: [] },
    { title: "Usage", lines: [usage.join(" ")] },
    { title: "Arguments", rows: words.map((field): Row => [field.placeholder, explain(field)]) },
    { title: "Flags", rows: [...flagRows, ["--help", "Print this text."]] },
    {
      title: "Examples",
      lines: command.examples.flatMap(({ explains, config }) => [`# ${explains}`, commandLine(command, config)]),
    },
  ]);
}

/** A list of groups or commands under a heading, as `offprint --help` and `offprint kge --help` print it. */
export function commandListHelp(
  {
    name,
    summary,
    commands,
    flags,
  }: {
    /** "offprint kge". */
    readonly name: string;
    readonly summary: string;
    readonly commands: readonly { readonly name: string; readonly summary: string }[];
    readonly flags: readonly Row[];
  },
  columns?: number,
): string {
  return page(columns, [
    { title: summary, lines: [] },
    { title: "Usage", lines: [`${name} COMMAND [flags]`] },
    { title: "Commands", rows: commands.map((command): Row => [command.name, command.summary]) },
    { title: "Flags", rows: flags },
    { title: `${name} COMMAND --help says more about one of them.`, lines: [] },
  ]);
}

/** The docs table of a config schema, in Markdown. */
export function configTable(schema: z.ZodObject): string {
  const rows = configFields(schema).map((field) => {
    const standard = field.required ? "required" : (defaultText(field) ?? "");
    return `| \`--${field.flag}\` | ${cell(field.wanted)}${field.repeated ? ", repeatable" : ""} | ${cell(standard)} | ${cell(field.description)} |`;
  });
  return ["| flag | value | default | meaning |", "|---|---|---|---|", ...rows].join("\n");
}

const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ");

type Row = readonly [left: string, right: string];

interface Section {
  readonly title: string;
  readonly lines?: readonly string[];
  readonly rows?: readonly Row[];
}

const optionalWord = (field: ConfigField, text: string) => (field.required ? text : `[${text}]`);

/** @param severalWords whether a list may be written after one flag. */
function flagForm(field: ConfigField, severalWords: boolean): string {
  const more = field.repeated && severalWords ? "…" : "";
  if (field.kind === "value") return `--${field.flag} ${field.placeholder}${more}`;
  return field.default === false ? `--${field.flag}` : `--[no-]${field.flag}`;
}

function explain(field: ConfigField): string {
  const standard = field.required ? "required" : defaultText(field);
  const facts = [
    field.alternatives.some(({ kind }) => kind === "choice") && field.wanted,
    field.repeated && "repeatable",
    standard !== undefined && (field.required ? standard : `default ${standard}`),
  ].filter((fact) => fact !== false);
  return [field.description, facts.length > 0 ? `(${facts.join("; ")})` : ""].filter(Boolean).join(" ");
}

function defaultText(field: ConfigField): string | undefined {
  if (field.default === undefined) return undefined;
  if (field.kind === "switch") return field.default === true ? "on" : undefined;
  const list: unknown[] = Array.isArray(field.default) ? field.default : [field.default];
  return list.length === 0 ? undefined : list.map((one) => (one === "" ? '""' : String(one))).join(", ");
}

function page(columns: number | undefined, sections: readonly Section[]): string {
  const width = Math.min(columns ?? comfortableWidth, comfortableWidth);
  const blocks = sections.flatMap(({ title, lines, rows }) => {
    if (lines === undefined && (rows === undefined || rows.length === 0)) return [];
    return [[...wrap(title, width), ...indented(lines ?? []), ...twoColumns(rows ?? [], width)].join("\n")];
  });
  return `${blocks.join("\n\n")}\n`;
}

const indented = (lines: readonly string[]) => lines.map((line) => `  ${line}`);

/** Left and right side by side; a left side that is too long has its right side below. */
function twoColumns(rows: readonly Row[], width: number): string[] {
  const leftWidth = Math.min(30, Math.max(0, ...rows.map(([left]) => left.length)));
  return rows.flatMap(([left, right]) => {
    const lines = wrap(right, Math.max(20, width - leftWidth - 4));
    const beside = left.length <= leftWidth ? (lines.shift() ?? "") : undefined;
    const first = `  ${beside === undefined ? left : `${left.padEnd(leftWidth)}  ${beside}`}`.trimEnd();
    return [first, ...lines.map((line) => `${" ".repeat(leftWidth + 4)}${line}`)];
  });
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
