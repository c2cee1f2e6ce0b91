// What a transaction sends in one packet (src/database/driver/pipeline.ts): mysql2 does not know of it, so an update of mysql2
// that it does not fit fails here first.
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type DataSource, type EntityManager, QueryFailedError } from 'typeorm';
import { poolFigures } from '../../src/database/driver/pool-figures.js';
import { type ReadingConnection, SharedReads } from '../../src/database/driver/shared-reads.js';
import { Statement } from '../../src/database/statement.js';
import { inTransaction } from '../../src/database/transaction.js';
import { connect, databaseSettings, openBooks } from '../support/books.js';
import { describeOnEachDatabase, describeOnMariadb } from '../support/databases.js';
import { killConnectionOf } from '../support/kill-connection.js';
import { watchPackets } from '../support/statements.js';

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

describeOnMariadb('reads that wait at the same moment', (database) => {
  let killer: DataSource;
  let dataSource: DataSource;
  const value = new Statement(() => 'SELECT :value AS value');
  const wrong = new Statement(() => 'SELECT no_such_column AS value, :value AS other');
  const read = async (of: DataSource, index: number) =>
    (await value.send(of.manager, { value: index })).records[0]?.value as number;
  const many = (of: DataSource, count: number) =>
    Array.from({ length: count }, (_, index) => read(of, index));

  beforeAll(async () => {
    killer = await connect(databaseSettings(database.env));
  });
  beforeEach(async () => {
    dataSource = await connect({ ...databaseSettings(database.env), poolSize: POOL_SIZE } as never);
    await read(dataSource, 0);
  });
  afterEach(() => dataSource.destroy());
  afterAll(() => killer.destroy());

  test('go eight in a packet, and each has its own answer', async () => {
    const during = watchPackets(dataSource);
    let answers: number[] = [];
    const packets = await during(async () => {
      answers = await Promise.all(many(dataSource, 10));
    });

    expect(answers).toEqual(answers.map((_, index) => index));
    expect(packets.map((packet) => packet.length)).toEqual([8, 2]);
  });

  test('share a packet with all of the same turn, of other requests too', async () => {
    const during = watchPackets(dataSource);
    const packets = await during(async () => {
      const first = read(dataSource, 1);
      // Longer than the pool takes to give a connection that is free.
      for (let step = 0; step < 100; step++) await new Promise((resolve) => process.nextTick(resolve));
      const ofAnotherRequest = read(dataSource, 2);
      await endOfTurn();
      await Promise.all([first, ofAnotherRequest, read(dataSource, 3)]);
    });

    expect(packets.map((packet) => packet.length)).toEqual([2, 1]);
  });

  test('wait with others for a connection, and are all answered', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const own = await inTransaction(dataSource, 'READ COMMITTED', async (manager) => {
          const { records } = await value.send(manager, { value: index });
          return records[0]?.value as number;
        });
        return [own, ...(await Promise.all([read(dataSource, index), read(dataSource, 100 + index)]))];
      }),
    );

    expect(answers).toEqual(answers.map((_, index) => [index, index, 100 + index]));
    expect(poolFigures(dataSource)).toMatchObject({ connectionsInUse: 0, callersWaiting: 0 });
  });

  test('count as callers that wait, each of them', async () => {
    const runners = Array.from({ length: POOL_SIZE }, () => dataSource.createQueryRunner());
    await Promise.all(runners.map((runner) => runner.query('SELECT 1')));
    const waiting = many(dataSource, 6);
    await endOfTurn();

    expect(poolFigures(dataSource)).toMatchObject({ connectionsInUse: POOL_SIZE, callersWaiting: 6 });
    await Promise.all(runners.map((runner) => runner.release()));
    expect(await Promise.all(waiting)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('fail each by itself', async () => {
    const [first, second, third] = await Promise.allSettled([
      read(dataSource, 1),
      wrong.send(dataSource.manager, { value: 2 }),
      read(dataSource, 3),
    ]);

    expect(second).toMatchObject({ status: 'rejected', reason: expect.any(QueryFailedError) });
    expect([first, third]).toEqual([
      { status: 'fulfilled', value: 1 },
      { status: 'fulfilled', value: 3 },
    ]);
    expect(await Promise.all(many(dataSource, 9))).toHaveLength(9);
  });

  test('are sent again when their connection is lost under them', async () => {
    const slowly = new Statement(
      () => `SELECT :value AS value, SLEEP(${STATEMENT_SECONDS}) AS slept /* slowly */`,
    );
    const startedAtMs = performance.now();
    const answers = Promise.all([
      read(dataSource, 1),
      slowly.send(dataSource.manager, { value: 2 }),
      read(dataSource, 3),
      read(dataSource, 4),
    ]);
    await killConnectionOf(killer, '/* slowly */');
    const [first, slow, third, fourth] = await answers;

    expect([first, slow.records[0]?.value, third, fourth]).toEqual([1, 2, 3, 4]);
    // The second run of the slow one was not cut off.
    expect(performance.now() - startedAtMs).toBeGreaterThan(STATEMENT_SECONDS * 1000);
    expect(poolFigures(dataSource)).toMatchObject({ connectionsInUse: 0 });
  });

  test('go one by one where the database does not take several', async () => {
    await dataSource.destroy();
    dataSource = await connect({ ...databaseSettings(database.env), pipelining: false } as never);
    await read(dataSource, 0);
    const during = watchPackets(dataSource);
    const packets = await during(() => Promise.all(many(dataSource, 6)));

    expect(packets.map((packet) => packet.length)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test('fail all when there is no way to the database', async () => {
    const lost = new SharedReads(async () => Promise.reject(new Error('no way')));
    const texts = Array.from({ length: 9 }, (_, index) => ({ sql: `SELECT ${index}`, values: [] }));
    const ended = await Promise.allSettled(texts.map((text) => lost.send(text)));

    expect(ended).toEqual(
      texts.map(() => ({ status: 'rejected', reason: expect.objectContaining({ message: 'no way' }) })),
    );
    expect(lost.takenAlong).toBe(0);
  });

  test('are all answered when the next connection takes fewer of them at once', async () => {
    const takesSeveral = [true, false, false, false, false, false, false, false, false];
    const packets: number[] = [];
    const reads = new SharedReads(async () => ({
      isPipelined: takesSeveral.shift() === true,
      sendEach: async (texts, end) => {
        packets.push(texts.length);
        for (const text of texts) end(text, { records: [{ sql: text.sql }], affected: 0 });
      },
      release: async () => {},
    }));
    const sent = (sql: string) => reads.send({ sql, values: [] });
    await sent('SELECT 0');
    const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => sent(`SELECT ${index}`)));

    expect(answers.map(({ records }) => records[0]?.sql)).toEqual(
      answers.map((_, index) => `SELECT ${index}`),
    );
    expect(packets).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1]);
  });

  test('wait each for as long as it may, also when the connection that it waits for does not come', async () => {
    const asked: { give: () => void; refuse: () => void }[] = [];
    const connection: ReadingConnection = {
      isPipelined: true,
      sendEach: async (texts, end) => {
        for (const text of texts) end(text, { records: [], affected: 0 });
      },
      release: async () => {},
    };
    const reads = new SharedReads(
      () =>
        new Promise((resolve, reject) => {
          asked.push({ give: () => resolve(connection), refuse: () => reject(new Error('no way')) });
        }),
    );
    const sent = () => reads.send({ sql: 'SELECT 1', values: [] });
    const ready = sent();
    await endOfTurn();
    asked[0]?.give();
    await ready;
    const first = sent();
    await endOfTurn();
    const later = sent();
    expect(asked).toHaveLength(2);
    asked[1]?.refuse();

    await expect(first).rejects.toThrow('no way');
    await endOfTurn();
    expect(asked).toHaveLength(3);
    asked[2]?.give();
    expect(await later).toEqual({ records: [], affected: 0 });
  });
});
