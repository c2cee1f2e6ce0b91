import { once } from 'node:events';
import { connect as connectSocket, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { transientErrorOf } from '../../src/database/retry.js';
import { inTransaction } from '../../src/database/transaction.js';
import { PointAccount } from '../../src/point-account/point-account.entity.js';
import { User } from '../../src/user/user.entity.js';
import { type MortalMariadb, startMortalMariadb } from '../crash/mortal-mariadb.js';
import { addUser, connect, databaseSettings, openBooks } from '../support/books.js';
import { type DatabaseEnv, describeOnMariadb } from '../support/databases.js';
import { createDatabase } from '../support/mariadb.js';

const POOL_SIZE = 2;
/** A caller of the server waits that long and not longer for any one of its waits; see src/database/driver/session-settings.ts. */
const PATIENCE_MS = 15_000;

/** A MariaDB of its own, because its operator changes what holds for everybody. */
describeOnMariadb('a session', (shared) => {
  let mariadb: MortalMariadb;
  let env: DatabaseEnv;
  /** May change what holds for everybody; the program's own user may not, and is stopped by read_only. */
  let operator: DataSource;
  let dataSource: DataSource;
  let user: User;

  beforeAll(async () => {
    mariadb = await startMortalMariadb();
    const url = await createDatabase(mariadb.url, 'points');
    operator = await openBooks({ ...shared.env, DATABASE_URL: url });
    await operator.query(`CREATE USER program@'127.0.0.1' IDENTIFIED BY 'canary-password'`);
    await operator.query(`GRANT ALL ON points.* TO program@'127.0.0.1'`);
    const own = new URL(url);
    own.username = 'program';
    own.password = 'canary-password';
    env = { ...shared.env, DATABASE_URL: own.href };
  });
  beforeEach(async () => {
    user = await addUser(operator);
  });
  afterEach(async () => {
    await dataSource.destroy();
    await operator.query('SET GLOBAL read_only = 0');
  });
  afterAll(async () => {
    await operator.destroy();
    await mariadb.stop();
  });

  const open = async (url = env.DATABASE_URL!) => {
    dataSource = await connect({
      ...databaseSettings({ ...env, DATABASE_URL: url }),
      poolSize: POOL_SIZE,
    } as never);
  };
  const nameOf = async (id: string) => (await operator.manager.findOneByOrFail(User, { id })).name;

  test('says itself whatever the program relies on, whatever the operator made the default', async () => {
    const operators = {
      sql_mode: 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,IGNORE_SPACE',
      autocommit: 0,
      completion_type: 'RELEASE',
      time_zone: '+09:00',
      foreign_key_checks: 0,
      unique_checks: 0,
      check_constraint_checks: 0,
      sql_safe_updates: 1,
      sql_auto_is_null: 1,
      sql_select_limit: 1,
      tx_isolation: 'SERIALIZABLE',
      tx_read_only: 1,
      max_statement_time: 0.000_01,
      innodb_lock_wait_timeout: 1000,
      lock_wait_timeout: 1000,
      character_set_client: 'latin1',
      character_set_results: 'latin1',
    };
    const names = Object.keys(operators);
    const [before] = await operator.query(
      `SELECT ${names.map((name) => `@@GLOBAL.${name} AS ${name}`).join()}`,
    );
    const setGlobal = async (values: Record<string, unknown>) => {
      for (const [name, value] of Object.entries(values)) {
        const isNumber = /^[\d.]+$/.test(String(value));
        await operator.query(`SET GLOBAL ${name} = ${isNumber ? String(value) : `'${String(value)}'`}`);
      }
    };
    await setGlobal(operators);
    try {
      await open();
      const [said] = await dataSource.query(
        `SELECT ${names.map((name) => `@@SESSION.${name} AS ${name}`).join()}, @@SESSION.lc_messages AS lc_messages,
         @@SESSION.collation_connection AS collation_connection, @@SESSION.wsrep_sync_wait AS wsrep_sync_wait`,
      );

      const { sql_select_limit: limit, ...others } = said;
      expect(BigInt(limit)).toBeGreaterThan(2n ** 40n);
      const texts = Object.entries(others).map(([name, value]) => [name, String(value)]);
      expect(Object.fromEntries(texts)).toEqual({
        sql_mode: 'STRICT_TRANS_TABLES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
        autocommit: '1',
        completion_type: 'NO_CHAIN',
        time_zone: '+00:00',
        foreign_key_checks: '1',
        unique_checks: '1',
        check_constraint_checks: '1',
        sql_safe_updates: '0',
        sql_auto_is_null: '0',
        tx_isolation: 'READ-COMMITTED',
        tx_read_only: '0',
        max_statement_time: '10',
        innodb_lock_wait_timeout: '2',
        lock_wait_timeout: '5',
        character_set_client: 'utf8mb4',
        character_set_results: 'utf8mb4',
        lc_messages: 'en_US',
        collation_connection: 'utf8mb4_general_ci',
        wsrep_sync_wait: '7',
      });
      const name = `O'Brien \\' 김😀`;
      await dataSource.manager.update(User, user.id, { name });
      expect((await dataSource.manager.findOneByOrFail(User, { id: user.id })).name).toBe(name);
    } finally {
      await setGlobal(before);
    }
  });

  test('keeps a caller’s text a text, also when something between us and the database changed its mode', async () => {
    await open();
    const runner = dataSource.createQueryRunner();
    await runner.query(`SET SESSION sql_mode = CONCAT(@@SESSION.sql_mode, ',NO_BACKSLASH_ESCAPES')`);
    const name = `x') union select id from user -- \\' OR 1 = 1 -- `;

    await runner.query('UPDATE user SET name = ? WHERE id = ?', [name, user.id]);
    const found = await runner.query('SELECT id FROM user WHERE name = ?', [`\\' OR 1 = 1 -- `]);
    await runner.release();

    expect(await nameOf(user.id)).toBe(name);
    expect(found).toEqual([]);
  });

  test('on a server that became a reader leaves the pool, and a write is carried out where one is allowed', async () => {
    await open();
    const before = await connectionOf(dataSource);
    await operator.query('SET GLOBAL read_only = 1');
    const writing = inTransaction(dataSource, 'READ COMMITTED', (manager) =>
      manager.update(User, user.id, { name: '나중에' }),
    );
    const saving = dataSource.manager.update(PointAccount, user.id, { point: 7 });
    setTimeout(() => void operator.query('SET GLOBAL read_only = 0'), 200);

    await Promise.all([writing, saving]);

    expect(await nameOf(user.id)).toBe('나중에');
    expect((await operator.manager.findOneByOrFail(PointAccount, { ownerId: user.id })).point).toBe(7);
    expect(await connectionOf(dataSource)).not.toBe(before);
  });

  test('that stays a reader’s is a transient error that the caller may meet again, and not a fault of ours', async () => {
    await open();
    await operator.query('SET GLOBAL read_only = 1');

    const failed = dataSource.manager.update(PointAccount, user.id, { point: 7 });

    expect(transientErrorOf(await failed.catch((error: unknown) => error))).toBe('node-not-ready');
  });

  test('beyond the number that its user may have is waited for', async () => {
    await operator.query(`ALTER USER program@'127.0.0.1' WITH MAX_USER_CONNECTIONS 1`);
    try {
      await open();
      await Promise.all(
        Array.from({ length: 14 }, () =>
          inTransaction(dataSource, 'READ COMMITTED', (manager) =>
            manager.update(PointAccount, user.id, { point: () => 'point + 1' }),
          ),
        ),
      );
    } finally {
      await operator.query(`ALTER USER program@'127.0.0.1' WITH MAX_USER_CONNECTIONS 0`);
    }

    expect((await operator.manager.findOneByOrFail(PointAccount, { ownerId: user.id })).point).toBe(14);
  });

  test('waits for a row that another program keeps locked only as long as a caller has patience', async () => {
    await open();
    const keeper = operator.createQueryRunner();
    await keeper.startTransaction();
    await keeper.query('SELECT * FROM point_account WHERE ownerId = ? FOR UPDATE', [user.id]);
    const startedAtMs = performance.now();

    const writers = Array.from({ length: 2 * POOL_SIZE }, () =>
      inTransaction(dataSource, 'READ COMMITTED', (manager) =>
        manager.update(PointAccount, user.id, { point: 1 }),
      ),
    );
    const outcomes = Promise.allSettled(writers);
    await dataSource.manager.existsBy(User, { id: user.id });
    const readAfterMs = performance.now() - startedAtMs;
    const errors = (await outcomes).map((outcome) => 'reason' in outcome && transientErrorOf(outcome.reason));
    const endedAfterMs = performance.now() - startedAtMs;
    await keeper.rollbackTransaction();
    await keeper.release();

    expect(new Set(errors)).not.toContain(undefined);
    expect(new Set(errors)).not.toContain(false);
    expect(readAfterMs).toBeLessThan(5000);
    expect(endedAfterMs).toBeLessThan(PATIENCE_MS);
  });

  test('ends a statement that takes too long', async () => {
    await open();
    const startedAtMs = performance.now();

    const failed = dataSource.query(
      'UPDATE point_account SET point = 1 WHERE ownerId = ? AND SLEEP(30) = 0',
      [user.id],
    );

    expect(transientErrorOf(await failed.catch((error: unknown) => error))).toBe('not-now');
    expect(performance.now() - startedAtMs).toBeLessThan(PATIENCE_MS);
    expect(await dataSource.manager.existsBy(User, { id: user.id })).toBe(true);
  });

  test('that is not answered any more is given up, and the next caller gets another one', async () => {
    const link = await startSilentLink(env.DATABASE_URL!);
    await open(link.url);
    try {
      const before = await connectionOf(dataSource);
      link.silence();
      const startedAtMs = performance.now();

      const failed = dataSource.manager.update(PointAccount, user.id, { point: 1 });

      expect(transientErrorOf(await failed.catch((error: unknown) => error))).toBe('connection-lost');
      expect(performance.now() - startedAtMs).toBeLessThan(PATIENCE_MS);
      expect(await connectionOf(dataSource)).not.toBe(before);
    } finally {
      await dataSource.destroy();
      await link.end();
    }
    await open();
  });

  test('is waited for only so long, and one that comes too late stays in the pool', async () => {
    await open();
    const busy = Array.from({ length: POOL_SIZE }, () => dataSource.createQueryRunner());
    for (const runner of busy) await runner.startTransaction();
    const startedAtMs = performance.now();

    const failed = dataSource.manager.existsBy(User, { id: user.id });

    expect(transientErrorOf(await failed.catch((error: unknown) => error))).toBe('not-now');
    expect(performance.now() - startedAtMs).toBeLessThan(PATIENCE_MS);
    for (const runner of busy) {
      await runner.rollbackTransaction();
      await runner.release();
    }
    const runners = Array.from({ length: POOL_SIZE }, () => dataSource.createQueryRunner());
    for (const runner of runners) await runner.startTransaction();
    for (const runner of runners) {
      await runner.rollbackTransaction();
      await runner.release();
    }
  });
});

async function connectionOf(dataSource: DataSource): Promise<number> {
  const [{ id }] = await dataSource.query('SELECT CONNECTION_ID() AS id');
  return Number(id);
}

/** A way to a database that can fall silent without breaking, as when a cable is cut. */
async function startSilentLink(databaseUrl: string) {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const silenced = new Set<Socket>();
  const listener = createServer((near) => {
    const far = connectSocket(Number(target.port), target.hostname);
    sockets.add(near).add(far);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      socket.on('data', (data) => {
        if (!silenced.has(socket)) other.write(data);
      });
      socket.on('error', () => other.destroy());
      socket.on('close', () => other.destroy());
    }
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const url = new URL(databaseUrl);
  url.port = String((listener.address() as AddressInfo).port);
  return {
    url: url.href,
    /** Of all connections that are open now. */
    silence: () => sockets.forEach((socket) => silenced.add(socket)),
    end: async () => {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}
