import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { makeSeededFolder } from "../testing/databases.ts";
import { temporaryFolder } from "../testing/sites.ts";
import { openEmbeddedDatabase } from "./database.ts";

const filler = fileURLToPath(new URL("../testing/fill-database.ts", import.meta.url));
/** Files can then grow to 10 MB: the log of writes cannot go on in a new file of 16 MB, as on a disk that is full. */
const blocks = 20_480;

describe.skipIf(process.platform === "win32")("the embedded database on a full disk", { timeout: 300_000 }, () => {
  it("says so and lets the process end, and has all that was acknowledged once there is space", async () => {
    const data = temporaryFolder();
    cpSync(await makeSeededFolder(), data.folder, { recursive: true });
    const child = spawn(
      "sh",
      [
        "-c",
        `trap '' XFSZ; ulimit -f ${blocks}; exec "$@"`,
        "sh",
        process.execPath,
        "--conditions=source",
        "--import",
        import.meta.resolve("tsx"),
        filler,
        data.folder,
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    let told = "";
    let complaints = "";
    child.stdout.on("data", (text: Buffer) => (told += text.toString()));
    child.stderr.on("data", (text: Buffer) => (complaints += text.toString()));
    const [code] = (await once(child, "exit")) as [number | null];
    expect(complaints).toMatch(/^the embedded database broke down \(.+\); what was acknowledged is kept\./);
    expect(code).toBe(1);
    const acknowledged = told.trim().split("\n");
    expect(acknowledged.length).toBeGreaterThan(10);

    const { db, close } = await openEmbeddedDatabase(data.folder);
    const names = (await db.selectFrom("job").select("name").orderBy("id").execute()).map(({ name }) => name);
    expect(names.slice(0, acknowledged.length)).toEqual(acknowledged);
    await close();
    data.remove();
  });
});
