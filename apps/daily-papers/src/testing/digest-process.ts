// A process that writes the issues that are due, sends them and ends; tests kill it in the midst.
// Arguments: data folder, port of the mail server, the present time.
import { openEmbeddedDatabase } from "../database/database.ts";
import { sendDueIssues } from "../digest/send-issues.ts";
import { MailSender } from "../mail/mail.sender.ts";
import { countMails } from "../mail/mail.queries.ts";
import { testConfig, testMail } from "./sites.ts";

const [folder = "", port = "", time = ""] = process.argv.slice(2);
const onError = (error: unknown) => process.stderr.write(`${String(error)}\n`);
const { db, close } = await openEmbeddedDatabase(folder);
const smtp = { host: "127.0.0.1", port: Number(port), secure: false, requireTls: false, auth: undefined };
// A dead sender's mails are unsure after a second here, so that the test need not wait.
const sender = new MailSender({ db, config: { ...testMail, smtp }, onError, leaseMs: 1_000, pollMs: 100 });
process.stdout.write("writing\n");
await sendDueIssues({
  db,
  config: testConfig(folder),
  now: () => new Date(time),
  signal: new AbortController().signal,
  onError,
});
process.stdout.write("sending\n");
sender.start();
for (;;) {
  const { waiting, sending } = await countMails(db);
  if (waiting + sending === 0) break;
  await new Promise((done) => setTimeout(done, 50));
}
await sender.stop();
await close();
process.stdout.write("done\n");
