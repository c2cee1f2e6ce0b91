import { createSecretKey, type KeyObject } from 'node:crypto';

/** What an access token says, and how it is signed. One algorithm, so that no token can choose an easier one. */
export const ACCESS_TOKEN = {
  algorithm: 'HS256',
  issuer: 'point-top-up-server',
  audience: 'point-top-up-server/graphql',
  type: 'access',
  lifetimeSeconds: 15 * 60,
} as const;

/** Given a text, the library would try at each token to read a public key from it, which costs more than the signature. */
export function accessTokenKey(jwtSecret: string): KeyObject {
  return createSecretKey(jwtSecret, 'utf8');
}

export interface AccessTokenClaims {
  sub: string;
  type: string;
  exp: number;
}
