import { createHash, createHmac, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;
const KEY_BYTES = 32;
/** Sets this use of the secret of settings apart from every other one. */
const KEY_PURPOSE = 'point-top-up-server/refresh-token';
const REFRESH_TOKEN = /^([0-9A-Z]{26})\.([A-Za-z0-9_-]{43})$/;

/** A refresh token as it is shown to us: `<session id>.<secret>`. */
export interface ShownToken {
  id: string;
  secret: string;
}

/** @returns undefined for what is no token of ours. */
export function readRefreshToken(text: string | undefined): ShownToken | undefined {
  const [, id, secret] = REFRESH_TOKEN.exec(text ?? '') ?? [];
  return id && secret ? { id, secret } : undefined;
}

/** The secret of a new login. */
export function firstSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/** The same on every server of an installation, because it comes from the secret that they share. */
export function refreshTokenKey(jwtSecret: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', jwtSecret, '', KEY_PURPOSE, KEY_BYTES)));
}

/**
 * The secret that comes after another one. It is derived and not drawn, so that an answer that was lost can be given
 * again by any server although only hashes are stored. Without the key nobody can go on from a token.
 */
export function secretAfter(key: KeyObject, { id, secret }: ShownToken): string {
  return createHmac('sha256', key).update(`${id}.${secret}`).digest('base64url');
}

/** What of a secret is stored. It has 256 random bits, so a slow hash would add nothing. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
