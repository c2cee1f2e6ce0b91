import type { CookieOptions, Request, Response } from 'express';
import type { Settings } from '../config/settings.js';
import type { RefreshToken } from './session.service.js';

const NAME = 'refresh_token';

/** Sent to the GraphQL address alone, out of reach of scripts and of other sites. */
function options(settings: Settings): CookieOptions {
  return {
    httpOnly: true,
    sameSite: 'strict',
    secure: settings.publicUrl.startsWith('https:'),
    path: '/graphql',
  };
}

export function setRefreshCookie(response: Response, settings: Settings, token: RefreshToken): void {
  response.cookie(NAME, token.value, { ...options(settings), expires: token.expiresAt });
}

export function clearRefreshCookie(response: Response, settings: Settings): void {
  response.clearCookie(NAME, options(settings));
}

export function readRefreshCookie(request: Request): string | undefined {
  const value: unknown = request.cookies?.[NAME];
  return typeof value === 'string' ? value : undefined;
}
