import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { Session } from '../../src/auth/session.entity.js';
import {
  type RefreshToken,
  REPLACED_TOKEN_GRACE_MS,
  SessionService,
} from '../../src/auth/session.service.js';
import { addUser, openBooks } from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';

const JWT_SECRET = 'the secret that all servers of an installation have';
const AT_ONCE = 12;

describeOnEachDatabase('a refresh token', (database) => {
  /** Two servers of one installation. */
  let books: DataSource[];
  let sessions: SessionService[];
  let userId: string;

  beforeAll(async () => {
    const first = await openBooks(database.env);
    // Only one program may have an SQLite file.
    books = [first, database.name === 'SQLite' ? first : await openBooks(database.env)];
    sessions = books.map((one) => new SessionService(one, { jwtSecret: JWT_SECRET }));
    ({ id: userId } = await addUser(first));
  });
  afterAll(() => Promise.all([...new Set(books)].map((one) => one.destroy())));

  const rowOf = ({ value }: RefreshToken) => books[0]!.manager.findOneBy(Session, { id: value.slice(0, 26) });
  const setReplaced = ({ value }: RefreshToken, agoMs: number) =>
    books[0]!.manager.update(Session, value.slice(0, 26), { replacedAt: new Date(Date.now() - agoMs) });
  const rotate = (server: number, { value }: RefreshToken) => sessions[server]!.rotate(value);

  test('that two servers get at once, again and again, is replaced once, with the same one for everybody', async () => {
    const first = await sessions[0]!.start(userId);

    const next = await Promise.all(Array.from({ length: AT_ONCE }, (_, call) => rotate(call % 2, first)));

    expect(new Set(next.map(({ value }) => value)).size).toBe(1);
    expect(next[0]).toMatchObject({ userId, expiresAt: first.expiresAt });
    expect(next[0]!.value).not.toBe(first.value);
  });

  test('of a lost answer is answered by the other server with the same one until the grace is over', async () => {
    const first = await sessions[0]!.start(userId);
    const newest = await rotate(0, first);

    await setReplaced(newest, REPLACED_TOKEN_GRACE_MS - 2000);
    expect(await rotate(1, first)).toEqual(newest);

    await setReplaced(newest, REPLACED_TOKEN_GRACE_MS);
    await expect(rotate(1, first)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(await rowOf(newest)).toBeNull();
  });

  test('is good no longer because the clock of the other server is wrong', async () => {
    const first = await sessions[0]!.start(userId);
    const newest = await rotate(0, first);

    await setReplaced(newest, -REPLACED_TOKEN_GRACE_MS - 1000);

    await expect(rotate(1, first)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('of a login that ended in between is good for nothing', async () => {
    const first = await sessions[0]!.start(userId);
    const newest = await rotate(0, first);

    await books[0]!.manager.delete(Session, { userId });

    await expect(rotate(0, first)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(rotate(0, newest)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('outlives a new JWT_SECRET', async () => {
    const renewed = new SessionService(books[0]!, { jwtSecret: `${JWT_SECRET}, renewed` });
    const first = await sessions[0]!.start(userId);
    const second = await rotate(0, first);

    expect(await renewed.rotate(second.value)).toEqual(second);
    await setReplaced(second, REPLACED_TOKEN_GRACE_MS);
    const third = await renewed.rotate(second.value);

    expect(third.value).not.toBe(second.value);
    expect(await renewed.rotate(second.value)).toEqual(third);
    // A server with another secret cannot know that it is the one before.
    await expect(rotate(0, second)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('ends the login also as the one before, however late', async () => {
    const first = await sessions[0]!.start(userId);
    const second = await rotate(0, first);
    await setReplaced(second, REPLACED_TOKEN_GRACE_MS);

    await sessions[1]!.end(first.value);

    expect(await rowOf(second)).toBeNull();
  });

  test('from before the one before ends nothing at a logout', async () => {
    const first = await sessions[0]!.start(userId);
    const second = await rotate(0, first);
    await setReplaced(second, REPLACED_TOKEN_GRACE_MS);
    const third = await rotate(0, second);

    await sessions[1]!.end(first.value);

    expect(await rowOf(third)).not.toBeNull();
  });
});
