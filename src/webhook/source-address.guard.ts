import { type CanActivate, type ExecutionContext, Injectable, NotFoundException } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { canonicalAddress } from '../door/client-address.js';
import { Gateways } from '../gateway/gateways.js';

/**
 * Lets only the listed addresses of a gateway in, where a list is set. Off by default: iamport changed its addresses once
 * without a word, and a webhook that is refused is found by recovery later than one that is taken. The address is the one
 * that Fastify derives from TRUSTED_PROXIES, so nobody can write another one into a header.
 */
@Injectable()
export class SourceAddressGuard implements CanActivate {
  private readonly listed: ReadonlyMap<string, ReadonlySet<string> | undefined>;

  constructor({ all }: Gateways) {
    this.listed = new Map(
      all.map(({ name, noticeAddresses }) => [
        name,
        // By value: an address has several spellings.
        noticeAddresses && new Set(noticeAddresses.map((text) => canonicalAddress(text) ?? text)),
      ]),
    );
  }

  /** @throws {NotFoundException} for a gateway that there is none of, as for any other address that is nobody's. */
  canActivate(context: ExecutionContext): boolean {
    const { ip, params, method, url } = context.switchToHttp().getRequest<FastifyRequest>();
    const { gateway } = params as { gateway: string };
    if (!this.listed.has(gateway)) throw new NotFoundException(`Cannot ${method} ${url}`);
    const listed = this.listed.get(gateway);
    if (!listed) return true;
    const address = canonicalAddress(ip);
    return address !== undefined && listed.has(address);
  }
}
