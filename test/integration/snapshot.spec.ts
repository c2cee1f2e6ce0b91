import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { inSnapshot } from '../../src/database/snapshot.js';
import { User } from '../../src/user/user.entity.js';
import { addUser, connect, databaseSettings, openBooks } from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';

describeOnEachDatabase('a snapshot', (database) => {
  let reader: DataSource;
  let writer: DataSource;

  beforeAll(async () => {
    reader = await openBooks(database.env);
    // As another program, and one that does not wait for a lock on SQLite.
    writer = await connect(databaseSettings(database.env), database.name === 'SQLite' ? { timeout: 0 } : {});
  });
  afterAll(async () => {
    await reader.destroy();
    await writer.destroy();
  });

  test('shows one moment, and keeps nobody waiting who writes', async () => {
    const before = await reader.manager.count(User);

    const counts = await inSnapshot(reader, async (manager) => {
      const first = await manager.count(User);
      await addUser(writer);
      return [first, await manager.count(User)];
    });

    expect(counts).toEqual([before, before]);
    expect(await reader.manager.count(User)).toBe(before + 1);
  });

  test('ends when its work throws, and the next transaction writes', async () => {
    await expect(
      inSnapshot(reader, async (manager) => {
        await manager.count(User);
        throw new Error('planted');
      }),
    ).rejects.toThrow('planted');

    await addUser(reader);
  });
});
