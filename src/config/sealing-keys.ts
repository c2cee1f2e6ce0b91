/** Of AES-256. */
export const SEALING_KEY_BYTES = 32;
const KEY = /^([a-z0-9]{1,16}):([A-Za-z0-9+/]{43}=)$/;

/** A key and the name under which what it sealed remembers it. */
export interface SealingKey {
  id: string;
  key: Buffer;
}

/** @param text `id:base64,id:base64`. @returns undefined when it is anything else, or names one twice. */
export function readSealingKeys(text: string): SealingKey[] | undefined {
  const keys: SealingKey[] = [];
  for (const part of text.split(',')) {
    const [, id, base64] = KEY.exec(part.trim()) ?? [];
    if (id === undefined || base64 === undefined || keys.some((one) => one.id === id)) return undefined;
    keys.push({ id, key: Buffer.from(base64, 'base64') });
  }
  return keys;
}
