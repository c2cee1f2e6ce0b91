import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { OwnRateCounts } from '../door/own-rate-counts.js';
import { TooManyRequests } from '../refusal/too-many-requests.js';
import { Guesses } from './guesses.js';

const EMAIL = 'kim@example.com';
const OWNER = '203.0.113.7';
const PER_ACCOUNT = 10;
const ACCOUNT_WINDOW_MS = 5 * 60_000;
const PER_ADDRESS = 20;
const ADDRESS_WINDOW_MS = 60_000;
const ADDRESS_KNOWN_MS = 7 * 24 * 60 * 60_000;

const stranger = (number: number) => `198.51.100.${number}`;
const times = <T>(count: number, run: (number: number) => T): T[] =>
  Array.from({ length: count }, (_, number) => run(number));

describe('guesses', () => {
  let guesses: Guesses;

  beforeEach(() => {
    // The library asks the clock and ends a count by a timer.
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    guesses = new Guesses({ rateLimit: true }, new OwnRateCounts());
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const isLetTry = async (email: string, caller: string) => {
    try {
      await guesses.logIn(email, caller);
      return true;
    } catch (error) {
      if (!(error instanceof TooManyRequests)) throw error;
      return false;
    }
  };
  const logInRightly = async (email: string, caller: string) => {
    const attempt = await guesses.logIn(email, caller);
    await attempt.succeeded();
  };
  const letTry = async (attempts: Promise<boolean>[]) => (await Promise.all(attempts)).filter(Boolean).length;

  test('at one account from many addresses are few, also when they are made at once', async () => {
    expect(await letTry(times(60, (number) => isLetTry(EMAIL, stranger(number))))).toBe(PER_ACCOUNT);
    expect(await isLetTry('lee@example.com', stranger(1))).toBe(true);
  });

  test('at many accounts from one address are few, and leave other addresses alone', async () => {
    expect(await letTry(times(60, (number) => isLetTry(`${number}@example.com`, OWNER)))).toBe(PER_ADDRESS);
    expect(await isLetTry(EMAIL, stranger(1))).toBe(true);
  });

  test('say when they may go on, which is soon and no later for more guesses', async () => {
    await letTry(times(PER_ACCOUNT, (number) => isLetTry(EMAIL, stranger(number))));
    jest.advanceTimersByTime(60_000);
    await letTry(times(60, (number) => isLetTry(EMAIL, stranger(100 + number))));

    await expect(guesses.logIn(EMAIL, OWNER)).rejects.toMatchObject({
      code: 'TOO_MANY_REQUESTS',
      retryable: true,
      details: { retryAfterSeconds: (ACCOUNT_WINDOW_MS - 60_000) / 1000 },
    });

    jest.advanceTimersByTime(ACCOUNT_WINDOW_MS - 60_000);
    expect(await isLetTry(EMAIL, OWNER)).toBe(true);
  });

  test('of an address end with their minute', async () => {
    await letTry(times(60, (number) => isLetTry(`${number}@example.com`, OWNER)));
    jest.advanceTimersByTime(ADDRESS_WINDOW_MS);

    expect(await isLetTry(EMAIL, OWNER)).toBe(true);
  });

  test('that were right count for nobody', async () => {
    for (const number of times(100, (index) => index)) await logInRightly(`${number % 3}@example.com`, OWNER);

    expect(await letTry(times(60, (number) => isLetTry(`x${number}@example.com`, OWNER)))).toBe(PER_ADDRESS);
  });

  test('of strangers do not keep the owner out of an address where they were logged in, and guesses there are few', async () => {
    await logInRightly(EMAIL, OWNER);
    await letTry(times(60, (number) => isLetTry(EMAIL, stranger(number))));

    expect(await isLetTry(EMAIL, stranger(200))).toBe(false);
    for (let logIns = 0; logIns < 2 * PER_ACCOUNT; logIns += 1) await logInRightly(EMAIL, OWNER);
    expect(await letTry(times(15, () => isLetTry(EMAIL, OWNER)))).toBe(PER_ACCOUNT);
    jest.advanceTimersByTime(ADDRESS_KNOWN_MS);
    await letTry(times(60, (number) => isLetTry(EMAIL, stranger(number))));
    expect(await isLetTry(EMAIL, OWNER)).toBe(false);
  });

  test('about who has an account are few, and sign-ups that were good do not count', async () => {
    for (let signUps = 0; signUps < 50; signUps += 1) await (await guesses.signUp(OWNER)).succeeded();
    for (let taken = 0; taken < PER_ADDRESS; taken += 1) await guesses.signUp(OWNER);

    await expect(guesses.signUp(OWNER)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    await expect(guesses.signUp(stranger(1))).resolves.toBeDefined();
  });

  test('are not counted when the limits are off', async () => {
    guesses = new Guesses({ rateLimit: false }, new OwnRateCounts());

    expect(await letTry(times(60, () => isLetTry(EMAIL, OWNER)))).toBe(60);
    for (let taken = 0; taken < 60; taken += 1) await guesses.signUp(OWNER);
  });
});
