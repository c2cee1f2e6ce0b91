// What a transaction sends in one packet (src/database/driver/pipeline.ts): mysql2 does not know of it, so an update of mysql2
// that it does not fit fails here first.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type DataSource, type EntityManager, QueryFailedError } from 'typeorm';
import { Statement } from '../../src/database/statement.js';
import { inTransaction } from '../../src/database/transaction.js';
import { connect, databaseSettings, openBooks } from '../support/books.js';
import { describeOnEachDatabase, describeOnMariadb } from '../support/databases.js';
import { killConnectionOf } from '../support/kill-connection.js';

const POOL_SIZE = 4;
/** More than a connection keeps prepared, see PREPARED_STATEMENTS_MAX. */
const TEXTS = 250;
/** Long enough to be found at work and killed. */
const STATEMENT_SECONDS = 2;

const insert = new Statement(() => 'INSERT INTO marks (id, value) VALUES (:id, :value)');
const add = new Statement(() => 'UPDATE marks SET value = value + :value WHERE id = :id');
const all = new Statement(() => 'SELECT id, value FROM marks ORDER BY id');

const codeOf = (error: unknown) =>
  error instanceof QueryFailedError ? (error.driverError as { code?: string }).code : undefined;

describeOnEachDatabase('what a transaction sends later', (database) => {
  let dataSource: DataSource;
  const transaction = <T>(work: (manager: EntityManager) => Promise<T>) =>
    inTransaction(dataSource, 'READ COMMITTED', work);
  const marks = async () => (await all.send(dataSource.manager, {})).records;

  beforeAll(async () => {
    dataSource = await openBooks(database.env);
    await dataSource.query('CREATE TABLE marks (id int PRIMARY KEY, value int NOT NULL)');
  });
  afterAll(() => dataSource.destroy());
  beforeEach(() => dataSource.query('DELETE FROM marks'));

  test('is carried out in its turn, before what is awaited next', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        transaction(async (manager) => {
          insert.runLater(manager, { id: index, value: index });
          add.runLater(manager, { id: index, value: 100 });
          const met = await add.run(manager, { id: index, value: 1000 });
          add.runLater(manager, { id: index, value: 10_000 });
          const { records } = await all.send(manager, {});
          return { met, seen: records.find(({ id }) => id === index)?.value };
        }),
      ),
    );

    expect(answers).toEqual(answers.map((_, index) => ({ met: 1, seen: 11_100 + index })));
    expect(await marks()).toEqual(answers.map((_, index) => ({ id: index, value: 11_100 + index })));
  });

  test('is carried out before the COMMIT when nothing else is awaited', async () => {
    await transaction(async (manager) => insert.runLater(manager, { id: 1, value: 1 }));

    expect(await marks()).toEqual([{ id: 1, value: 1 }]);
  });

  test.each([
    ['with what is awaited next', (manager: EntityManager) => all.send(manager, {})],
    ['with the COMMIT', async () => {}],
  ])('and fails, fails the transaction %s, and nothing of it stays', async (_, next) => {
    const work = transaction(async (manager) => {
      insert.runLater(manager, { id: 1, value: 1 });
      insert.runLater(manager, { id: 1, value: 2 });
      insert.runLater(manager, { id: 2, value: 3 });
      await next(manager);
    });

    await expect(work).rejects.toThrow(QueryFailedError);
    expect(await marks()).toEqual([]);
  });

  test('is nothing outside a transaction', () => {
    expect(() => insert.runLater(dataSource.manager, { id: 1, value: 1 })).toThrow('needs a transaction');
  });

  test('may be more statements than a connection keeps prepared', async () => {
    const texts = Array.from(
      { length: TEXTS },
      (_, index) => new Statement(() => `UPDATE marks SET value = value + ${index} WHERE id = :id`),
    );
    await insert.run(dataSource.manager, { id: 1, value: 0 });
    for (let run = 0; run < 2; run++) {
      await transaction(async (manager) => {
        for (const text of texts) text.runLater(manager, { id: 1 });
      });
    }

    expect(await marks()).toEqual([{ id: 1, value: TEXTS * (TEXTS - 1) }]);
  });
});

describeOnMariadb('what goes in one packet', (database) => {
  let dataSource: DataSource;
  let others: DataSource;
  const marks = async () => (await all.send(others.manager, {})).records;

  beforeAll(async () => {
    others = await openBooks(database.env);
    dataSource = await connect({ ...databaseSettings(database.env), poolSize: POOL_SIZE } as never);
    await others.query('CREATE TABLE marks (id int PRIMARY KEY, value int NOT NULL) ENGINE=InnoDB');
    await others.query('CREATE TABLE carried_out (id int) ENGINE=Aria');
  });
  afterAll(() => Promise.all([dataSource.destroy(), others.destroy()]));
  beforeEach(async () => {
    await others.query('DELETE FROM marks');
    await others.query('DELETE FROM carried_out');
  });

  test('behind a deadlock, which ended the transaction in the middle of the packet, does not stay', async () => {
    await others.query('INSERT INTO marks VALUES (1, 0), (2, 0)');
    const runner = dataSource.createQueryRunner();
    const { manager } = runner;
    await runner.startTransaction();
    await add.run(manager, { id: 1, value: 1 });
    // The other one has more to lose, so ours is the one that InnoDB ends.
    const heavy = others.createQueryRunner();
    await heavy.startTransaction();
    await heavy.query('INSERT INTO marks SELECT seq, 0 FROM seq_100_to_200');
    await heavy.query('UPDATE marks SET value = 5 WHERE id = 2');
    const waits = heavy.query('UPDATE marks SET value = 5 WHERE id = 1');

    add.runLater(manager, { id: 2, value: 1 });
    insert.runLater(manager, { id: 3, value: 1 });
    const ended = await insert.run(manager, { id: 4, value: 1 }).catch(codeOf);
    await runner.rollbackTransaction();
    await runner.release();
    await waits;
    await heavy.rollbackTransaction();
    await heavy.release();

    expect(ended).toBe('ER_LOCK_DEADLOCK');
    expect(await marks()).toEqual([
      { id: 1, value: 0 },
      { id: 2, value: 0 },
    ]);
  });

  test('is lost as a whole with its connection, and the transaction is run again', async () => {
    const slowly = new Statement(
      () => `INSERT INTO marks SELECT :id, 0 FROM (SELECT SLEEP(:seconds) AS slept) AS slow /* slowly */`,
    );
    let runs = 0;
    const work = inTransaction(dataSource, 'READ COMMITTED', async (manager) => {
      runs += 1;
      insert.runLater(manager, { id: 1, value: runs });
      slowly.runLater(manager, { id: 2, seconds: runs === 1 ? STATEMENT_SECONDS : 0 });
      insert.runLater(manager, { id: 3, value: runs });
    });
    await Promise.all([work, killConnectionOf(others, '/* slowly */')]);

    expect(runs).toBe(2);
    expect(await marks()).toEqual([
      { id: 1, value: 2 },
      { id: 2, value: 0 },
      { id: 3, value: 2 },
    ]);
  });

  test.each<[string, (manager: EntityManager) => Promise<unknown>]>([
    ['was committed', (manager) => all.send(manager, {})],
    ['failed', async (manager) => insert.runLater(manager, { id: 1, value: 0 })],
    ['was given up', () => Promise.reject(new Error('given up'))],
  ])('leaves its connection as it was when it %s: what comes alone is committed alone', async (_, after) => {
    const work = inTransaction(dataSource, 'READ COMMITTED', async (manager) => {
      await insert.run(manager, { id: 1, value: 0 });
      await after(manager);
    });
    await work.catch(() => {});
    await insert.run(dataSource.manager, { id: 2, value: 0 });

    expect((await marks()).filter(({ id }) => id === 2)).toHaveLength(1);
  });

  test.each([
    ['all of it without pipelining=off', '', 2],
    ['nothing behind one that failed with it', '?pipelining=off', 1],
  ])('is carried out: %s', async (_, parameters, count) => {
    const url = `${database.env.DATABASE_URL}${parameters}`;
    const pool = await connect(databaseSettings({ ...database.env, DATABASE_URL: url }));
    // What an Aria table was told stays, whatever becomes of the transaction.
    const note = new Statement(() => 'INSERT INTO carried_out VALUES (:id)');
    const work = inTransaction(pool, 'READ COMMITTED', async (manager) => {
      note.runLater(manager, { id: 1 });
      insert.runLater(manager, { id: 1, value: 1 });
      insert.runLater(manager, { id: 1, value: 1 });
      note.runLater(manager, { id: 2 });
    });
    expect(await work.catch(codeOf)).toBe('ER_DUP_ENTRY');
    await pool.destroy();

    expect(await others.query('SELECT id FROM carried_out')).toHaveLength(count);
    expect(await marks()).toEqual([]);
  });
});
