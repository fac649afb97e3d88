import type { Config } from "./config.ts";

/**
 * Whether the Host header names this site. A site for its own machine answers to loopback names only: otherwise any page
 * on the web could reach it through a name of its own that points to 127.0.0.1. A site that listens publicly answers to
 * any name, until `OFFPRINT_HOSTS` lists the right ones.
 */
export function isKnownHost(header: string | undefined, { host, allowedHosts }: Config): boolean {
  const name = hostName(header ?? "");
  if (name === undefined) return false;
  if (isLoopbackName(name) || name === host.toLowerCase() || allowedHosts.includes(name)) return true;
  return allowedHosts.length === 0 && !isLoopbackName(host);
}

/** Whether the Host header is a name that a machine has for itself. */
export function isLoopbackHost(header: string | undefined): boolean {
  const name = hostName(header ?? "");
  return name !== undefined && isLoopbackName(name);
}

export function isLoopbackName(name: string): boolean {
  return name === "localhost" || name === "::1" || /^127(?:\.\d{1,3}){3}$/.test(name);
}

/** The name in a Host header, without port and brackets. */
function hostName(header: string): string | undefined {
  const match = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::\d+)?$/i.exec(header);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}
