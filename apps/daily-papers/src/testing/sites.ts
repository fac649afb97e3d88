import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "../config.ts";
import type { MailConfig } from "../mail/mail-config.ts";
import type { SiteOptions } from "../site.ts";
import { loadFakeModel } from "./fake-model.ts";
import { fakeGuidedWriter } from "./fake-guided-writer.ts";
import { fakeWriter } from "./fake-writer.ts";

/** Stands in for the command `offprint`; see the file for what its seeds do. */
export const fakeCommand = fileURLToPath(new URL("fake-offprint.mjs", import.meta.url));

export interface TemporaryFolder {
  readonly folder: string;
  readonly remove: () => void;
}

/** A new empty folder for a site's data. */
export function temporaryFolder(): TemporaryFolder {
  const folder = mkdtempSync(join(tmpdir(), "offprint-daily-papers-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }) };
}

/** Mails stay in the outbox. */
export const testMail: MailConfig = {
  smtp: undefined,
  from: { name: "Daily Papers", address: "papers@example.org" },
  dkim: undefined,
  bouncesTo: undefined,
  bounceToken: undefined,
  imprint: undefined,
};

/** A site of its own on a port that the system chooses. */
export function testConfig(dataFolder: string): Config {
  return {
    port: 0,
    host: "localhost",
    dataFolder,
    databaseUrl: undefined,
    allowedHosts: [],
    modelsFolder: undefined,
    command: fakeCommand,
    trustedProxies: [],
    metricsToken: undefined,
    role: "all",
    publicUrl: undefined,
    mail: testMail,
    rateTexts: false,
    rateThreshold: -0.3,
    adminEmail: undefined,
    arxivUrl: "http://localhost:9",
    huggingFaceUrl: "http://localhost:9",
    arxivCategories: [],
    ingest: false,
    runs: "readers",
  };
}

/** A whole site with the stand-ins for command and model; what goes wrong in it is added to `errors`. */
export function testSite(dataFolder: string, errors: unknown[]): SiteOptions {
  return {
    config: testConfig(dataFolder),
    onError: (error) => errors.push(error),
    onLost: () => errors.push(new Error("the data folder was lost")),
    loadModel: loadFakeModel,
    write: fakeWriter,
    writeGuided: fakeGuidedWriter,
    graceMs: 5_000,
  };
}
