import { expect, test } from '@jest/globals';
import { withPasswordSlot } from './password.js';

const AT_ONCE = 3;
const WAITING_MAX = 100;

/** Work that lasts until it is told to end. */
function heldWork() {
  let running = 0;
  let most = 0;
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const work = async () => {
    running += 1;
    most = Math.max(most, running);
    await ended;
    running -= 1;
  };
  return { work, end: () => end(), most: () => most };
}

test('three passwords are worked on at once, a hundred wait, and the next is refused before it begins', async () => {
  const { work, end, most } = heldWork();
  const begun = Array.from({ length: AT_ONCE }, () => withPasswordSlot(work));
  await new Promise(setImmediate);
  const waiting = Array.from({ length: WAITING_MAX }, () => withPasswordSlot(work));

  await expect(withPasswordSlot(work)).rejects.toMatchObject({
    code: 'TOO_MANY_REQUESTS',
    retryable: true,
    details: { retryAfterSeconds: 3 },
  });

  end();
  await Promise.all([...begun, ...waiting]);
  expect(most()).toBe(AT_ONCE);
});

test('work that fails gives its turn back', async () => {
  const failures = Array.from({ length: 2 * AT_ONCE }, () =>
    withPasswordSlot(async () => {
      throw new Error('as planned');
    }),
  );

  for (const failure of failures) await expect(failure).rejects.toThrow('as planned');
  await expect(withPasswordSlot(async () => 'done')).resolves.toBe('done');
});
