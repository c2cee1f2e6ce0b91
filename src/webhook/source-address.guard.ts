import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { SETTINGS, type Settings } from '../config/settings.js';

const IPV4_IN_IPV6 = /^::ffff:/;

/**
 * Lets only the listed addresses in, where a list is set. Off by default: the gateway changed its addresses once without
 * a word, and a webhook that is refused is found by recovery later than one that is taken. The address is the one that
 * Fastify derives from TRUSTED_PROXIES, so nobody can write another one into a header.
 */
@Injectable()
export class SourceAddressGuard implements CanActivate {
  constructor(@Inject(SETTINGS) private readonly settings: Settings) {}

  canActivate(context: ExecutionContext): boolean {
    const { webhookAddresses } = this.settings;
    if (!webhookAddresses) return true;
    const { ip } = context.switchToHttp().getRequest<FastifyRequest>();
    return webhookAddresses.includes(ip.replace(IPV4_IN_IPV6, ''));
  }
}
