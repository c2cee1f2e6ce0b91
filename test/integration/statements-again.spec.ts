import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { inTransaction } from '../../src/database/transaction.js';
import { User } from '../../src/user/user.entity.js';
import { addUser, connect, databaseSettings, openBooks } from '../support/books.js';
import { describeOnMariadb } from '../support/databases.js';

/** Long enough to be found at work and killed. */
const STATEMENT_SECONDS = 2;
const LOOKS_MAX = 200;

describeOnMariadb('a statement outside a transaction', (database) => {
  /** With one connection, so that it is known which one a statement has. */
  let dataSource: DataSource;
  let killer: DataSource;
  let user: User;

  beforeAll(async () => {
    killer = await openBooks(database.env);
    dataSource = await connect({ ...databaseSettings(database.env), poolSize: 1 } as never);
  });
  afterAll(() => Promise.all([dataSource.destroy(), killer.destroy()]));
  beforeEach(async () => {
    user = await addUser(killer);
  });

  /** Kills the connection of the statement that has `mark` in it, once it runs. */
  async function killConnectionOf(mark: string): Promise<void> {
    for (let look = 0; look < LOOKS_MAX; look++) {
      const [found]: { id: number }[] = await killer.query(
        'SELECT ID AS id FROM information_schema.PROCESSLIST WHERE INFO LIKE ? AND ID <> CONNECTION_ID()',
        [`%${mark}%`],
      );
      if (found) {
        await killer.query(`KILL ${found.id}`);
        return;
      }
    }
    throw new Error(`no statement has ${mark} in it`);
  }
  const connectionOf = async (manager: { query: DataSource['query'] }) =>
    Number((await manager.query<{ id: number }[]>('SELECT CONNECTION_ID() AS id'))[0]?.id);

  test('that reads is sent again on another connection when its own one is lost', async () => {
    const before = await connectionOf(dataSource);

    const [answer] = await Promise.all([
      dataSource.query(
        `SELECT name, CONNECTION_ID() AS id FROM user WHERE id = ? AND SLEEP(${STATEMENT_SECONDS}) = 0 /* read */`,
        [user.id],
      ),
      killConnectionOf('/* read */'),
    ]);

    expect(answer).toEqual([{ name: user.name, id: expect.anything() }]);
    expect(Number(answer[0].id)).not.toBe(before);
  });

  test('that writes is not sent again then, because nobody knows whether it was carried out', async () => {
    const writing = dataSource.query(
      `UPDATE user SET point = point + 1 WHERE id = ? AND SLEEP(${STATEMENT_SECONDS}) = 0 /* write */`,
      [user.id],
    );
    const [written] = await Promise.allSettled([writing, killConnectionOf('/* write */')]);

    expect(written).toMatchObject({ status: 'rejected' });
    expect((await killer.manager.findOneByOrFail(User, { id: user.id })).point).toBe(0);
    // The next one finds a connection.
    expect(await dataSource.manager.existsBy(User, { id: user.id })).toBe(true);
  });

  test('that the database took back is sent again, also when it writes', async () => {
    await killer.query('CREATE TABLE IF NOT EXISTS takings (id int PRIMARY KEY AUTO_INCREMENT) ENGINE=Aria');
    await killer.query('TRUNCATE takings');
    await killer.query(`CREATE OR REPLACE TRIGGER take_back BEFORE UPDATE ON user FOR EACH ROW BEGIN
      INSERT INTO takings VALUES ();
      IF (SELECT COUNT(*) FROM takings) < 3 THEN SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213; END IF;
    END`);

    const { affected } = await dataSource.manager.update(User, user.id, { name: '다른 이름' });
    await killer.query('DROP TRIGGER take_back');

    expect(affected).toBe(1);
    expect(await killer.query('SELECT COUNT(*) AS count FROM takings')).toEqual([{ count: '3' }]);
  });

  test('of a transaction to a node that is not ready makes that connection leave the pool', async () => {
    const connections: number[] = [];

    await inTransaction(dataSource, 'READ COMMITTED', async (manager) => {
      connections.push(await connectionOf(manager));
      if (connections.length === 1) {
        await manager.query(`SIGNAL SQLSTATE '08S01' SET MYSQL_ERRNO = 1047`);
      }
    });

    expect(new Set(connections).size).toBe(2);
  });
});
