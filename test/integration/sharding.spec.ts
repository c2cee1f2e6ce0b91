import { once } from 'node:events';
import { connect as connectTo, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import {
  AbstractLogger,
  type DataSource,
  In,
  type LogLevel,
  type LogMessage,
  type QueryRunner,
} from 'typeorm';
import { ulid } from 'ulid';
import { AuthService } from '../../src/auth/auth.service.js';
import { Guesses } from '../../src/auth/guesses.js';
import { SessionService } from '../../src/auth/session.service.js';
import { Session } from '../../src/auth/session.entity.js';
import { inTransaction } from '../../src/database/transaction.js';
import { violatesUniqueKey } from '../../src/database/unique-key.js';
import { OwnRateCounts } from '../../src/graphql/own-rate-counts.js';
import { PaymentOrder } from '../../src/payment-order/payment-order.entity.js';
import { Cancellation, CancellationState } from '../../src/point-transaction/cancellation.entity.js';
import { Ledger } from '../../src/point-transaction/ledger.js';
import {
  PointTransaction,
  TRANSACTION_PAYMENT_UNIQUE,
} from '../../src/point-transaction/point-transaction.entity.js';
import { ErrorCode } from '../../src/refusal/error-code.js';
import { Refusal } from '../../src/refusal/refusal.js';
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
} from '../support/books.js';
import {
  type DatabaseEnv,
  describeOnEachDatabase,
  describeOnMariadb,
  type TestDatabase,
} from '../support/databases.js';
import {
  answerJson,
  type FaultyGateway,
  onCancel,
  refuse,
  startFaultyGateway,
} from '../support/faulty-gateway.js';
import { type GatewayAndRooms, openGatewayAndRooms } from '../support/gateway-and-rooms.js';
import { gatewayView, type GatewayView } from '../support/gateway-view.js';
import { createTestDatabase } from '../support/mariadb.js';
import { inAnyOrder, randomFrom } from '../support/random.js';
import { openRooms, type Rooms } from '../support/rooms.js';
import { type RunningProgram, startSimulator } from '../support/server.js';
import { simulatorControl, type SimulatorControl } from '../support/simulator-control.js';

/**
 * Backs docs/scale.md: several databases with our schema, and our own classes on each, stand for the shards. Which shard
 * a user is on, and the lookup tables that a key across shards needs, live here and not in the product.
 */
const SHARDS = 3;
const USERS = 9;
const ORDERS_OF_USER = 3;
const AMOUNT = 10_000;
const PART = 3_000;
const SIGN_UPS_AT_ONCE = 4;
/** As in src/auth/session.service.ts. */
const SESSIONS_PER_USER_MAX = 20;
/** Write conflict; commit failed and rolled back; schema changed; as TiDB's list of error codes has them. */
const TIDB_TAKEN_BACK = [8002, 8022, 8028, 9007];
const CHARGES = 20;
const ROUND_TRIP_MS = 20;
/** From the answer to SELECT … FOR UPDATE to COMMIT: order, row, balance, and half of the first and of the last. */
const LOCKED_ROUND_TRIPS = 4;

/** As docs/scale.md lists them: statements inside a transaction that find their rows by another key than the user. */
const UNROUTABLE = [
  'DELETE session',
  'SELECT cancellation',
  'SELECT point_transaction',
  'UPDATE cancellation',
  'UPDATE payment_order',
];

interface Statement {
  /** Its verb and its table. */
  text: string;
  parameters: string[];
}

/** Keeps what was said inside each transaction. */
class TransactionStatements extends AbstractLogger {
  private readonly ofRunners = new Map<QueryRunner, Statement[]>();

  transactions(): Statement[][] {
    return [...this.ofRunners.values()];
  }

  protected override writeLog(
    _level: LogLevel,
    messages: LogMessage | LogMessage[],
    queryRunner?: QueryRunner,
  ): void {
    if (!queryRunner?.isTransactionActive) return;
    for (const message of [messages].flat()) {
      if (typeof message !== 'object') continue;
      const sql = String(message.message);
      const [verb = ''] = /^\w+/.exec(sql) ?? [];
      const [, table] = /(?:FROM|INTO|UPDATE) [`"](\w+)[`"]/.exec(sql) ?? [];
      if (!table) continue;
      const parameters = (message.parameters ?? []).filter((value: unknown) => typeof value === 'string');
      const statement = { text: `${verb} ${table}`, parameters };
      this.ofRunners.set(queryRunner, [...(this.ofRunners.get(queryRunner) ?? []), statement]);
    }
  }

  protected override isLogEnabledFor(type?: string): boolean {
    return type === 'query';
  }
}

/** Which user each key of any table belongs to. */
async function ownersOfKeys({ manager }: DataSource): Promise<Map<string, string>> {
  const owners = new Map<string, string>();
  for (const { id } of await manager.find(User)) owners.set(id, id);
  for (const { id, userId } of await manager.find(Session)) owners.set(id, userId);
  for (const { merchantUid, userId } of await manager.find(PaymentOrder)) owners.set(merchantUid, userId);
  for (const { id, impUid, userId } of [
    ...(await manager.find(PointTransaction)),
    ...(await manager.find(Cancellation)),
  ]) {
    owners.set(id, userId);
    owners.set(impUid, userId);
  }
  return owners;
}

/** The result of a cancel, or the code of the refusal. */
async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    const result = await call;
    return result instanceof Cancellation ? result.state : 'done';
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

interface EmptyDatabase {
  env: DatabaseEnv;
  drop(): Promise<void>;
}

/** One more database of the same kind, beside the suite's own. */
async function emptyDatabase(database: TestDatabase, name: string): Promise<EmptyDatabase> {
  const DATA_DIR = join(database.env.DATA_DIR, name);
  // The folder goes with the suite's own.
  if (database.name === 'SQLite') return { env: { DATA_DIR }, drop: async () => undefined };
  const mariadb = await createTestDatabase();
  return { env: { DATA_DIR, DATABASE_URL: mariadb.url }, drop: () => mariadb.drop() };
}

const DUPLICATE = /^(ER_DUP_ENTRY|SQLITE_CONSTRAINT_PRIMARYKEY)$/;

type Lookup = Awaited<ReturnType<typeof openLookup>>;

/** What stands for a unique key over all shards: a table of one database, with the key alone and whose it is. */
async function openLookup(env: DatabaseEnv) {
  const tables = await connect(databaseSettings(env));
  await tables.query('CREATE TABLE lookup (name varchar(300) PRIMARY KEY, owner varchar(40) NOT NULL)');
  async function ownerOf(name: string): Promise<string | undefined> {
    const [row] = await tables.query('SELECT owner FROM lookup WHERE name = ?', [name]);
    return row?.owner;
  }

  return {
    ownerOf,
    /** Writes it down unless somebody did before. @returns whose it is. */
    claim: async (name: string, owner: string): Promise<string | undefined> => {
      try {
        await tables.query('INSERT INTO lookup (name, owner) VALUES (?, ?)', [name, owner]);
        return owner;
      } catch (error) {
        if (!DUPLICATE.test(String((error as { driverError?: { code?: string } }).driverError?.code)))
          throw error;
        return ownerOf(name);
      }
    },
    close: () => tables.destroy(),
  };
}

/** The same database with a long way to it. */
async function farAway(databaseUrl: string, roundTripMs: number) {
  const target = new URL(databaseUrl);
  const proxy = createServer((client) => {
    const server = connectTo(Number(target.port), target.hostname);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('data', (sent) => setTimeout(() => to.write(sent), roundTripMs / 2));
      from.on('close', () => to.destroy());
      from.on('error', () => to.destroy());
    }
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((proxy.address() as AddressInfo).port);
  return {
    url: url.href,
    close: async () => {
      proxy.close();
      await once(proxy, 'close');
    },
  };
}

describeOnEachDatabase('shards by user', (database) => {
  let program: RunningProgram;
  let gateway: FaultyGateway;
  let simulator: SimulatorControl;
  let view: GatewayView;
  let lookup: Lookup;
  const shards: Rooms[] = [];
  const databases: EmptyDatabase[] = [];
  /** Which shard has a user; in Vitess a hash of the id says it. */
  const homes = new Map<string, Rooms>();

  beforeAll(async () => {
    program = await startSimulator();
    gateway = await startFaultyGateway(program.url);
    simulator = simulatorControl(program.url);
    view = gatewayView(program.url);
    for (let index = 0; index < SHARDS; index += 1) {
      const shard = await emptyDatabase(database, `shard-${index}`);
      databases.push(shard);
      shards.push(await openRooms({ database: shard.env, gatewayUrl: gateway.url }));
    }
    const tables = await emptyDatabase(database, 'lookup');
    databases.push(tables);
    lookup = await openLookup(tables.env);
  });
  beforeEach(() => gateway.behave());
  afterAll(async () => {
    await Promise.all([...shards.map((shard) => shard.close()), lookup.close()]);
    await Promise.all(databases.map((shard) => shard.drop()));
    await gateway.stop();
    await program.stop();
  });

  const shardAt = (index: number): Rooms => shards[index % SHARDS] as Rooms;
  const homeOf = (userId: string): Rooms => homes.get(userId) as Rooms;

  async function userOn(shard: Rooms): Promise<User> {
    const user = await addUser(shard.books);
    homes.set(user.id, shard);
    return user;
  }

  /** An order with its line in the lookup table, which is written first: without its order it does no harm. */
  async function orderOf(userId: string): Promise<PaymentOrder> {
    const order = await addOrder(homeOf(userId).books, userId, AMOUNT);
    await lookup.claim(`order ${order.merchantUid}`, userId);
    return order;
  }

  const pay = async ({ merchantUid, amount }: PaymentOrder) =>
    (await simulator.pay({ merchant_uid: merchantUid, amount })).imp_uid;

  /** A webhook names no user. The gateway's answer names the order, and the lookup table its owner. */
  async function tell(impUid: string): Promise<void> {
    const { merchant_uid: merchantUid } = await view.read(impUid);
    const userId = await lookup.ownerOf(`order ${merchantUid}`);
    if (userId) await homeOf(userId).reconciliation.reconcile(impUid);
  }

  const pointsOf = async (userId: string) =>
    (await homeOf(userId).books.manager.findOneByOrFail(User, { id: userId })).point;

  test('keep the books of all users right while payments are claimed, told of and cancelled at once', async () => {
    const random = randomFrom();
    const users = await Promise.all(Array.from({ length: USERS }, (_, index) => userOn(shardAt(index))));
    const stranger = (owner: string) =>
      inAnyOrder(random, users).find(({ id }) => id !== owner)?.id as string;
    const events: (() => Promise<void>)[] = [];
    const payments: { impUid: string; userId: string }[] = [];
    for (const { id: userId } of users) {
      for (let count = 0; count < ORDERS_OF_USER; count += 1) {
        const impUid = await pay(await orderOf(userId));
        payments.push({ impUid, userId });
        const claim = async () => {
          const { credit } = await homeOf(userId).transactions.create(userId, impUid);
          expect(credit).toMatchObject({ impUid, userId, amount: AMOUNT });
        };
        const foreignClaim = async () => {
          const thief = stranger(userId);
          expect(await outcomeOf(homeOf(thief).transactions.create(thief, impUid))).toBe(
            ErrorCode.PAYMENT_NOT_FOUND,
          );
        };
        const claimAndCancel = async () => {
          await claim();
          const cancelled = homeOf(userId).cancellations.cancel(userId, { impUid, amount: PART });
          expect([CancellationState.DONE, ErrorCode.CANCEL_IN_PROGRESS]).toContain(
            await outcomeOf(cancelled),
          );
        };
        events.push(
          claim,
          claim,
          foreignClaim,
          foreignClaim,
          () => tell(impUid),
          claimAndCancel,
          claimAndCancel,
        );
      }
    }
    // Nobody claims these and nobody is told: recovery, which knows its own shard alone, finds them.
    const forgotten = await Promise.all(
      users.map(async ({ id: userId }) => {
        const order = await orderOf(userId);
        payments.push({ impUid: await pay(order), userId });
        await homeOf(userId).books.manager.update(
          PaymentOrder,
          { merchantUid: order.merchantUid },
          { nextCheckAt: new Date() },
        );
        return order;
      }),
    );

    await Promise.all(inAnyOrder(random, events).map((event) => event()));
    await Promise.all(
      shards.map((shard) =>
        shard.recoverUntil(async () => {
          for (const { userId, merchantUid } of forgotten) {
            if (homeOf(userId) === shard)
              expect(await shard.ledger.findCreditsOfOrders([merchantUid])).toHaveLength(1);
          }
        }),
      ),
    );

    expect(await faultsOverAll(users.map(({ id }) => id))).toEqual([]);
    let left = 0;
    for (const { impUid } of payments) {
      const { amount, cancel_amount: cancelled } = await view.read(impUid);
      left += amount - cancelled;
    }
    const points = await Promise.all(users.map(({ id }) => pointsOf(id)));
    expect(points.reduce((sum, point) => sum + point, 0)).toBe(left);
    expect(left).toBeLessThan(payments.length * AMOUNT);
  });

  /** What no single database can see: the same key on two shards, or a user's rows on another shard than the user. */
  async function faultsOverAll(userIds: string[]): Promise<string[]> {
    const faults: string[] = [];
    const seen = new Set<string>();
    const onlyOnce = (key: string) => {
      if (seen.has(key)) faults.push(`${key} twice`);
      seen.add(key);
    };
    for (const userId of userIds) faults.push(...(await faultsInBooks(homeOf(userId).books, userId)));
    for (const shard of shards) {
      const { manager } = shard.books;
      const ofThem = { userId: In(userIds) };
      const rows = await manager.findBy(PointTransaction, ofThem);
      const orders = await manager.findBy(PaymentOrder, ofThem);
      const cancellations = await manager.findBy(Cancellation, ofThem);
      for (const row of rows) {
        onlyOnce(`transaction ${row.id}`);
        onlyOnce(`payment ${row.impUid} ${row.cancellationKey}`);
        onlyOnce(`credit or cancel ${row.merchantUid} ${row.cancellationKey}`);
      }
      for (const { merchantUid } of orders) onlyOnce(`order ${merchantUid}`);
      for (const { id } of cancellations) onlyOnce(`cancellation ${id}`);
      for (const { userId } of [...rows, ...orders, ...cancellations]) {
        if (homeOf(userId) !== shard) faults.push(`a row of ${userId} is on another shard`);
      }
    }
    return faults;
  }

  describe('whose unique key on e-mail addresses holds in one shard only', () => {
    const authOf = ({ books, settings }: Rooms) =>
      new AuthService(
        books,
        new SessionService(books, settings),
        new JwtService({ secret: 'only for tests, 32 bytes.' }),
        new Guesses({ rateLimit: false }, new OwnRateCounts()),
      );
    const signUp = (shard: Rooms, email: string) =>
      authOf(shard).createUser({ email, password: 'correct horse battery', name: '김포인트' }, '127.0.0.1');

    test('let one address sign up on each of them', async () => {
      const email = `${ulid().toLowerCase()}@example.com`;

      await Promise.all(shards.map((shard) => signUp(shard, email)));

      expect(await outcomeOf(signUp(shardAt(0), email))).toBe(ErrorCode.EMAIL_TAKEN);
    });

    test('let it sign up once when a lookup table is asked first', async () => {
      const email = `${ulid().toLowerCase()}@example.com`;
      const signUpOnce = async (shard: Rooms) => {
        const ticket = ulid();
        if ((await lookup.claim(`email ${email}`, ticket)) !== ticket) return undefined;
        return signUp(shard, email);
      };
      const tries = Array.from({ length: SIGN_UPS_AT_ONCE * SHARDS }, (_, index) =>
        signUpOnce(shardAt(index)),
      );

      const users = (await Promise.all(tries)).filter((user) => user !== undefined);

      expect(users).toHaveLength(1);
      const counts = await Promise.all(shards.map(({ books }) => books.manager.countBy(User, { email })));
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1);
    });
  });

  describe('and a gateway that lets one payment change its order', () => {
    let impUid: string;
    let first: User;
    let second: User;

    /** The first user's payment is credited; from then on the gateway says that it pays an order of the second one. */
    async function payThenChange(secondShard: Rooms, charge: typeof chargeOf): Promise<void> {
      first = await userOn(shardAt(0));
      second = await userOn(secondShard);
      impUid = await pay(await orderOf(first.id));
      await charge(first.id);
      letItName((await orderOf(second.id)).merchantUid);
    }

    function letItName(merchantUid: string): void {
      gateway.misbehave((request, response, forward) => {
        if (!request.url?.startsWith(`/payments/${impUid}`)) return false;
        const answerChanged = async () => {
          const { status, body } = await forward();
          const answer = JSON.parse(body) as { response: object };
          answerJson(response, status, {
            ...answer,
            response: { ...answer.response, merchant_uid: merchantUid },
          });
        };
        answerChanged().catch((error: unknown) => response.destroy(error as Error));
        return true;
      });
    }

    async function chargeOf(userId: string): Promise<void> {
      await homeOf(userId).reconciliation.reconcile(impUid);
    }

    /** The first order that a payment was seen to pay is written down for all shards before the books. */
    async function chargeOnce(userId: string): Promise<void> {
      const found = await homeOf(userId).reconciliation.find(impUid);
      const merchantUid = found?.order.merchantUid as string;
      if ((await lookup.claim(`payment ${impUid}`, merchantUid)) === merchantUid) await chargeOf(userId);
    }

    const points = async () => [await pointsOf(first.id), await pointsOf(second.id)];

    test('credit it once inside one shard, where the unique key decides', async () => {
      await payThenChange(shardAt(0), chargeOf);

      const error: unknown = await chargeOf(second.id).catch((thrown: unknown) => thrown);

      expect(violatesUniqueKey(homeOf(second.id).books, error, TRANSACTION_PAYMENT_UNIQUE)).toBe(true);
      expect(await points()).toEqual([AMOUNT, 0]);
    });

    test('credit it twice across two shards, which no key of a shard can see', async () => {
      await payThenChange(shardAt(1), chargeOf);

      await chargeOf(second.id);

      expect(await points()).toEqual([AMOUNT, AMOUNT]);
      expect(await faultsOverAll([first.id, second.id])).toEqual([`payment ${impUid}  twice`]);
    });

    test('credit it once when a lookup table says which order it pays', async () => {
      await payThenChange(shardAt(1), chargeOnce);

      await chargeOnce(second.id);

      expect(await points()).toEqual([AMOUNT, 0]);
      expect(await faultsOverAll([first.id, second.id])).toEqual([]);
    });
  });
});

describeOnEachDatabase('a transaction of any operation', (database) => {
  const statements = new TransactionStatements();
  let house: GatewayAndRooms;

  beforeAll(async () => {
    house = await openGatewayAndRooms(database.env);
    const { books, cancellations } = house.rooms;
    books.setOptions({ logger: statements, logging: ['query'] });
    const credits = await Promise.all([everyOperation(), everyOperation()]);
    house.gateway.misbehave(onCancel(refuse));
    for (const { userId, impUid } of credits)
      expect(await outcomeOf(cancellations.cancel(userId, { impUid }))).toBe(ErrorCode.CANCEL_REFUSED);
  });
  afterAll(() => house.close());

  /** Two users do it at the same time, so that a statement about the wrong one would show. @returns what is left. */
  async function everyOperation(): Promise<PointTransaction> {
    const { books, settings, transactions, cancellations, reconciliation, recoverUntil } = house.rooms;
    const { id: userId } = await house.user();
    const charged = async () => {
      const { imp_uid: impUid } = await house.pay(await house.order(userId));
      return (await transactions.create(userId, impUid)).credit;
    };
    const sessions = new SessionService(books, settings);
    for (let count = 0; count <= SESSIONS_PER_USER_MAX; count += 1) await sessions.start(userId);

    const { impUid } = await charged();
    await cancellations.cancel(userId, { impUid, idempotencyKey: ulid() });
    const outside = await charged();
    await house.view.cancelOutside(outside.impUid);
    await reconciliation.reconcile(outside.impUid);
    const { imp_uid: wrong } = await house.pay(await house.order(userId), { amount: AMOUNT / 2 });
    expect(await outcomeOf(transactions.create(userId, wrong))).toBe(ErrorCode.PAYMENT_MISMATCH);
    await recoverUntil(async () => {
      const giveBack = await books.manager.findOneByOrFail(Cancellation, { userId, impUid: wrong });
      expect(giveBack.state).toBe(CancellationState.DONE);
    });
    return charged();
  }

  test('is about one user, so one shard by user has all of its rows', async () => {
    const owners = await ownersOfKeys(house.rooms.books);

    const users = statements
      .transactions()
      .map((transaction) => [
        ...new Set(
          transaction.flatMap(({ parameters }) => parameters.flatMap((key) => owners.get(key) ?? [])),
        ),
      ]);

    expect(users.filter((those) => those.length !== 1)).toEqual([]);
    expect(new Set(users.flat()).size).toBe(2);
  });

  test('names the user in each statement but these, which a router could not send to one shard', async () => {
    const users = new Set((await house.rooms.books.manager.find(User)).map(({ id }) => id));

    const unnamed = statements
      .transactions()
      .flat()
      .filter(({ parameters }) => !parameters.some((value) => users.has(value)))
      .map(({ text }) => text);

    expect([...new Set(unnamed)].toSorted()).toEqual(UNROUTABLE);
  });
});

describeOnMariadb('what docs/scale.md says of other databases', (database) => {
  let books: DataSource;

  beforeAll(async () => {
    books = await openBooks(database.env);
  });
  afterAll(() => books.destroy());

  test.each(TIDB_TAKEN_BACK)(
    'error %i of TiDB is not known to the transaction yet: it ends with it',
    async (errno) => {
      let runs = 0;

      const outcome: unknown = await inTransaction(books, 'READ COMMITTED', async (manager) => {
        runs += 1;
        await manager.query(
          `SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = ${errno}, MESSAGE_TEXT = 'try again later'`,
        );
      }).catch((error: unknown) => error);

      expect(outcome).toMatchObject({ driverError: { errno, code: undefined } });
      expect(runs).toBe(1);
    },
  );

  test('the name of a key is found in the words of MySQL and TiDB, and not in those of Vitess', async () => {
    const said = async (message: string) => {
      const text = message.replaceAll("'", "''");
      const error: unknown = await books
        .query(`SIGNAL SQLSTATE '23000' SET MYSQL_ERRNO = 1062, MESSAGE_TEXT = '${text}'`)
        .catch((thrown: unknown) => thrown);
      return violatesUniqueKey(books, error, TRANSACTION_PAYMENT_UNIQUE);
    };
    const words = `Duplicate entry 'imp_1-' for key 'point_transaction.${TRANSACTION_PAYMENT_UNIQUE}'`;

    expect(await said(words)).toBe(true);
    expect(await said(`${words} (errno 1062) (sqlstate 23000) (CallerID: app)`)).toBe(false);
  });

  /** TiDB's REPEATABLE READ sees the moment of BEGIN, which is before the wait for the lock. */
  test('books that were seen before the lock are old: only READ COMMITTED sees them under it', async () => {
    const user = await addUser(books);
    const ledger = new Ledger(books);
    const seenUnderLock = async (isolation: 'READ COMMITTED' | 'REPEATABLE READ') => {
      const runner = books.createQueryRunner();
      const before = await books.manager.countBy(PointTransaction, { userId: user.id });
      try {
        await runner.query(`SET TRANSACTION ISOLATION LEVEL ${isolation}`);
        await runner.query('START TRANSACTION WITH CONSISTENT SNAPSHOT');
        const { merchantUid } = await addOrder(books, user.id, AMOUNT);
        await ledger.credit({ userId: user.id, merchantUid, impUid: newImpUid(), amount: AMOUNT });
        await runner.query('SELECT id FROM user WHERE id = ? FOR UPDATE', [user.id]);
        const [row] = await runner.query('SELECT COUNT(*) AS count FROM point_transaction WHERE userId = ?', [
          user.id,
        ]);
        return Number(row.count) - before;
      } finally {
        await runner.query('ROLLBACK');
        await runner.release();
      }
    };

    expect(await seenUnderLock('READ COMMITTED')).toBe(1);
    expect(await seenUnderLock('REPEATABLE READ')).toBe(0);
  });

  test('charges of one user wait for each other for four round trips each, those of many users do not', async () => {
    const far = await farAway(database.env.DATABASE_URL as string, ROUND_TRIP_MS);
    const farBooks = await connect(databaseSettings({ ...database.env, DATABASE_URL: far.url }));
    try {
      const ledger = new Ledger(farBooks);
      const charge = ({ merchantUid, userId, amount }: PaymentOrder) =>
        ledger.credit({ merchantUid, userId, amount, impUid: newImpUid() });
      const timeOf = async (orders: PaymentOrder[]) => {
        const startedAtMs = performance.now();
        await Promise.all(orders.map(charge));
        return performance.now() - startedAtMs;
      };
      const ordersOf = async (count: number) =>
        addOrders(books, (await addUser(books)).id, Array(count).fill(AMOUNT));
      const ofMany = async () =>
        (await Promise.all(Array.from({ length: CHARGES }, () => ordersOf(1)))).flat();
      await timeOf(await ofMany()); // opens the connections

      const spreadMs = await timeOf(await ofMany());
      const hotMs = await timeOf(await ordersOf(CHARGES));

      expect(hotMs).toBeGreaterThan((CHARGES - 1) * LOCKED_ROUND_TRIPS * ROUND_TRIP_MS);
      expect(spreadMs).toBeLessThan(hotMs / 2);
    } finally {
      await farBooks.destroy();
      await far.close();
    }
  });
});
