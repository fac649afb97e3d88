import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { Config } from "./config.ts";
import { DailyPapersError, errorCode } from "./errors.ts";
import type { NodeBindings } from "./limits/client-address.ts";
import { isLoopbackName } from "./known-host.ts";
import type { Traffic } from "./operations/traffic.ts";
import { openSite, type Site, type SiteOptions } from "./site.ts";

/** How long requests under way may take to end when the server stops. */
const mostDrainMs = 10_000;

/** The port cannot be listened on. */
export class PortError extends DailyPapersError {
  override readonly name = "PortError";
  readonly code: "PORT_TAKEN" | "PORT_REFUSED";
  readonly port: number;
  constructor({ port, host }: Config, cause: unknown) {
    const taken = errorCode(cause) === "EADDRINUSE";
    super(
      taken
        ? `port ${port} on ${host} is taken by another program; stop it, or choose another port with PORT`
        : `port ${port} on ${host} cannot be listened on (${errorCode(cause)}); choose others with PORT and HOST`,
      { cause },
    );
    this.code = taken ? "PORT_TAKEN" : "PORT_REFUSED";
    this.port = port;
  }
}

export interface RunningServer {
  /** Where a browser finds the site. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

/**
 * Starts the site and listens. The port is taken first, so that a taken one is known before anything is opened; requests
 * that come while the database opens wait for it.
 * @throws {PortError} and whatever `openSite` throws.
 */
export async function startServer(options: SiteOptions): Promise<RunningServer> {
  const { config } = options;
  let opening: Promise<Site> | undefined;
  let traffic: Traffic | undefined;
  const servers = await listen(
    config,
    (request, response) => traffic?.add(request, response),
    async (request, bindings) => (await (opening ??= openSite(options))).fetch(request, bindings),
  );
  try {
    const site = await (opening ??= openSite(options));
    traffic = site.traffic;
    return {
      url: `http://${nameInUrl(config.host)}:${portOf(servers[0])}`,
      async close() {
        for (const server of servers) server.close();
        await site.traffic.drain(mostDrainMs);
        await site.close();
        for (const server of servers) server.closeAllConnections();
      },
    };
  } catch (error) {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
    throw error;
  }
}

/** One server per address; `localhost` is two, because browsers try IPv6 first and some machines have only IPv4. */
async function listen(
  config: Config,
  onRequest: (request: IncomingMessage, response: ServerResponse) => void,
  fetch: (request: Request, bindings: NodeBindings) => Promise<Response>,
): Promise<Server[]> {
  const servers: Server[] = [];
  let port = config.port;
  for (const address of config.host === "localhost" ? ["127.0.0.1", "::1"] : [config.host]) {
    const listener = getRequestListener(fetch);
    const server = createServer((request, response) => {
      onRequest(request, response);
      void listener(request, response);
    });
    server.requestTimeout = 30_000;
    try {
      server.listen(port, address);
      await once(server, "listening");
    } catch (error) {
      if (servers.length > 0 && noSuchAddress.has(errorCode(error) ?? "")) continue;
      for (const other of servers) other.close();
      throw new PortError(config, error);
    }
    servers.push(server);
    port = portOf(server);
  }
  return servers;
}

/** What the system says of an address family that it does not have. */
const noSuchAddress = new Set(["EADDRNOTAVAIL", "EAFNOSUPPORT"]);

function portOf(server: Server | undefined): number {
  const address = server?.address();
  if (typeof address !== "object" || address === null) throw new Error("internal: a server without a port");
  return address.port;
}

/** The name to print: what listens everywhere is reached by the machine's own name for itself. */
function nameInUrl(host: string): string {
  if (isLoopbackName(host) || host === "0.0.0.0" || host === "::") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}
