import { expect } from '@jest/globals';
import { faultsInBooks, readAccount } from '../support/books.js';
import type { TopUpService } from '../support/top-up-service.js';

/** The database has exactly these credits of a user, oldest first, and the balance that follows from them. */
export async function expectCredited(
  { books }: TopUpService,
  ownerId: string,
  amounts: number[],
): Promise<void> {
  const { balance, rows } = await readAccount(books, ownerId);
  expect(rows.map(({ amount, status }) => ({ amount, status }))).toEqual(
    amounts.map((amount) => ({ amount, status: 'PAYMENT' })),
  );
  expect(balance.point).toBe(amounts.reduce((sum, amount) => sum + amount, 0));
  expect(await faultsInBooks(books, ownerId)).toEqual([]);
}
