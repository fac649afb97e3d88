import { describe, expect, it } from "vitest";
import { lockFolder } from "../database/folder-lock.ts";
import { temporaryFolder } from "../testing/sites.ts";
import { openPapers, ServerHasDatabaseError } from "./open-papers.ts";

describe("a command while a server has the embedded database", () => {
  it("says which process to stop, and how it would work without", async () => {
    const data = temporaryFolder();
    const server = await lockFolder(data.folder, () => undefined);
    const refused = openPapers({ OFFPRINT_DATA: data.folder }, () => undefined);
    await expect(refused).rejects.toThrow(ServerHasDatabaseError);
    for (const words of [`kill ${process.pid}`, data.folder, "/admin", "DATABASE_URL"]) {
      await expect(refused).rejects.toThrow(words);
    }
    server.release();
    data.remove();
  });
});
