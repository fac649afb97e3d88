import type { FormValues } from "../implementation.ts";

/** The kinds of attention by the names of the command line, the default first. A test compares them with the package's. */
export const attentionNames = ["s2", "paper-wrap", "short", "full"] as const;
export type AttentionName = (typeof attentionNames)[number];

export const attentionTitles: Readonly<Record<AttentionName, string>> = {
  s2: "shifted sparse",
  "paper-wrap": "shifted sparse, wrapped",
  short: "short, not shifted",
  full: "full",
};

/** What is drawn: attention of one kind over so many tokens in groups of so many. */
export interface MaskChoice {
  readonly attention: AttentionName;
  readonly length: number;
  readonly group: number;
}

export const lengths = [16, 24, 32] as const;
export const groups = [4, 8, 16] as const;

/** The names of the choices in an address; apart from those of the form that starts runs. */
const names = { attention: "mask", length: "mask-tokens", group: "mask-group" } as const;

/** What an address asks to be drawn; what it asks in vain is as in an untouched page. */
export function readMaskChoice(query: FormValues): MaskChoice {
  const attention = attentionNames.find((name) => name === query[names.attention]) ?? "s2";
  const length = lengths.find((tokens) => String(tokens) === query[names.length]) ?? lengths[0];
  const group = groups.find((tokens) => String(tokens) === query[names.group]) ?? groups[0];
  return { attention, length, group };
}

/** The address of another choice; what else this address holds is kept. */
export function maskAddress(query: FormValues, choice: MaskChoice): string {
  const chosen = Object.entries(names).map(([key, name]) => [name, String(choice[key as keyof MaskChoice])]);
  return `?${new URLSearchParams({ ...query, ...Object.fromEntries(chosen) })}#how`;
}
