import { connect, type Socket } from 'node:net';

/**
 * For a host that is named by its address: Node compares a certificate with the name that the socket was connected to,
 * keeps none of an address, and would take one for "localhost" instead.
 */
export function socketTo({ host, port }: { host: string; port: number }): Socket {
  return Object.assign(connect({ host, port, noDelay: true, keepAlive: true }), { _host: host });
}
