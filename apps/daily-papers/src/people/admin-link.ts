import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Keeps the admin's link to sign in as a file of the data folder that only the server's user can read. For a site that
 * sends no mail: otherwise its outbox could only be read by who is signed in already.
 */
export async function keepAdminLink(dataFolder: string, href: string): Promise<void> {
  const path = join(dataFolder, "sign-in-link.txt");
  await writeFile(path, `${href}\n`, { mode: 0o600 });
  await chmod(path, 0o600);
}
