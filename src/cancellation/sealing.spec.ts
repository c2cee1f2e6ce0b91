import { expect, test } from '@jest/globals';
import { open, seal } from './sealing.js';

const key = (id: string, byte: number) => ({ id, key: Buffer.alloc(32, byte) });
const NEW = key('new', 1);
const OLD = key('old', 2);
const TEXT = '{"holder":"김포인트","number":"12345678901234"}';

test('what is sealed opens with its key, whichever stands first by now', () => {
  const sealed = seal([OLD], TEXT, 'cancellation');

  expect(open([OLD], sealed, 'cancellation')).toBe(TEXT);
  expect(open([NEW, OLD], sealed, 'cancellation')).toBe(TEXT);
  expect(seal([NEW, OLD], TEXT, 'cancellation').keyId).toBe('new');
});

test('what is sealed shows nothing of its text, and twice the same is not the same', () => {
  const first = seal([NEW], TEXT, 'cancellation');
  const bytes = Buffer.from(first.sealed, 'base64').toString('latin1');

  expect(bytes).not.toContain('12345678901234');
  expect(first.sealed).not.toBe(seal([NEW], TEXT, 'cancellation').sealed);
});

test('what was altered, moved to another row, or whose key is gone does not open', () => {
  const sealed = seal([NEW], TEXT, 'cancellation');
  const bytes = Buffer.from(sealed.sealed, 'base64');
  bytes.writeUInt8(bytes.readUInt8(40) ^ 1, 40);

  expect(() => open([NEW], { ...sealed, sealed: bytes.toString('base64') }, 'cancellation')).toThrow();
  expect(() => open([NEW], sealed, 'another')).toThrow();
  expect(() => open([{ ...NEW, key: OLD.key }], sealed, 'cancellation')).toThrow();
  expect(() => open([OLD], sealed, 'cancellation')).toThrow('new');
});

test('nothing is sealed without a key', () => {
  expect(() => seal([], TEXT, 'cancellation')).toThrow('REFUND_ACCOUNT_KEYS');
});
