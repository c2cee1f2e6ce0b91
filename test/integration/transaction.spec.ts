import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import Database from 'libsql';
import type { DataSource, EntityManager } from 'typeorm';
import { inTransaction } from '../../src/database/transaction.js';
import { credited } from '../../src/point-transaction/announcements.js';
import { PointAccount } from '../../src/point-account/point-account.entity.js';
import { User } from '../../src/user/user.entity.js';
import {
  addOrder,
  addOrders,
  addUser,
  connect,
  databaseSettings,
  faultsInBooks,
  newImpUid,
  openBooks,
  readAccount,
  applierOf,
} from '../support/books.js';
import { type CommitAnswerProxy, startCommitAnswerProxy } from '../support/commit-answer-proxy.js';
import { describeOnEachDatabase } from '../support/databases.js';

/** As in src/database/retry.ts. */
const ATTEMPTS_MAX = 12;
/** Few enough that no transaction meets its end more often than it is tried. */
const KILLS_MAX = 40;

describeOnEachDatabase('a transaction', (database) => {
  let dataSource: DataSource;
  let user: User;

  beforeAll(async () => {
    dataSource = await openBooks(database.env);
  });
  afterAll(() => dataSource.destroy());
  beforeEach(async () => {
    user = await addUser(dataSource);
  });

  const run = <T>(work: (manager: EntityManager) => Promise<T>) =>
    inTransaction(dataSource, 'READ COMMITTED', work);
  const addPoint = (manager: EntityManager, id = user.id) =>
    manager.update(PointAccount, id, { point: () => 'point + 1' });
  const pointsOf = async ({ id }: User = user) =>
    (await dataSource.manager.findOneByOrFail(PointAccount, { ownerId: id })).point;

  test('writes all and returns what its work returned', async () => {
    const answer = await run(async (manager) => {
      await addPoint(manager);
      await sleep(1);
      await addPoint(manager);
      return 'done';
    });

    expect(answer).toBe('done');
    expect(await pointsOf()).toBe(2);
  });

  test('writes nothing and passes the error on when its work throws, after one run', async () => {
    let runs = 0;
    const refusal = new Error('no');

    await expect(
      run(async (manager) => {
        runs += 1;
        await addPoint(manager);
        throw refusal;
      }),
    ).rejects.toBe(refusal);

    expect(runs).toBe(1);
    expect(await pointsOf()).toBe(0);
  });

  test('writes nothing when a statement in it fails', async () => {
    await expect(
      run(async (manager) => {
        await addPoint(manager);
        await manager.insert(User, user);
      }),
    ).rejects.toThrow(/Duplicate|UNIQUE/);

    expect(await pointsOf()).toBe(0);
  });

  test('that is rolled back takes nothing of the others at the same moment with it', async () => {
    const [first, second, third] = [
      await addUser(dataSource),
      await addUser(dataSource),
      await addUser(dataSource),
    ] as const;
    const refusal = new Error('no');
    const saved: User[] = [];

    const outcomes = await Promise.allSettled([
      run(async (manager) => {
        await addPoint(manager);
        await sleep(20);
        throw refusal;
      }),
      run(async (manager) => {
        await addPoint(manager, first.id);
        await sleep(10);
        await addPoint(manager, second.id);
      }),
      // Plain saves, which have no transaction of their own.
      dataSource.manager.update(PointAccount, third.id, { point: 7 }),
      addUser(dataSource).then((newcomer) => saved.push(newcomer)),
      sleep(5).then(async () => saved.push(await addUser(dataSource))),
    ]);

    expect(outcomes.map(({ status }) => status)).toEqual([
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
    expect(await pointsOf()).toBe(0);
    expect(await Promise.all([first, second, third].map(pointsOf))).toEqual([1, 1, 7]);
    expect(saved).toHaveLength(2);
    for (const { id } of saved) expect(await dataSource.manager.existsBy(User, { id })).toBe(true);
  });

  test('shows nobody what it has not committed', async () => {
    let reading: Promise<number> | undefined;
    let points: number | undefined;

    await run(async (manager) => {
      await addPoint(manager);
      reading = pointsOf().then((seen) => (points = seen));
      // On MariaDB the reader sees the old balance; on SQLite it waits for its turn.
      await (database.name === 'MariaDB' ? reading : sleep(20));
      expect(points).toBe(database.name === 'MariaDB' ? 0 : undefined);
    });

    expect(await reading).toBe(database.name === 'MariaDB' ? 0 : 1);
    expect(await pointsOf()).toBe(1);
  });

  if (database.name === 'MariaDB') {
    describe('is run again as a whole', () => {
      test('after a real deadlock, and each write counts once', async () => {
        const [a, b] = [await addUser(dataSource), await addUser(dataSource)];
        const runs = { first: 0, second: 0 };
        const bothHaveTheirFirstLock = meeting(2);
        const lockInOrder = (name: keyof typeof runs, ids: string[]) =>
          run(async (manager) => {
            runs[name] += 1;
            await addPoint(manager, ids[0]);
            if (runs[name] === 1) await bothHaveTheirFirstLock();
            await addPoint(manager, ids[1]);
          });

        await Promise.all([lockInOrder('first', [a.id, b.id]), lockInOrder('second', [b.id, a.id])]);

        expect([runs.first, runs.second].toSorted((a, b) => a - b)).toEqual([1, 2]);
        expect(await Promise.all([a, b].map(pointsOf))).toEqual([2, 2]);
      });

      test('after it waited too long for a lock', async () => {
        let runs = 0;
        const locked = run(async (manager) => {
          await addPoint(manager);
          await sleep(1500);
        });
        await sleep(50);

        await run(async (manager) => {
          runs += 1;
          await manager.query('SET innodb_lock_wait_timeout = 1');
          const other = await addUser({ manager });
          await addPoint(manager);
          await addPoint(manager, other.id);
        });
        await locked;

        expect(runs).toBe(2);
        expect(await pointsOf()).toBe(2);
      });

      test.each([
        ['deadlock', 1213],
        ['lock wait over', 1205],
        ['row changed since it was read', 1020],
      ])('after error "%s" (%d), from its first statement on', async (_, errno) => {
        let runs = 0;

        await run(async (manager) => {
          runs += 1;
          await addPoint(manager);
          if (runs < 3) await manager.query(`SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = ${errno}`);
        });

        expect(runs).toBe(3);
        expect(await pointsOf()).toBe(1);
      });

      test('when its connection is killed before COMMIT', async () => {
        let runs = 0;

        await run(async (manager) => {
          runs += 1;
          await addPoint(manager);
          if (runs === 1) await killConnection(manager);
        });

        expect(runs).toBe(2);
        expect(await pointsOf()).toBe(1);
      });

      test('when its connection is killed while nothing is asked of it', async () => {
        let runs = 0;

        await run(async (manager) => {
          runs += 1;
          await addPoint(manager);
          if (runs > 1) return;
          await killConnection(manager);
          // The driver has heard of it before the next statement.
          await sleep(100);
          await addPoint(manager);
        });

        expect(runs).toBe(2);
        expect(await pointsOf()).toBe(1);
      });

      test('when a statement of it is interrupted', async () => {
        let runs = 0;

        await run(async (manager) => {
          runs += 1;
          await addPoint(manager);
          if (runs > 1) return;
          const [{ id }] = await manager.query('SELECT CONNECTION_ID() AS id');
          const sleeping = manager.query('SELECT SLEEP(5)');
          await sleep(50);
          await dataSource.query(`KILL QUERY ${id}`);
          await sleeping;
          // MariaDB answers an interrupted SLEEP with 1 and no error, so say it.
          await manager.query(`SIGNAL SQLSTATE '70100' SET MYSQL_ERRNO = 1317`);
        });

        expect(runs).toBe(2);
        expect(await pointsOf()).toBe(1);
      });
    });

    test('gives up after its last attempt with the database’s own error, and nothing is written', async () => {
      let runs = 0;

      await expect(
        run(async (manager) => {
          runs += 1;
          await addPoint(manager);
          await manager.query(`SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213`);
        }),
      ).rejects.toMatchObject({ driverError: { code: 'ER_LOCK_DEADLOCK' } });

      expect(runs).toBe(ATTEMPTS_MAX);
      expect(await pointsOf()).toBe(0);
    });

    test('has the isolation level that its caller wrote', async () => {
      const levels = [];
      for (const level of ['READ COMMITTED', 'REPEATABLE READ'] as const) {
        levels.push(
          await inTransaction(dataSource, level, async (manager) => {
            await manager.findOneBy(PointAccount, { ownerId: user.id });
            await dataSource.manager.update(PointAccount, user.id, { point: () => 'point + 1' });
            return (await manager.findOneByOrFail(PointAccount, { ownerId: user.id })).point;
          }),
        );
      }

      // READ COMMITTED sees the point that came meanwhile, REPEATABLE READ does not see the second one.
      expect(levels).toEqual([1, 1]);
    });

    describe('on a connection whose answers can get lost', () => {
      let proxy: CommitAnswerProxy;
      let proxied: DataSource;

      beforeAll(async () => {
        const { DATABASE_URL = '' } = database.env;
        proxy = await startCommitAnswerProxy(DATABASE_URL);
        proxied = await connect(databaseSettings({ ...database.env, DATABASE_URL: proxy.url }));
      });
      afterAll(async () => {
        await proxied.destroy();
        await proxy.close();
      });

      test('is run again when the answer to COMMIT is lost, because nobody knows whether it counts', async () => {
        let runs = 0;
        proxy.loseNextCommitAnswer();

        await inTransaction(proxied, 'READ COMMITTED', async (manager) => {
          runs += 1;
          await addPoint(manager);
        });

        expect(runs).toBe(2);
        expect(proxy.lostAnswers()).toBe(1);
        // It did count. Work that is not safe to repeat is therefore wrong; the ledger's is (see below).
        expect(await pointsOf()).toBe(2);
      });

      test('credits a payment once, and says so once, although the answer to COMMIT is lost', async () => {
        const announced: number[] = [];
        credited.listen(({ points }) => announced.push(points));
        const order = await addOrder(dataSource, user.id, 10_000);
        const impUid = newImpUid();
        const lostBefore = proxy.lostAnswers();
        proxy.loseNextCommitAnswer();

        const row = await applierOf(proxied)(order, impUid);

        expect(proxy.lostAnswers()).toBe(lostBefore + 1);
        const account = await readAccount(dataSource, user.id);
        expect(account.rows).toEqual([expect.objectContaining({ id: row.id, impUid, amount: 10_000 })]);
        expect(account.balance.point).toBe(10_000);
        expect(await faultsInBooks(dataSource, user.id)).toEqual([]);
        expect(announced).toEqual([10_000]);
      });
    });

    test('credits every payment once while its connections are killed again and again', async () => {
      const credit = applierOf(dataSource);
      const orders = await addOrders(
        dataSource,
        user.id,
        Array.from({ length: 60 }, (_, index) => 1000 + index),
      );
      const done = new AbortController();
      let kills = 0;
      const killer = await connect(databaseSettings(database.env));
      const killing = async () => {
        while (!done.signal.aborted) {
          if (kills >= KILLS_MAX) return;
          const processes = await killer.query(
            `SELECT ID AS id FROM information_schema.PROCESSLIST
             WHERE DB = DATABASE() AND ID <> CONNECTION_ID() AND COMMAND <> 'Sleep' LIMIT 1`,
          );
          for (const { id } of processes) {
            await killer.query(`KILL ${id}`).then(
              () => (kills += 1),
              // It has ended by itself since.
              (error: { driverError: { code?: string } }) =>
                expect(error.driverError.code).toBe('ER_NO_SUCH_THREAD'),
            );
          }
          await sleep(10);
        }
      };

      const crediting = Promise.all(orders.map((order) => credit(order, newImpUid()))).finally(() =>
        done.abort(),
      );
      const outcomes = await Promise.allSettled([crediting, killing()]);
      await killer.destroy();

      expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([]);
      expect(kills).toBeGreaterThan(0);
      expect((await readAccount(dataSource, user.id)).rows).toHaveLength(60);
      expect(await faultsInBooks(dataSource, user.id)).toEqual([]);
    });

    async function killConnection(manager: EntityManager): Promise<void> {
      const [{ id }] = await manager.query('SELECT CONNECTION_ID() AS id');
      await dataSource.query(`KILL ${id}`);
    }
  }

  if (database.name === 'SQLite') {
    const file = () => {
      const settings = databaseSettings(database.env);
      if (settings.kind !== 'sqlite') throw new Error('not SQLite');
      return settings.file;
    };

    describe('beside another program that writes to the file', () => {
      let other: Database.Database;

      beforeAll(() => {
        other = new Database(file());
      });
      afterEach(() => {
        if (other.inTransaction) other.exec('ROLLBACK');
      });
      afterAll(() => {
        other.close();
      });

      test('waits for a second process and then writes', async () => {
        const writer = await startWriter(file(), 400);

        await run(addPoint);

        expect(await pointsOf()).toBe(1);
        await writer.ended;
      });

      test('keeps nobody who reads waiting meanwhile, nor the thread', async () => {
        other.exec('BEGIN IMMEDIATE');
        let longestStopMs = 0;
        let lastMs = performance.now();
        const watch = setInterval(() => {
          longestStopMs = Math.max(longestStopMs, performance.now() - lastMs);
          lastMs = performance.now();
        }, 10);
        const startedAtMs = performance.now();
        const writing = Promise.all([run(addPoint), addPoint(dataSource.manager)]);

        await sleep(100);
        expect(await pointsOf()).toBe(0);
        const readAfterMs = performance.now() - startedAtMs;
        await sleep(2000);
        other.exec('COMMIT');
        await writing;
        clearInterval(watch);

        expect(readAfterMs).toBeLessThan(1000);
        expect(longestStopMs).toBeLessThan(1000);
        expect(await pointsOf()).toBe(2);
      });

      test('is tried again while the database is busy', async () => {
        other.exec('BEGIN IMMEDIATE');
        setTimeout(() => other.exec('COMMIT'), 30);

        await run(addPoint);

        expect(await pointsOf()).toBe(1);
      });

      test('lets the other program write nothing between its read and its write', async () => {
        const [first] = await Promise.allSettled([
          run(async (manager) => {
            const { point } = await manager.findOneByOrFail(PointAccount, { ownerId: user.id });
            expect(() =>
              other.exec(`UPDATE point_account SET point = 10 WHERE ownerId = '${user.id}'`),
            ).toThrow(/locked/);
            await manager.update(PointAccount, user.id, { point: point + 1 });
          }),
        ]);

        expect(first).toEqual({ status: 'fulfilled', value: undefined });
        expect(await pointsOf()).toBe(1);
      });

      test('leaves no trace of a single save that found the database busy', async () => {
        other.exec('BEGIN IMMEDIATE');
        await expect(addPoint(dataSource.manager)).rejects.toMatchObject({
          driverError: { code: 'SQLITE_BUSY' },
        });
        other.exec('COMMIT');

        await addPoint(dataSource.manager);
        await run(addPoint);
        expect(await pointsOf()).toBe(2);
      });

      test('gives up when a caller has waited long enough, and lets the next one through', async () => {
        const work = jest.fn((manager: EntityManager) => addPoint(manager));
        other.exec('BEGIN IMMEDIATE');
        await expect(run(work)).rejects.toMatchObject({
          driverError: { code: 'SQLITE_BUSY' },
        });
        other.exec('COMMIT');
        expect(work).not.toHaveBeenCalled();

        await run(work);

        expect(work).toHaveBeenCalledTimes(1);
        expect(await pointsOf()).toBe(1);
      });
    });

    test('that SQLite has ended by itself fails, and the next ones run', async () => {
      await expect(
        run(async (manager) => {
          await addPoint(manager);
          // What SQLite does on a full disk.
          await manager.query('ROLLBACK');
        }),
      ).rejects.toThrow(/no transaction is active/);

      await run(addPoint);
      await addPoint(dataSource.manager);
      expect(await pointsOf()).toBe(2);
    });

    describe('that waits for a statement outside itself', () => {
      afterEach(() => {
        jest.useRealTimers();
      });

      test('fails when the time in the queue is over, instead of stopping everybody for ever', async () => {
        jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
        const lost = run(async (manager) => {
          await addPoint(manager);
          await pointsOf();
        });
        const failed = expect(lost).rejects.toThrow(/was in use by others/);

        await jest.advanceTimersByTimeAsync(30_000);

        await failed;
        jest.useRealTimers();
        expect(await pointsOf()).toBe(0);
        await run(addPoint);
        expect(await pointsOf()).toBe(1);
      });
    });
  }
});

/** Lets each caller go on when all of them have come. */
function meeting(size: number): () => Promise<void> {
  let come = 0;
  let open: () => void;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return async () => {
    come += 1;
    if (come === size) open();
    await opened;
  };
}

/** Another process that holds the writer's lock of an SQLite file for a while. Returns once it has it. */
async function startWriter(file: string, holdMs: number): Promise<{ ended: Promise<unknown> }> {
  const program = `
    import Database from 'libsql';
    const database = new Database(process.argv[1]);
    database.exec('BEGIN IMMEDIATE');
    process.send('writing');
    setTimeout(() => { database.exec('COMMIT'); process.disconnect(); }, ${holdMs});
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program, file], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  return { ended: once(child, 'close') };
}
