// Adds jobs until the embedded database breaks down for want of space, telling each that was acknowledged, and ends as a
// server does. Arguments: data folder.
import { openEmbeddedDatabase } from "../database/database.ts";
import { enqueueJob } from "../jobs/jobs.ts";

const { db } = await openEmbeddedDatabase(process.argv[2] ?? "", (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
for (let number = 1; ; number += 1) {
  const name = `job ${number}`;
  await enqueueJob(db, { name, payload: { text: Array.from({ length: 2_000 }, () => Math.random()) } });
  process.stdout.write(`${name}\n`);
}
