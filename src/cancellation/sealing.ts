import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { SealingKey } from '../config/sealing-keys.js';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What stands in the database. */
export interface Sealed {
  keyId: string;
  /** Nonce, tag and cipher text in base64. */
  sealed: string;
}

/**
 * Seals a text with the first key.
 *
 * @param owner what it belongs to: opened for anything else it does not open, so a row cannot be moved to another one.
 */
export function seal(keys: readonly SealingKey[], text: string, owner: string): Sealed {
  const [first] = keys;
  if (!first) throw new Error('there is no key in REFUND_ACCOUNT_KEYS to seal with');
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, first.key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(owner));
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return { keyId: first.id, sealed: Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64') };
}

/** @throws {Error} its key is not among them, or it was altered, or belongs to something else. */
export function open(keys: readonly SealingKey[], { keyId, sealed }: Sealed, owner: string): string {
  const found = keys.find(({ id }) => id === keyId);
  if (!found) throw new Error(`the key ${keyId} is not in REFUND_ACCOUNT_KEYS`);
  const bytes = Buffer.from(sealed, 'base64');
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv(ALGORITHM, found.key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(owner));
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  const body = bytes.subarray(NONCE_BYTES + TAG_BYTES);
  return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
}
