import type { Checksum } from "@offprint/download";
import { z } from "zod";
import { HubError } from "./errors.ts";
import type { HubId } from "./hub-id.ts";

/** One file of a model on the hub. */
export interface HubFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly checksum: Checksum;
}

/** A model's files at one commit. */
export interface HubListing {
  readonly commit: string;
  readonly files: ReadonlyMap<string, HubFile>;
}

/** Where models come from, and who asks. */
export interface HubAccess {
  /** Address without a slash at its end. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
}

const hexadecimal = (length: number) => z.string().regex(new RegExp(`^[0-9a-f]{${length}}$`));
const answer = z.object({
  sha: hexadecimal(40),
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: z.int().min(0).optional(),
      blobId: hexadecimal(40).optional(),
      lfs: z.object({ sha256: hexadecimal(64), size: z.int().min(0) }).nullish(),
    }),
  ),
});

/**
 * Asks the hub which files a model has, with sizes and checksums.
 * @returns `undefined` when the hub cannot be reached.
 * @throws {HubError} when it can, and says no or something strange.
 */
export async function listHubFiles(
  { name, revision }: HubId,
  { endpoint, headers }: HubAccess,
  signal: AbortSignal | undefined,
): Promise<HubListing | undefined> {
  const address = `${endpoint}/api/models/${name}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const limit = AbortSignal.timeout(30_000);
  const response = await fetch(address, {
    headers,
    signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
  }).catch(() => undefined);
  signal?.throwIfAborted();
  if (!response || response.status >= 500) {
    await response?.body?.cancel();
    return undefined;
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw new HubError(name, refusal(response.status, name, revision, endpoint));
  }
  const parsed = answer.safeParse(await response.json().catch(() => undefined));
  if (!parsed.success) {
    throw new HubError(
      name,
      `${endpoint} did not answer as the hub does; is HF_ENDPOINT right, and no sign-in page between?`,
    );
  }
  const files = parsed.data.siblings.flatMap(({ rfilename, size, blobId, lfs }): [string, HubFile][] => {
    const known = lfs ? { size: lfs.size, checksum: `sha256:${lfs.sha256}` as const } : undefined;
    const small = size === undefined || blobId === undefined ? undefined : { size, checksum: `git:${blobId}` as const };
    const file = known ?? small;
    return file ? [[rfilename, { name: rfilename, ...file }]] : [];
  });
  return { commit: parsed.data.sha, files: new Map(files) };
}

function refusal(status: number, name: string, revision: string, endpoint: string): string {
  if (status === 401 || status === 403) {
    return (
      `${endpoint} gives it only to those who may (HTTP ${status}), or there is no such model; where its page asks for it, ` +
      `accept the terms at ${endpoint}/${name}, then set HF_TOKEN to a token of yours that may read it`
    );
  }
  if (status === 404) return `${endpoint} has no such model, or no revision "${revision}" of it; check the spelling`;
  return `${endpoint} answered HTTP ${status}; try again later`;
}
