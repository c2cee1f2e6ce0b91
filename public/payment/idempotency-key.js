const KEY_BYTES = 16;

/** A key that nobody else has. `crypto.randomUUID` would be there on https and localhost only. */
export function newIdempotencyKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
