import { fileURLToPath } from "node:url";
import { resolve } from "node:path";
import { z } from "zod";
import { DailyPapersError } from "./errors.ts";
import type { MailConfig } from "./mail/mail-config.ts";
import { readMailConfig } from "./mail/read-mail-config.ts";
import { parseRanges, type AddressRange } from "./limits/client-address.ts";

const repositoryRoot = fileURLToPath(new URL("../../../", import.meta.url));

/** Of 309 abstracts of the real feed one is rated lower; see docs/decisions/0021. */
const defaultThreshold = -0.3;

/** With PostgreSQL, the work may be shared among processes; with the embedded database one does all. */
type SiteRole = "all" | "web" | "worker";

/** Who may make the server run papers; see `OFFPRINT_RUNS`. */
type RunStarters = "readers" | "everybody" | "nobody";

/** What the site needs to know before it starts. Every value has an environment variable; see `readConfig`. */
export interface Config {
  /** TCP port, 0 lets the system choose one. */
  readonly port: number;
  /** Address to listen on; `localhost` means both loopback addresses and nothing else. */
  readonly host: string;
  /** Folder of everything the site keeps: the embedded database, run folders, the admin's datasets. */
  readonly dataFolder: string;
  /** PostgreSQL to use instead of the embedded database. */
  readonly databaseUrl: string | undefined;
  /** Host names a browser may call us by, beside the loopback names; empty means any name when `host` is public. */
  readonly allowedHosts: readonly string[];
  /** Folder of language models that readers may extend; undefined: `models` in the data folder. */
  readonly modelsFolder: string | undefined;
  /** Path of the `offprint` executable that runs are started with. */
  readonly command: string;
  /** Proxies whose word on a reader's address counts. */
  readonly trustedProxies: readonly AddressRange[];
  /** What a reader of the metrics must show; without one, only this machine reads them. */
  readonly metricsToken: string | undefined;
  /** What this process does: answer readers, work off what waits, or both. */
  readonly role: SiteRole;
  /** Where readers find the site, without a slash at its end; for links in mails and feeds. */
  readonly publicUrl: string | undefined;
  /** How mails leave the house; without a server that takes them they stay in the outbox. */
  readonly mail: MailConfig;
  /** Whether new comments and submissions are rated by the moral direction, and held for review below the threshold. */
  readonly rateTexts: boolean;
  /** Texts that the moral direction rates lower are held. */
  readonly rateThreshold: number;
  /** Whoever signs in with this address becomes admin; in lower case. */
  readonly adminEmail: string | undefined;
  /** Where arXiv's query interface is, without a path. */
  readonly arxivUrl: string;
  /** Where Hugging Face's interface is, without a path. */
  readonly huggingFaceUrl: string;
  /** arXiv's categories whose new papers are brought in too, to be searched and followed; often none. */
  readonly arxivCategories: readonly string[];
  /** Whether papers are brought in regularly by themselves. */
  readonly ingest: boolean;
  /** Who may start runs and let models write: signed-in readers and whoever sits at this machine, everybody, or nobody. */
  readonly runs: RunStarters;
}

/** A setting from the environment that cannot be used. */
export class ConfigError extends DailyPapersError {
  override readonly name = "ConfigError";
  readonly code = "CONFIG_INVALID";
  readonly variable: string;
  constructor(variable: string, wanted: string, came: string) {
    super(`${variable} must be ${wanted}; got ${JSON.stringify(came)}. Change or unset it and start again.`);
    this.variable = variable;
  }
}

const port = z
  .string()
  .regex(/^\d{1,5}$/)
  .transform(Number)
  .pipe(z.int().max(65_535));
const hostName = z.string().regex(/^[A-Za-z0-9.:_-]+$/);
const metricsToken = z.string().regex(/^[\w-]{16,256}$/);
const publicUrl = z.url({ protocol: /^https?$/ });
const sourceUrl = z.url({ protocol: /^https?$/ });
const threshold = z
  .string()
  .regex(/^-?\d{1,2}(\.\d{1,6})?$/)
  .transform(Number);
const categories = z
  .string()
  .transform((text) => text.split(",").map((name) => name.trim()))
  .pipe(z.array(z.string().regex(/^[a-z]+(?:-[a-z]+)*(?:\.[A-Za-z]+(?:-[a-z]+)?)?$/)).max(20));
const onOrOff = z.enum(["on", "off"]);
const emailAddress = z.email().max(254);
const role = z.enum(["all", "web", "worker"]);
const runStarters = z.enum(["readers", "everybody", "nobody"]);
const databaseUrl = z.url({ protocol: /^postgres(?:ql)?$/ });

/**
 * The configuration that the environment asks for.
 *
 * | variable | default | meaning |
 * |---|---|---|
 * | `PORT` | 8787 | port to listen on |
 * | `HOST` | localhost | address to listen on |
 * | `OFFPRINT_DATA` | `data` in the repository | data folder |
 * | `DATABASE_URL` | none | PostgreSQL ≥ 15 instead of the embedded database |
 * | `OFFPRINT_HOSTS` | none | comma-separated host names that browsers may use, e.g. behind a proxy |
 * | `OFFPRINT_MODELS` | `models` in the data folder | folder of the language models that readers may extend |
 * | `OFFPRINT_COMMAND` | the repository's own | path of the `offprint` executable |
 * | `OFFPRINT_TRUST_PROXY` | none | addresses, ranges, `loopback` or `private`: proxies whose X-Forwarded-For counts |
 * | `OFFPRINT_METRICS_TOKEN` | none | token for `/metrics`; without it only this machine reads them |
 * | `OFFPRINT_URL` | none | where readers find the site, e.g. `https://papers.example.org`; links in mails begin with it |
 * | `OFFPRINT_MAIL` | none | server that takes mails, e.g. `smtps://name:password@mail.example.org`; without it they stay in the outbox |
 * | `OFFPRINT_MAIL_FROM` | none | who writes, e.g. `Daily Papers <papers@example.org>`; needed with `OFFPRINT_MAIL` |
 * | `OFFPRINT_MAIL_IMPRINT` | none | line at the end of each issue: who runs the site, with a postal address |
 * | `OFFPRINT_MAIL_BOUNCES` | none | mailbox for what cannot be delivered; each mail's id stands behind a plus |
 * | `OFFPRINT_MAIL_BOUNCE_TOKEN` | none | token of the program that reports bounces to `/mail/bounces`; without it nobody may |
 * | `OFFPRINT_DKIM_KEY`, `_SELECTOR`, `_DOMAIN` | none | private key in PEM with `\n` for line ends, to sign mails here |
 * | `OFFPRINT_RATE_TEXTS` | off | `on`: new comments and submissions are rated, and held for review when rated low |
 * | `OFFPRINT_RATE_THRESHOLD` | −0.3 | where such a text is held; `offprint moral calibrate` finds one for texts of yours |
 * | `OFFPRINT_ADMIN` | none | whoever signs in with this mail address becomes admin |
 * | `OFFPRINT_ARXIV` | https://export.arxiv.org | where arXiv is asked |
 * | `OFFPRINT_ARXIV_CATEGORIES` | none | categories by commas, e.g. `cs.CL,stat.ML`, whose new papers are brought in each night |
 * | `OFFPRINT_HUGGINGFACE` | https://huggingface.co | where Hugging Face is asked for its daily papers |
 * | `OFFPRINT_INGEST` | on | `off`: papers come by submission and import only |
 * | `OFFPRINT_RUNS` | readers | who may start runs: `readers` who signed in and whoever sits at this machine, `everybody`, `nobody` |
 * | `OFFPRINT_ROLE` | all | `web`, `worker` or `all`; with PostgreSQL only |
 *
 * @throws {ConfigError} naming the first variable that cannot be used. The database's address is never repeated: it holds a password.
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  return {
    port: read(env, "PORT", port, "a whole number from 0 to 65535") ?? 8787,
    host: read(env, "HOST", hostName, "a host name or an IP address") ?? "localhost",
    dataFolder: resolve(env["OFFPRINT_DATA"] || resolve(repositoryRoot, "data")),
    databaseUrl: read(
      env,
      "DATABASE_URL",
      databaseUrl,
      "an address like postgres://user:password@host:5432/name",
      true,
    ),
    allowedHosts: (env["OFFPRINT_HOSTS"] ?? "")
      .split(",")
      .map((name) => name.trim().toLowerCase())
      .filter((name) => name !== ""),
    modelsFolder: env["OFFPRINT_MODELS"] ? resolve(env["OFFPRINT_MODELS"]) : undefined,
    command: env["OFFPRINT_COMMAND"]
      ? resolve(env["OFFPRINT_COMMAND"])
      : resolve(repositoryRoot, "apps/offprint/bin/offprint.mjs"),
    trustedProxies: trustedProxies(env),
    metricsToken: read(env, "OFFPRINT_METRICS_TOKEN", metricsToken, "16 to 256 letters, digits, - or _", true),
    role: roleOf(env),
    publicUrl: read(env, "OFFPRINT_URL", publicUrl, "an address like https://papers.example.org")?.replace(/\/+$/, ""),
    mail: readMailConfig(env, (variable, wanted, came) => new ConfigError(variable, wanted, came)),
    rateTexts: read(env, "OFFPRINT_RATE_TEXTS", onOrOff, "on or off") === "on",
    rateThreshold: read(env, "OFFPRINT_RATE_THRESHOLD", threshold, "a number like -0.3") ?? defaultThreshold,
    adminEmail: read(env, "OFFPRINT_ADMIN", emailAddress, "a mail address", true)?.toLowerCase(),
    arxivUrl:
      read(env, "OFFPRINT_ARXIV", sourceUrl, "an address like https://export.arxiv.org") ?? "https://export.arxiv.org",
    huggingFaceUrl:
      read(env, "OFFPRINT_HUGGINGFACE", sourceUrl, "an address like https://huggingface.co") ??
      "https://huggingface.co",
    arxivCategories:
      read(env, "OFFPRINT_ARXIV_CATEGORIES", categories, "at most 20 of arXiv's categories by commas, such as cs.CL") ??
      [],
    ingest: read(env, "OFFPRINT_INGEST", onOrOff, "on or off") !== "off",
    runs: read(env, "OFFPRINT_RUNS", runStarters, "readers, everybody or nobody") ?? "readers",
  };
}

/** Where links in mails lead, without a slash at the end. Never where a request says: anybody can write a Host header. */
export function siteAddress({ publicUrl, port }: Config): string {
  return publicUrl ?? `http://localhost:${port}`;
}

function trustedProxies(env: NodeJS.ProcessEnv): AddressRange[] {
  const text = env["OFFPRINT_TRUST_PROXY"] ?? "";
  const ranges = parseRanges(text);
  if (ranges === undefined) {
    throw new ConfigError("OFFPRINT_TRUST_PROXY", "addresses, ranges like 10.0.0.0/8, loopback or private", text);
  }
  return ranges;
}

function roleOf(env: NodeJS.ProcessEnv): SiteRole {
  const wanted = read(env, "OFFPRINT_ROLE", role, "all, web or worker") ?? "all";
  if (wanted !== "all" && !env["DATABASE_URL"]) {
    throw new ConfigError(
      "OFFPRINT_ROLE",
      "all where DATABASE_URL is not set: the embedded database is one process's",
      wanted,
    );
  }
  return wanted;
}

function read<T>(env: NodeJS.ProcessEnv, name: string, schema: z.ZodType<T>, wanted: string, secret = false) {
  const value = env[name];
  if (value === undefined || value === "") return undefined;
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new ConfigError(name, wanted, secret ? "something else" : value);
  return parsed.data;
}
