import type { Services } from "../app-env.ts";
import { createApp } from "../app.tsx";
import type { Config } from "../config.ts";
import type { OpenDatabase } from "../database/database.ts";
import { seed } from "../database/seed.ts";
import { memoryWindows } from "../limits/windows.ts";
import { Implementations } from "../runs/implementations.ts";
import { knowledgeGraphEmbeddings } from "../runs/knowledge-graph/implementation.tsx";
import { longContextLora } from "../runs/long-context/implementation.tsx";
import { moralDirection } from "../runs/moral-direction/implementation.tsx";
import { RunStreams } from "../runs/run.stream.tsx";
import { RunWorker } from "../runs/run.worker.ts";
import { openMigratedPglite } from "./databases.ts";
import { loadFakeModel } from "./fake-model.ts";
import { fakeGuidedWriter } from "./fake-guided-writer.ts";
import { fakeWriter } from "./fake-writer.ts";
import { temporaryFolder, testConfig } from "./sites.ts";

export const origin = "http://localhost:8787";

/** A paper whose every field tries to be markup. */
const hostile = {
  id: "2501.00001",
  title: String.raw`<script>alert(1)</script> on $\mathcal{O}(n^2)$ & "quotes"`,
  abstract: String.raw`Costs $5 to $10. <img src=x onerror=alert(1)> $\href{javascript:alert(1)}{x}$ $\undefined{$ ${"$"}x^2$`,
  authors: JSON.stringify(["Zo\u00EB <b>Bold</b>", "B", "C", "D", "E"]),
  published_on: "2025-01-01",
  code_url: null,
  implementation: null,
};

/** The answers of a whole site without a port: seeded, with a hostile paper, and a queue that nobody works off. */
export class TestApp {
  readonly database: OpenDatabase;
  readonly errors: unknown[] = [];
  readonly #data = temporaryFolder();

  private constructor(database: OpenDatabase) {
    this.database = database;
  }

  static async open(): Promise<TestApp> {
    const database = await openMigratedPglite();
    await seed(database.db);
    await database.db.insertInto("paper").values(hostile).execute();
    return new TestApp(database);
  }

  get dataFolder(): string {
    return this.#data.folder;
  }

  async close(): Promise<void> {
    await this.database.close();
    this.#data.remove();
  }

  /** The app under another config, over another database, or with other services. */
  with(changes: Partial<Config> = {}, { db } = this.database, others: Partial<Services> = {}) {
    const config = { ...testConfig(this.#data.folder), ...changes };
    const onError = (error: unknown) => void this.errors.push(error);
    const implementations = new Implementations([
      knowledgeGraphEmbeddings(loadFakeModel),
      longContextLora({ write: fakeWriter }),
      moralDirection({ write: fakeGuidedWriter }),
    ]);
    const { dataFolder, command } = config;
    const worker = new RunWorker({ db, dataFolder, command, wordsOf: () => [], onError });
    void worker.stop();
    const streams = new RunStreams(db, worker, implementations, 1);
    const services = { db, config, implementations, worker, streams, windows: memoryWindows(), ...others };
    return createApp({ services, onError });
  }

  get(path: string, headers: Record<string, string> = {}) {
    return this.with().request(`${origin}${path}`, { headers: { host: "localhost:8787", ...headers } });
  }

  async text(path: string): Promise<string> {
    return (await this.get(path)).text();
  }

  post(path: string, form: Record<string, string>, headers: Record<string, string> = {}) {
    return this.with().request(`${origin}${path}`, {
      method: "POST",
      body: new URLSearchParams(form),
      headers: { host: "localhost:8787", origin, ...headers },
    });
  }
}
