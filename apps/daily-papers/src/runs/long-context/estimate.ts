import type { Settings } from "./settings.ts";
import type { SourceFolders } from "./sources.ts";

/** Time and memory that a run will take on this machine, in a sentence. */
export async function estimateRun(_settings: Settings, _folders: SourceFolders): Promise<string> {
  return "";
}
