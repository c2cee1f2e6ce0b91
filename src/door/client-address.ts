import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import type { ViewersRequest } from './viewer.js';

/** Some proxies (Azure's, IIS') write the port of the connection behind the address, and IPv6 in brackets. */
const IPV6_IN_BRACKETS = /^\[([^\]]+)\](?::\d{1,5})?$/;
const IPV4_WITH_PORT = /^([\d.]+):\d{1,5}$/;
const ZONE_OF_IPV6 = /%.*$/;
const IPV4_IN_IPV6 = /^::ffff:([\d.]+)$/;
const IPV6_GROUPS = 8;
/** What one subscriber gets as a rule, and can take any address of. */
const IPV6_NETWORK_GROUPS = 4;
/** All callers whose proxy writes no address together are one caller: they are nobody else. */
const UNREADABLE = 'unreadable';

/** The one form of an address in which it is compared and counted, without a port; undefined for what is no address. */
export function canonicalAddress(text: string): string | undefined {
  const written = text.trim();
  const host = (IPV6_IN_BRACKETS.exec(written) ?? IPV4_WITH_PORT.exec(written))?.[1] ?? written;
  if (isIPv4(host)) return host;
  if (!isIPv6(host)) return undefined;
  const { address } = new SocketAddress({ address: host.replace(ZONE_OF_IPV6, ''), family: 'ipv6' });
  return IPV4_IN_IPV6.exec(address)?.[1] ?? address;
}

/** Who is counted as one caller: an IPv4 address, or the /64 of an IPv6 address. */
export function callerToCount({ ip }: Pick<ViewersRequest, 'ip'>): string {
  const address = canonicalAddress(ip ?? '');
  if (address === undefined) return UNREADABLE;
  return isIPv4(address) ? address : `${networkOf(address)}::/64`;
}

function networkOf(ipv6: string): string {
  const [head = [], tail = []] = ipv6.split('::').map((part) => part.split(':').filter(Boolean));
  const zeros = Array.from({ length: IPV6_GROUPS - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail].slice(0, IPV6_NETWORK_GROUPS).join(':');
}
