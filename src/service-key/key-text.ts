import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const SECRET_BYTES = 32;
/** What scanners for leaked secrets and the door know a key by. */
const PREFIX = 'psk_';
const KEY = /^psk_([0-9A-Z]{26})_([A-Za-z0-9_-]{43})$/;

/** A key as it is shown to us: `psk_<id>_<secret>`. */
export interface ShownKey {
  id: string;
  secret: string;
}

export function looksLikeServiceKey(text: string): boolean {
  return text.startsWith(PREFIX);
}

/** @returns undefined for what is no key of ours. */
export function readServiceKey(text: string): ShownKey | undefined {
  const [, id, secret] = KEY.exec(text) ?? [];
  return id && secret ? { id, secret } : undefined;
}

export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

export function serviceKeyText({ id, secret }: ShownKey): string {
  return `${PREFIX}${id}_${secret}`;
}

/** What of a secret is stored. It has 256 random bits, so a slow hash would add nothing. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

export function isSecretOf(storedHash: string, secret: string): boolean {
  const [stored, shown] = [storedHash, hashOf(secret)].map((hash) => Buffer.from(hash, 'hex'));
  return (
    stored !== undefined &&
    shown !== undefined &&
    stored.length === shown.length &&
    timingSafeEqual(stored, shown)
  );
}
