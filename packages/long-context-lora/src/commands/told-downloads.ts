import { formatBytes, formatDuration, printable, type CommandContext } from "@offprint/experiment";
import type { HubOptions } from "@offprint/language-model";

/** The longest silence of a download, milliseconds. */
const silence = 30_000;

/**
 * Options of `loadLanguageModel` by which the download of a hub's model is told on stderr: its size before it begins, then a
 * line for each tenth of the way or half minute. A command's signal ends it.
 */
export function toldDownloads({ stderr, signal }: Pick<CommandContext, "stderr" | "signal">): HubOptions {
  const come = new Map<string, number>();
  let [whole, tenths, begun, told] = [0, 0, 0, 0];
  return {
    signal,
    onDownload({ id, commit, files, bytes, folder }) {
      [whole, tenths, begun, told] = [bytes, 0, Date.now(), Date.now()];
      const many = `${files.length} file${files.length === 1 ? "" : "s"}`;
      stderr.write(
        printable(`Downloading ${id} (${commit.slice(0, 8)}): ${formatBytes(bytes)} in ${many}, to ${folder}`) + "\n",
      );
    },
    onProgress({ file, bytes }) {
      come.set(file, bytes);
      const sum = [...come.values()].reduce((total, one) => total + one, 0);
      const tenth = Math.floor((10 * sum) / Math.max(1, whole));
      const now = Date.now();
      if (tenth <= tenths && now - told < silence) return;
      [tenths, told] = [tenth, now];
      stderr.write(`${formatBytes(sum)} of ${formatBytes(whole)} after ${formatDuration((now - begun) / 1000)}\n`);
    },
  };
}
