import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { User, UserRole } from '../../src/user/user.entity.js';
import { addUser, openBooks } from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { runProgram } from '../support/programs.js';
import type { DataSource } from 'typeorm';

describeOnEachDatabase('npm run operator', (database) => {
  let books: DataSource;

  beforeAll(async () => {
    books = await openBooks(database.env);
  });

  afterAll(() => books.destroy());

  const operator = (...args: string[]) =>
    runProgram('programs/operator.js', { args, env: { ...database.env } });
  const roleOf = async (id: string) => (await books.manager.findOneByOrFail(User, { id })).role;

  test('makes one user an operator and a user again, and says so', async () => {
    const [user, other] = [await addUser(books), await addUser(books)];

    expect(await operator('grant', user.email)).toMatchObject({
      exitCode: 0,
      output: `${user.email} is now OPERATOR\n`,
    });
    expect([await roleOf(user.id), await roleOf(other.id)]).toEqual([UserRole.OPERATOR, UserRole.USER]);

    expect(await operator('revoke', user.email)).toMatchObject({
      exitCode: 0,
      output: `${user.email} is now USER\n`,
    });
    expect(await roleOf(user.id)).toBe(UserRole.USER);
  });

  test('ends with 1 and a line that helps when nobody has that e-mail or the words are wrong', async () => {
    for (const [args, text] of [
      [['grant', 'nobody@example.com'], 'nobody signed up'],
      [['grant'], 'usage'],
      [['make', 'someone@example.com'], 'usage'],
    ] as const) {
      const { exitCode, output, errors } = await operator(...args);
      expect(exitCode).toBe(1);
      expect(output).toBe('');
      expect(errors).toContain(text);
    }
  });
});
