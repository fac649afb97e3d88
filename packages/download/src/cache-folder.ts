import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Where downloads are kept: `OFFPRINT_CACHE`, or else the platform's folder for caches (`~/.cache/offprint` or under
 * `XDG_CACHE_HOME`, `~/Library/Caches/offprint`, `%LOCALAPPDATA%\offprint\cache`).
 */
export function defaultCacheFolder(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: string = process.platform,
): string {
  if (env["OFFPRINT_CACHE"]) return env["OFFPRINT_CACHE"];
  if (platform === "darwin") return join(homedir(), "Library", "Caches", "offprint");
  if (platform === "win32")
    return join(env["LOCALAPPDATA"] ?? join(homedir(), "AppData", "Local"), "offprint", "cache");
  return join(env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "offprint");
}
