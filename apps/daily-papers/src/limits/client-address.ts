import type { Context } from "hono";
import ipaddr from "ipaddr.js";
import type { AppEnv } from "../app-env.ts";

/** What the Node server tells of a request beside the request itself; nothing where a test asks without a port. */
export interface NodeBindings {
  readonly incoming?: { readonly socket: { readonly remoteAddress?: string | undefined } };
}

/** An address range: its first address and the length of its prefix in bits. */
export type AddressRange = ReturnType<typeof ipaddr.parseCIDR>;

const names: Readonly<Record<string, readonly string[]>> = {
  loopback: ["127.0.0.0/8", "::1/128"],
  private: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
};

/**
 * The ranges that a text like `loopback, 10.0.0.0/8, 2001:db8::5` names.
 * @returns undefined when a part is neither an address, a range, nor one of the names `loopback` and `private`.
 */
export function parseRanges(text: string): AddressRange[] | undefined {
  const parts = text
    .split(",")
    .map((part) => part.trim().toLowerCase())
    .filter((part) => part !== "")
    .flatMap((part) => names[part] ?? [part]);
  const ranges: AddressRange[] = [];
  for (const part of parts) {
    if (ipaddr.isValidCIDR(part)) ranges.push(ipaddr.parseCIDR(part));
    else if (part.includes(":") ? ipaddr.IPv6.isValid(part) : ipaddr.IPv4.isValidFourPartDecimal(part)) {
      const address = ipaddr.parse(part);
      ranges.push([address, address.kind() === "ipv4" ? 32 : 128]);
    } else return undefined;
  }
  return ranges;
}

/**
 * The address that a request came from. `X-Forwarded-For` counts only as far as it was written by proxies that
 * `OFFPRINT_TRUST_PROXY` names: anybody can send the header, so it is read from its end, and the first address that is
 * not a trusted proxy's is the reader's.
 * @returns `local` for a request that came through no socket.
 */
export function clientAddress(c: Context<AppEnv>): string {
  const bindings: NodeBindings | undefined = c.env;
  const peer = bindings?.incoming?.socket.remoteAddress;
  return peer === undefined
    ? "local"
    : readerBehind(peer, c.req.header("x-forwarded-for"), c.var.config.trustedProxies);
}

/** Whether who spoke to us is a proxy that `OFFPRINT_TRUST_PROXY` names. */
export function isTrustedPeer(c: Context<AppEnv>): boolean {
  const bindings: NodeBindings | undefined = c.env;
  const peer = bindings?.incoming?.socket.remoteAddress;
  return peer !== undefined && isWithin(peer, c.var.config.trustedProxies);
}

/** The reader's address, given who spoke to us and what that one says of those before it. */
export function readerBehind(peer: string, forwarded: string | undefined, trusted: readonly AddressRange[]): string {
  let reader = plainAddress(peer) ?? peer;
  const before = forwarded?.split(",").map((part) => plainAddress(part.trim())) ?? [];
  while (isWithin(reader, trusted)) {
    const next = before.pop();
    if (next === undefined) break;
    reader = next;
  }
  return reader;
}

/**
 * What an address is counted under: itself, or the network of 64 bits for IPv6, of which each reader has a whole one.
 */
export function addressKey(address: string): string {
  if (!address.includes(":") || !ipaddr.IPv6.isValid(address)) return address;
  const parts = ipaddr.IPv6.parse(address).parts.slice(0, 4);
  return `${parts.map((part) => part.toString(16)).join(":")}::/64`;
}

/** Whether a request came from this machine itself, through no proxy. */
export function isFromHere(c: Context<AppEnv>): boolean {
  const address = clientAddress(c);
  return c.req.header("x-forwarded-for") === undefined && (address === "local" || isWithin(address, loopback));
}

const loopback = parseRanges("loopback") ?? [];

function isWithin(address: string, ranges: readonly AddressRange[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return ranges.some(([first, bits]) => first.kind() === parsed.kind() && parsed.match(first, bits));
}

/** An address without port, brackets and zone; an IPv4 address that is written as IPv6 as itself; undefined for others. */
function plainAddress(text: string): string | undefined {
  const match = /^\[([^\]]+)\](?::\d+)?$|^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text);
  const bare = (match?.[1] ?? match?.[2] ?? text).replace(/%.*$/, "");
  const isWhole = bare.includes(":") ? ipaddr.IPv6.isValid(bare) : ipaddr.IPv4.isValidFourPartDecimal(bare);
  return isWhole ? ipaddr.process(bare).toString() : undefined;
}
