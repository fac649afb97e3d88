import ipaddr from "ipaddr.js";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPublicAddress } from "./public-address.ts";

/** Addresses of a range: its fixed bits, and any others. */
const within = (range: string) => {
  const [base, bits] = ipaddr.parseCIDR(range);
  const fixed = base.toByteArray();
  return fc.uint8Array({ minLength: fixed.length, maxLength: fixed.length }).map((chance) => {
    const bytes = fixed.map((byte, index) => {
      const left = Math.min(8, Math.max(0, bits - index * 8));
      const mask = 0xff & (0xff << (8 - left));
      return (byte & mask) | ((chance[index] ?? 0) & ~mask & 0xff);
    });
    return ipaddr.fromByteArray(bytes).toString();
  });
};

describe("addresses", () => {
  it.each([
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/128",
    "::1/128",
    "::ffff:0:0/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/32",
    "2001:db8::/32",
    "2002::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
    "::/8",
    "4000::/3",
  ])("of %s are not public", (range) => {
    fc.assert(fc.property(within(range), (address) => !isPublicAddress(address)));
  });

  it.each(["8.8.8.0/24", "151.101.0.0/16", "172.32.0.0/12", "100.128.0.0/9", "2606:4700::/32", "2a00::/12"])(
    "of %s are public",
    (range) => {
      fc.assert(fc.property(within(range), (address) => isPublicAddress(address)));
    },
  );

  it("are taken in one spelling only", () => {
    for (const odd of ["0x7f.1", "2130706433", "127.1", "010.8.8.8", "fe80::1%eth0", "8.8.8.8 ", "", "localhost"]) {
      expect(isPublicAddress(odd), odd).toBe(false);
    }
    fc.assert(fc.property(fc.string(), (text) => typeof isPublicAddress(text) === "boolean"));
  });
});
