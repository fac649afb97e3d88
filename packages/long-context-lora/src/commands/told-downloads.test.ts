import { describe, expect, it } from "vitest";
import { toldDownloads } from "./told-downloads.ts";

describe("toldDownloads", () => {
  it("tells the size first, then each tenth of all files together", () => {
    const lines: string[] = [];
    const stderr = { write: (text: string) => lines.push(text.replaceAll("\u202F", " ")) };
    const { onDownload, onProgress } = toldDownloads({ stderr, signal: new AbortController().signal });
    const files = ["config.json", "model.safetensors"];
    onDownload?.({ id: "me/toy", commit: "0123456789abcdef", files, bytes: 2048 * 1024, folder: "/cache" });
    onProgress?.({ file: "a", bytes: 1024, total: 1024 });
    for (let i = 1; i <= 2047; i++) onProgress?.({ file: "b", bytes: 1024 * i, total: undefined });
    expect(lines[0]).toBe("Downloading me/toy (01234567): 2.0 MiB in 2 files, to /cache\n");
    expect(lines).toHaveLength(1 + 10);
    expect(lines[1]).toMatch(/^205 KiB of 2\.0 MiB after /);
    expect(lines.at(-1)).toMatch(/^2\.0 MiB of 2\.0 MiB after /);
  });
});
