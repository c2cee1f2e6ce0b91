import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Settings } from '../config/settings.js';
import type { RefreshToken } from './session.service.js';

const NAME = 'refresh_token';

/** Sent to the GraphQL address alone, out of reach of scripts and of other sites. */
function options(settings: Settings): CookieSerializeOptions {
  return {
    httpOnly: true,
    sameSite: 'strict',
    secure: settings.publicUrl.startsWith('https:'),
    path: '/graphql',
  };
}

export function setRefreshCookie(reply: FastifyReply, settings: Settings, token: RefreshToken): void {
  reply.setCookie(NAME, token.value, { ...options(settings), expires: token.expiresAt });
}

export function clearRefreshCookie(reply: FastifyReply, settings: Settings): void {
  reply.clearCookie(NAME, options(settings));
}

export function readRefreshCookie(request: FastifyRequest): string | undefined {
  return request.cookies[NAME];
}
