import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { SETTINGS, type Settings } from '../config/settings.js';
import { canonicalAddress } from '../door/client-address.js';

/**
 * Lets only the listed addresses in, where a list is set. Off by default: the gateway changed its addresses once without
 * a word, and a webhook that is refused is found by recovery later than one that is taken. The address is the one that
 * Fastify derives from TRUSTED_PROXIES, so nobody can write another one into a header.
 */
@Injectable()
export class SourceAddressGuard implements CanActivate {
  private readonly listed: ReadonlySet<string> | undefined;

  constructor(@Inject(SETTINGS) { webhookAddresses }: Settings) {
    // By value: an address has several spellings.
    this.listed = webhookAddresses && new Set(webhookAddresses.map((text) => canonicalAddress(text) ?? text));
  }

  canActivate(context: ExecutionContext): boolean {
    if (!this.listed) return true;
    const { ip } = context.switchToHttp().getRequest<FastifyRequest>();
    const address = canonicalAddress(ip);
    return address !== undefined && this.listed.has(address);
  }
}
