import ipaddr from "ipaddr.js";

/** All that is routed over IPv6 today; what lies outside is private, special or not yet given to anybody. */
const globalUnicast: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse("2000::"), 3];

/**
 * Whether an IP address belongs to the open internet. Private, loopback, link-local, shared (CGNAT), multicast and
 * reserved ranges do not, nor do IPv6 forms that carry an IPv4 address inside (mapped, NAT64, 6to4, Teredo).
 */
export function isPublicAddress(text: string): boolean {
  // Zones name an interface of this machine; other spellings than the usual four numbers only hide an address.
  if (text.includes("%") || !(ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text))) return false;
  const address = ipaddr.parse(text);
  if (address.range() !== "unicast") return false;
  return address instanceof ipaddr.IPv4 || address.match(globalUnicast);
}
