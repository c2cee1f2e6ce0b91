/** What Standard Webhooks asks of a secret. */
export const EVENT_SECRET_BYTES_MIN = 24;
const EVENT_SECRET_BYTES_MAX = 64;
/** The new one and, until the receiver knows it, the old one. */
export const EVENT_SECRETS_MAX = 2;
const SECRET = /^whsec_([A-Za-z0-9+/]+={0,2})$/;

/** @param text `whsec_…` or `whsec_…,whsec_…`. @returns undefined when it is anything else, or names one twice. */
export function readEventSecrets(text: string): string[] | undefined {
  const secrets = text.split(',').map((part) => part.trim());
  const isRight = secrets.every((secret) => {
    const [, base64] = SECRET.exec(secret) ?? [];
    const bytes = base64 === undefined ? 0 : Buffer.from(base64, 'base64').length;
    return bytes >= EVENT_SECRET_BYTES_MIN && bytes <= EVENT_SECRET_BYTES_MAX;
  });
  const isShort = secrets.length <= EVENT_SECRETS_MAX && new Set(secrets).size === secrets.length;
  return isRight && isShort ? secrets : undefined;
}
