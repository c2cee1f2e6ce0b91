import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import type { DataSource } from 'typeorm';
import { ulid } from 'ulid';
import { AuthService } from '../../src/auth/auth.service.js';
import { Guesses } from '../../src/auth/guesses.js';
import { SessionService } from '../../src/auth/session.service.js';
import { UserService } from '../../src/user/user.service.js';
import { OwnRateCounts } from '../../src/door/own-rate-counts.js';
import { Refusal } from '../../src/refusal/refusal.js';
import { openBooks } from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';

const JWT_SECRET = 'only for tests, and 32 bytes at least';
const PASSWORD = 'correct horse battery';
const HOME = '203.0.113.7';
const GUESSES = 30;
const ANSWERED = 10;
/** More than the wrong ones that one address has. */
const RIGHT_LOG_INS = 25;

describeOnEachDatabase('a log-in', (database) => {
  let books: DataSource;
  let auth: AuthService;
  let email: string;

  beforeAll(async () => {
    books = await openBooks(database.env);
  });
  afterAll(() => books.destroy());

  beforeEach(async () => {
    auth = new AuthService(
      books,
      new UserService(books),
      new SessionService(books, { jwtSecret: JWT_SECRET }),
      new JwtService({ secret: JWT_SECRET }),
      new Guesses({ rateLimit: true }, new OwnRateCounts()),
    );
    email = `${ulid().toLowerCase()}@example.com`;
    await auth.createUser({ email, password: PASSWORD, name: '김포인트' }, HOME);
  });

  const codeOf = async (work: Promise<unknown>): Promise<string> => {
    try {
      await work;
      return 'ok';
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return error.code;
    }
  };
  const guess = (number: number) => codeOf(auth.login(email, `guess ${number}`, `198.51.100.${number}`));
  const guessAtOnce = () => Promise.all(Array.from({ length: GUESSES }, (_, number) => guess(number)));

  test('with a wrong password is answered ten times for one account, and then the right one is not either', async () => {
    const codes = await guessAtOnce();

    expect(codes.filter((code) => code === 'UNAUTHENTICATED')).toHaveLength(ANSWERED);
    expect(codes.filter((code) => code === 'TOO_MANY_REQUESTS')).toHaveLength(GUESSES - ANSWERED);
    expect(await codeOf(auth.login(email, PASSWORD, HOME))).toBe('TOO_MANY_REQUESTS');
    expect(await codeOf(auth.login(` ${email.toUpperCase()}`, PASSWORD, HOME))).toBe('TOO_MANY_REQUESTS');
  });

  test('with the right password counts for nobody, and opens an account under guesses where it was open before', async () => {
    const logIns = Array.from({ length: RIGHT_LOG_INS }, () => codeOf(auth.login(email, PASSWORD, HOME)));
    expect(new Set(await Promise.all(logIns))).toEqual(new Set(['ok']));

    const codes = await guessAtOnce();

    expect(codes.filter((code) => code === 'UNAUTHENTICATED')).toHaveLength(ANSWERED);
    expect(await codeOf(auth.login(email, PASSWORD, HOME))).toBe('ok');
  });

  test('is found out by sign-ups twenty times at most from one address, and no good sign-up counts', async () => {
    const signUp = (address: string) =>
      codeOf(auth.createUser({ email: address, password: PASSWORD, name: '김포인트' }, HOME));
    for (let count = 0; count < RIGHT_LOG_INS; count += 1) {
      expect(await signUp(`${ulid().toLowerCase()}@example.com`)).toBe('ok');
    }

    const codes: string[] = [];
    for (let count = 0; count < 22; count += 1) codes.push(await signUp(email));

    expect(codes.slice(0, 20).filter((code) => code === 'EMAIL_TAKEN')).toHaveLength(20);
    expect(codes.slice(20)).toEqual(['TOO_MANY_REQUESTS', 'TOO_MANY_REQUESTS']);
  });
});
