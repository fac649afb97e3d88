// A process that brings in Hugging Face's days by its job and ends; tests kill it in the midst.
// Arguments: data folder or address of a PostgreSQL database, address of the source, the present time.
import { openEmbeddedDatabase, usePostgres } from "../database/database.ts";
import { JobWorker } from "../jobs/job.worker.ts";
import { sourceHandlers } from "../sources/ingest.ts";

const [where = "", base = "", time = ""] = process.argv.slice(2);
const { db, close } = where.startsWith("postgres") ? usePostgres(where) : await openEmbeddedDatabase(where);
const remote = { base, userAgent: "Offprint", intervalMs: 1, patienceMs: 1, timeoutMs: 10_000 };
const worker = new JobWorker({
  db,
  handlers: sourceHandlers({ arxiv: remote, huggingFace: remote, now: () => new Date(time) }),
  onError: (error) => process.stderr.write(`${String(error)}\n`),
  // A dead worker's job is taken up after five seconds here, so that the test need not wait.
  leaseMs: 5_000,
  pollMs: 100,
});
worker.start();
for (;;) {
  const open = await db.selectFrom("job").select("id").where("finished_at", "is", null).executeTakeFirst();
  if (open === undefined) break;
  await new Promise((done) => setTimeout(done, 50));
}
await worker.stop();
await close();
process.stdout.write("done\n");
