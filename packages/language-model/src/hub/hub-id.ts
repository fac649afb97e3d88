/** A model's name on the hub. */
export interface HubId {
  /** "owner/name" */
  readonly name: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
}

/** "owner/name" or "owner/name@revision" in its parts; `undefined` for anything else, such as most paths. */
export function parseHubId(text: string): HubId | undefined {
  const part = "[A-Za-z0-9][A-Za-z0-9._-]*";
  const match = new RegExp(`^(${part}/${part})(?:@(${part}(?:/${part})*))?$`).exec(text);
  if (!match?.[1] || match[0].includes("..")) return undefined;
  return { name: match[1], revision: match[2] ?? "main" };
}
