/** Whether an address belongs to somebody on the internet, as against this machine, this network, or nobody. */
import { BlockList, isIP } from "node:net";

const NOT_PUBLIC_V4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10], // carriers' own
  ["127.0.0.0", 8],
  ["169.254.0.0", 16], // link-local; clouds hand out credentials there
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3], // multicast, and what is reserved
];

/** Only this part of IPv6 is handed out. */
const PUBLIC_V6: readonly [string, number] = ["2000::", 3];

/** What in it is no host's own address, or holds an IPv4 address that could be any. */
const NOT_PUBLIC_V6: readonly (readonly [string, number])[] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
];

function listOf(
  family: "ipv4" | "ipv6",
  nets: readonly (readonly [string, number])[],
): BlockList {
  const list = new BlockList();
  for (const [net, bits] of nets) list.addSubnet(net, bits, family);
  return list;
}

const notPublicV4 = listOf("ipv4", NOT_PUBLIC_V4);
const publicV6 = listOf("ipv6", [PUBLIC_V6]);
const notPublicV6 = listOf("ipv6", NOT_PUBLIC_V6);

/** Whether `address`, an IPv4 or IPv6 address without brackets, is a public one. What is no address is none. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !notPublicV4.check(address, "ipv4");
  // IPv4 in the clothes of IPv6 is outside the public part, whatever it holds.
  return family === 6 && !address.includes("%") &&
    !address.toLowerCase().includes("::ffff:") &&
    publicV6.check(address, "ipv6") && !notPublicV6.check(address, "ipv6");
}
