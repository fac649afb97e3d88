import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openEmbeddedDatabase } from "../database/database.ts";
import { newId } from "../secrets.ts";
import { makeSeededFolder } from "../testing/databases.ts";
import { temporaryFolder } from "../testing/sites.ts";
import { TestSmtp } from "../testing/smtp.ts";

const digestProcess = fileURLToPath(new URL("../testing/digest-process.ts", import.meta.url));
const readers = 200;
/** The seeded day of papers is closed then. */
const now = "2024-12-11T08:00:00Z";

describe("a digest whose server is killed", { timeout: 600_000 }, () => {
  const data = temporaryFolder();
  let smtp: TestSmtp;
  beforeAll(async () => {
    smtp = await TestSmtp.start({ delayMs: 5 });
    cpSync(await makeSeededFolder(), data.folder, { recursive: true });
    const { db, close } = await openEmbeddedDatabase(data.folder);
    await db
      .insertInto("subscriber")
      .values(
        Array.from({ length: readers }, (_, index) => ({
          id: newId(),
          email: `reader${index}@example.org`,
          state: "confirmed" as const,
          frequency: "daily" as const,
          created_at: new Date("2024-12-01T00:00:00Z"),
          next_issue_at: new Date("2024-12-11T07:00:00Z"),
        })),
      )
      .execute();
    await close();
  }, 600_000);
  afterAll(async () => {
    await smtp.stop();
    data.remove();
  });

  /** Runs until `isOver`, then kills without a word; without it, to the end. */
  const run = async (isOver?: (said: string) => boolean) => {
    const child = spawn(
      process.execPath,
      [
        "--conditions=source",
        "--import",
        import.meta.resolve("tsx"),
        digestProcess,
        data.folder,
        String(smtp.port),
        now,
      ],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    let said = "";
    let complaints = "";
    child.stdout.on("data", (text: Buffer) => (said += text.toString()));
    child.stderr.on("data", (text: Buffer) => (complaints += text.toString()));
    const watch = setInterval(() => isOver?.(said) === true && child.kill("SIGKILL"), 2);
    await once(child, "exit");
    clearInterval(watch);
    return { said, complaints };
  };

  it("reaches each reader once, or is unsure, and never twice", async () => {
    let since = 0;
    await run((said) => said.includes("writing") && (since ||= Date.now()) < Date.now() - 300);
    for (const arrived of [40, 130]) await run(() => smtp.arrived.length >= arrived);
    const { said, complaints } = await run();
    expect(complaints).toBe("");
    expect(said).toContain("done");

    const { db, close } = await openEmbeddedDatabase(data.folder);
    const mails = await db.selectFrom("mail").select(["recipient", "state"]).execute();
    await close();
    expect(new Set(mails.map(({ recipient }) => recipient)).size).toBe(readers);
    expect(mails).toHaveLength(readers);
    const arrived = smtp.arrived.map(({ to }) => to);
    expect(new Set(arrived).size).toBe(arrived.length);
    const sent = mails.filter(({ state }) => state === "sent").map(({ recipient }) => recipient);
    const unsure = mails.filter(({ state }) => state === "unsure").map(({ recipient }) => recipient);
    expect(sent.length + unsure.length).toBe(readers);
    // What counts as sent has arrived; what arrived is sent or unsure. A kill leaves at most one unsure a connection.
    expect(sent.filter((recipient) => !arrived.includes(recipient))).toEqual([]);
    expect(unsure.length).toBeLessThanOrEqual(3 * 4);
  });
});
