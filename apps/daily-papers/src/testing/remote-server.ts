import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** One answer of a {@link RemoteServer}: it may also break off, wait or lie. */
export type RemoteAnswer = (response: ServerResponse, request: IncomingMessage) => void;

export interface RemoteServer {
  readonly url: string;
  /** Paths with queries that were asked, and when. */
  readonly asked: { readonly path: string; readonly at: number; readonly userAgent: string }[];
  /** Answers to come, in this order; then the usual one. */
  readonly next: RemoteAnswer[];
  readonly close: () => void;
}

/** A server on this machine that answers as a remote one does. */
export async function startRemoteServer(usual: RemoteAnswer): Promise<RemoteServer> {
  const asked: RemoteServer["asked"] = [];
  const next: RemoteAnswer[] = [];
  const server = createServer((request, response) => {
    asked.push({
      path: decodeURIComponent(request.url ?? ""),
      at: performance.now(),
      userAgent: request.headers["user-agent"] ?? "",
    });
    (next.shift() ?? usual)(response, request);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("internal: a server without a port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked,
    next,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** An answer with a body. */
export function answer(body: string, type: string, status = 200, headers: Record<string, string> = {}): RemoteAnswer {
  return (response) => {
    response.writeHead(status, { "content-type": type, ...headers });
    response.end(body);
  };
}
