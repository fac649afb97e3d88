import type { IncomingMessage, ServerResponse } from "node:http";

/** The requests under way, so that a server that stops can let them end. */
export class Traffic {
  readonly #under = new Set<ServerResponse>();
  readonly #waiting = new Set<() => void>();
  #draining = false;

  /** Whether the server is about to stop; a balancer in front of it should send readers elsewhere. */
  get isDraining(): boolean {
    return this.#draining;
  }

  /** To be told of each request. News of runs go on for as long as the reader watches: nobody waits for their end. */
  add(request: IncomingMessage, response: ServerResponse): void {
    if (this.#draining) response.setHeader("Connection", "close");
    if (request.headers.accept?.includes("text/event-stream") === true) return;
    this.#under.add(response);
    response.once("close", () => {
      this.#under.delete(response);
      if (this.#under.size === 0) for (const done of this.#waiting) done();
    });
  }

  /** Says that the server is about to stop, and waits for the requests under way, for so long at most. */
  async drain(mostMs: number): Promise<void> {
    this.#draining = true;
    if (this.#under.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, mostMs);
      this.#waiting.add(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
