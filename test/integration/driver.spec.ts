// Whatever reaches into TypeORM and mysql2 (src/database/driver) stands on what they do not promise. An update of theirs that
// changes it fails here first. How a session is set up and how long it is waited for: session-settings.spec.ts.
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import Database from 'libsql';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { type PoolFigures, poolFigures } from '../../src/database/driver/pool-figures.js';
import { columnsOf, InsertOf, JoinOf, RowsOf, Statement } from '../../src/database/statement.js';
import { inTransaction } from '../../src/database/transaction.js';
import { PaymentOrder } from '../../src/payment/payment-order.entity.js';
import { PointAccount } from '../../src/point-account/point-account.entity.js';
import { User } from '../../src/user/user.entity.js';
import { addOrder, addUser, connect, databaseSettings, openBooks } from '../support/books.js';
import { describeOnEachDatabase, describeOnMariadb, describeOnSqlite } from '../support/databases.js';
import { killConnectionOf } from '../support/kill-connection.js';

const POOL_SIZE = 4;
const WAITING = 3;
/** Long enough to be found at work and killed. */
const STATEMENT_SECONDS = 2;

describeOnEachDatabase('a statement that is written once', (database) => {
  let dataSource: DataSource;

  beforeAll(async () => {
    dataSource = await openBooks(database.env);
  });
  afterAll(() => dataSource.destroy());

  test('stores and reads each value as TypeORM itself does', async () => {
    const { manager } = dataSource;
    const user = await addUser(dataSource);
    const { merchantUid } = await addOrder(dataSource, user.id, 1000);
    const found = await manager.findOneByOrFail(PaymentOrder, { merchantUid });

    const read = await new RowsOf(PaymentOrder, () => 'WHERE merchantUid = :merchantUid').first(manager, {
      merchantUid,
    });
    expect({ ...read }).toEqual({ ...found });

    const other = { ...found, merchantUid: `${merchantUid.slice(0, -1)}x`, createdAt: new Date() };
    await new InsertOf(PaymentOrder).run(manager, other);
    expect({ ...(await manager.findOneByOrFail(PaymentOrder, { merchantUid: other.merchantUid })) }).toEqual(
      other,
    );
  });

  // An SQLite row comes as JSON.
  test('reads a text as it is, whatever characters it has', async () => {
    const { id } = await addUser(dataSource);
    const name = `"O'Brien" \\n \\ / \b\t\r\n \u0001\u007f\u2028 {"a":[1]} 김토스 😀`;
    await dataSource.manager.update(User, { id }, { name });

    const read = await new RowsOf(User, () => 'WHERE id = :id').first(dataSource.manager, { id });

    expect(read?.name).toBe(name);
  });

  test('reads rows that belong together, those of a join that finds nothing as null, and of some only what is asked', async () => {
    const { manager } = dataSource;
    const user = await addUser(dataSource);
    const { merchantUid } = await addOrder(dataSource, user.id, 1000);
    const rows = new JoinOf<{ bought: Pick<PaymentOrder, 'merchantUid' | 'createdAt'>; payer: User | null }>(
      { bought: columnsOf(PaymentOrder, 'createdAt', 'merchantUid'), payer: User },
      ({ table }) => `FROM ${table(PaymentOrder)} AS bought
      LEFT JOIN ${table(User)} AS payer ON payer.id = :payer WHERE bought.merchantUid = :merchantUid`,
    );
    const { createdAt } = await manager.findOneByOrFail(PaymentOrder, { merchantUid });

    const found = await rows.all(manager, { merchantUid, payer: user.id });
    expect(found).toEqual([
      {
        bought: { merchantUid, createdAt },
        payer: { ...(await manager.findOneByOrFail(User, { id: user.id })) },
      },
    ]);
    expect(await rows.all(manager, { merchantUid, payer: 'nobody' })).toEqual([
      { bought: { merchantUid, createdAt }, payer: null },
    ]);
  });

  test('reads no part of a row without its id, by which it is known whether it is there', async () => {
    const withoutId = new JoinOf<{ found: Pick<PaymentOrder, 'amount'> }>(
      { found: columnsOf(PaymentOrder, 'amount') },
      ({ table }) => `FROM ${table(PaymentOrder)} AS found`,
    );

    await expect(withoutId.all(dataSource.manager, {})).rejects.toThrow(/without its id/);
  });
});

describeOnSqlite('a query runner', (database) => {
  let dataSource: DataSource;

  beforeAll(async () => {
    dataSource = await openBooks(database.env);
  });
  afterAll(() => dataSource.destroy());

  test('belongs to one caller, and its transaction has the lock of the writer from the beginning to the end', async () => {
    const [one, other] = [dataSource.createQueryRunner(), dataSource.createQueryRunner()];
    const program = new Database(join(database.env.DATA_DIR, 'point.db'), { timeout: 0 });
    const writeElsewhere = () => program.exec('BEGIN IMMEDIATE; ROLLBACK');
    expect(one).not.toBe(other);

    for (const end of ['commitTransaction', 'rollbackTransaction'] as const) {
      writeElsewhere();
      await one.startTransaction();
      expect(writeElsewhere).toThrow(/locked/);
      await one[end]();
      expect(poolFigures(dataSource)).toMatchObject({ connectionsInUse: 0 });
    }

    writeElsewhere();
    program.close();
    await one.release();
    await other.release();
  });
});

describeOnMariadb('a value', (database) => {
  let dataSource: DataSource;

  beforeAll(async () => {
    dataSource = await connect({ ...databaseSettings(database.env), poolSize: 1 } as never);
  });
  afterAll(() => dataSource.destroy());

  test('goes to the database beside the statement, which is prepared', async () => {
    const prepared = async () => {
      const [{ Value: value }] = await dataSource.query(`SHOW SESSION STATUS LIKE 'Com_stmt_execute'`);
      return Number(value);
    };
    const before = await prepared();

    await dataSource.query('SELECT ? AS text', ["O'Brien"]);

    expect(await prepared()).toBe(before + 1);
  });
});

describeOnEachDatabase('the figures of the pool', (database) => {
  let dataSource: DataSource;
  const connections = database.name === 'MariaDB' ? POOL_SIZE : 1;

  beforeAll(async () => {
    dataSource = await connect(databaseSettings(database.env), { poolSize: POOL_SIZE });
  });
  afterAll(() => dataSource.destroy());

  test('say how many connections work and how many callers wait for one, from beginning to end', async () => {
    const figures = (connectionsInUse: number, callersWaiting: number): PoolFigures => ({
      connectionsMax: connections,
      connectionsInUse,
      callersWaiting,
    });
    expect(poolFigures(dataSource)).toEqual(figures(0, 0));

    const busy: QueryRunner[] = [];
    for (let index = 0; index < connections; index++) {
      const runner = dataSource.createQueryRunner();
      await runner.startTransaction();
      busy.push(runner);
      expect(poolFigures(dataSource)).toEqual(figures(index + 1, 0));
    }
    const waiting = Array.from({ length: WAITING }, () => dataSource.query('SELECT 1'));
    // A caller asks for its connection after a few turns of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    expect(poolFigures(dataSource)).toEqual(figures(connections, WAITING));

    for (const runner of busy) {
      await runner.rollbackTransaction();
      await runner.release();
    }
    await Promise.all(waiting);
    expect(poolFigures(dataSource)).toEqual(figures(0, 0));
  });
});

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

  const connectionOf = async (manager: { query: DataSource['query'] }) =>
    Number((await manager.query<{ id: number }[]>('SELECT CONNECTION_ID() AS id'))[0]?.id);

  test('that reads is sent again on another connection when its own one is lost', async () => {
    const before = await connectionOf(dataSource);

    const [answer] = await Promise.all([
      dataSource.query(
        `SELECT name, CONNECTION_ID() AS id FROM user WHERE id = ? AND SLEEP(${STATEMENT_SECONDS}) = 0 /* read */`,
        [user.id],
      ),
      killConnectionOf(killer, '/* read */'),
    ]);

    expect(answer).toEqual([{ name: user.name, id: expect.anything() }]);
    expect(Number(answer[0].id)).not.toBe(before);
  });

  test('that writes is not sent again then, because nobody knows whether it was carried out', async () => {
    const writing = dataSource.query(
      `UPDATE point_account SET point = point + 1 WHERE ownerId = ? AND SLEEP(${STATEMENT_SECONDS}) = 0 /* write */`,
      [user.id],
    );
    const [written] = await Promise.allSettled([writing, killConnectionOf(killer, '/* write */')]);

    expect(written).toMatchObject({ status: 'rejected' });
    expect((await killer.manager.findOneByOrFail(PointAccount, { ownerId: user.id })).point).toBe(0);
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

  const notReady = new Statement(() => `SIGNAL SQLSTATE '08S01' SET MYSQL_ERRNO = 1047`);

  test.each<[string, (manager: EntityManager) => unknown]>([
    ['that is awaited', (manager) => notReady.run(manager, {})],
    ['that comes before its COMMIT', (manager) => notReady.runLater(manager, {})],
    ['of TypeORM', (manager) => manager.query(`SIGNAL SQLSTATE '08S01' SET MYSQL_ERRNO = 1047`)],
  ])(
    'of a transaction, %s, to a node that is not ready makes that connection leave the pool',
    async (_, send) => {
      const connections: number[] = [];

      await inTransaction(dataSource, 'READ COMMITTED', async (manager) => {
        connections.push(await connectionOf(manager));
        if (connections.length === 1) await send(manager);
      });

      expect(new Set(connections).size).toBe(2);
    },
  );
});
