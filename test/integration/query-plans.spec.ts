import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Database from 'libsql';
import type { DataSource, EntityTarget, Logger as DatabaseLogger, ObjectLiteral } from 'typeorm';
import { ulid } from 'ulid';
import { Attention, AttentionKind } from '../../src/attention/attention.entity.js';
import { AttentionService } from '../../src/attention/attention.service.js';
import { raise, withdraw } from '../../src/attention/raise.js';
import { SessionService } from '../../src/auth/session.service.js';
import { ledgerRowsOf, paymentsOf, readBooks } from '../../src/comparison/our-rows.js';
import { EventWork } from '../../src/event-sending/event-work.js';
import { EventState, PointEvent } from '../../src/event/event.entity.js';
import { storeEvents } from '../../src/event/outbox.js';
import { GatewayPaymentState } from '../../src/gateway/gateway-payment.js';
import { createLogger } from '../../src/logging/logger.js';
import { BacklogReader } from '../../src/metrics/backlog.js';
import { PaymentOrder, StoredOrderState } from '../../src/payment/payment-order.entity.js';
import { Cancellation, CancellationKind, CancellationState } from '../../src/payment/cancellation.entity.js';
import { newCancellation } from '../../src/payment/cancellations.js';
import { knownAfter } from '../../src/payment/known-payment.js';
import { Payment } from '../../src/payment/payment.entity.js';
import {
  PointTransaction,
  PointTransactionStatus,
} from '../../src/point-transaction/point-transaction.entity.js';
import { Lot, LotKind, LotUse } from '../../src/point-transaction/lot.entity.js';
import { PointAccount } from '../../src/point-account/point-account.entity.js';
import { expiringPointsOf } from '../../src/point-transaction/expiring.js';
import { Hold, HoldState } from '../../src/spending/hold.entity.js';
import { ExpiryNotices } from '../../src/spending/expiry-notices.js';
import { UserService } from '../../src/user/user.service.js';
import { proveBooks } from '../../src/verification/books.js';
import { WebhookDelivery } from '../../src/webhook/webhook-delivery.entity.js';
import { addUser, newImpUid, paidAnswer } from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { type GatewayAndRooms, openGatewayAndRooms } from '../support/gateway-and-rooms.js';

/** Of each table, so that reading all of it is not the best plan. */
const ROWS = 4_000;
const ROWS_AT_ONCE = 500;
/** No statement of an operation reads more rows than the largest batch of recovery has. */
const ROWS_READ_MAX = 200;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Sorts what never grows: what is open at this moment (also attentions, by kind), and the logins of one user. */
const SORTS_FEW = [
  /FROM .point_cancellation. .*openPaymentId.* > .*ORDER BY .*requestedAt. ASC/s,
  /FROM .point_attention. .*resolvedAt.* IS NULL GROUP BY/s,
  // Of one owner, in the days of a month.
  /FROM .point_lot. .*GROUP BY/s,
  /FROM .session. .*userId.* = .*ORDER BY .*id. DESC/s,
];

const SORTS = /filesort|temporary|TEMP B-TREE/;
const READS_ALL = /^(SCAN|ALL|index) /;

interface Statement {
  sql: string;
  parameters: unknown[];
}

describeOnEachDatabase('a statement on tables of some thousand rows', (database) => {
  const isSqlite = database.name === 'SQLite';
  let house: GatewayAndRooms;
  let books: DataSource;
  let onFile: Database.Database;
  let ownerId: string;
  let seen = new Map<string, Statement>();
  const used = new Set<string>();

  beforeAll(async () => {
    house = await openGatewayAndRooms(database.env, {
      RECOVERY_GRACE_MS: '0',
      PAYMENT_LIMITS: 'card:month=1000000000',
    });
    books = house.rooms.books;
    ({ id: ownerId } = await addUser(books));
    await fill();
    if (isSqlite) onFile = new Database(join(database.env.DATA_DIR, 'point.db'));
    else {
      for (const { tableName } of books.entityMetadatas) await books.query(`ANALYZE TABLE \`${tableName}\``);
    }
    const nothing = () => undefined;
    const logger: DatabaseLogger = {
      logQuery: (sql, parameters = []) => {
        const values = Array.isArray(parameters) ? parameters : Object.values(parameters);
        if (/^(SELECT|UPDATE|DELETE|INSERT[^']* SELECT)\b/.test(sql))
          seen.set(sql, { sql, parameters: values });
      },
      logQueryError: nothing,
      logQuerySlow: nothing,
      logSchemaBuild: nothing,
      logMigration: nothing,
      log: nothing,
    };
    books.setOptions({ logger, logging: ['query'] });
  });
  afterAll(async () => {
    onFile?.close();
    await house.close();
  });

  async function insert<Row extends ObjectLiteral>(target: EntityTarget<Row>, rows: Row[]): Promise<void> {
    for (let first = 0; first < rows.length; first += ROWS_AT_ONCE) {
      await books
        .createQueryBuilder()
        .insert()
        .into(target)
        .values(rows.slice(first, first + ROWS_AT_ONCE))
        .updateEntity(false)
        .execute();
    }
  }

  /** One user has a history of years, and nothing is due. */
  async function fill(): Promise<void> {
    const started = Date.now() - 400 * DAY_MS;
    const history = Array.from({ length: ROWS }, (_, index) => ({
      at: new Date(started + index * 3_600_000),
      merchantUid: `pt${ulid()}`,
      impUid: newImpUid(),
      index,
    }));
    await insert(
      PaymentOrder,
      history.map(({ at, merchantUid, index }) => ({
        merchantUid,
        ownerId,
        gateway: 'iamport',
        amount: 1_000,
        bonus: 0,
        // Half of them were never paid.
        state: index % 2 ? StoredOrderState.PAID : StoredOrderState.READY,
        createdAt: at,
        expiresAt: new Date(at.getTime() + 3_600_000),
        nextCheckAt: null,
        paidAt: index % 2 ? at : null,
        depositReportedAt: null,
        taxFree: null,
        vat: null,
        method: null,
        termsVersion: null,
      })),
    );
    const paid = history.filter(({ index }) => index % 2);
    const payments = paid.map(({ at, merchantUid, impUid }): Payment => {
      const answer = paidAnswer({ merchantUid, amount: 1_000 }, impUid, { cancelledAmount: 1_000 });
      const payment = knownAfter(
        null,
        answer,
        { merchantUid, ownerId, amount: 1_000, taxFree: null, vat: null },
        at,
      );
      return { ...payment, creditedOrder: merchantUid };
    });
    await insert(Payment, payments);
    const facts = payments.flatMap((payment) => [
      { payment, amount: 1_000, reference: `iamport:${payment.gatewayPaymentId}` },
      { payment, amount: -1_000, reference: `iamport:${payment.gatewayPaymentId}:key` },
    ]);
    await insert(
      PointTransaction,
      facts.map(({ payment, amount, reference }, index) => ({
        id: ulid(),
        ownerId,
        reference,
        paymentId: payment.id,
        status: amount > 0 ? PointTransactionStatus.PAYMENT : PointTransactionStatus.CANCEL,
        amount,
        sequence: index + 1,
        balanceAfter: amount > 0 ? 1_000 : 0,
        reason: null,
        purpose: null,
        actor: null,
        createdAt: payment.readAt,
      })),
    );
    const credits = await books.manager.findBy(PointTransaction, { status: PointTransactionStatus.PAYMENT });
    await insert(
      Lot,
      credits.map(({ id, paymentId, amount: initial, createdAt }) => ({
        id,
        ownerId,
        kind: LotKind.PAID,
        paymentId,
        initial,
        remaining: 0,
        bonus: 0,
        bonusTaken: 0,
        expired: 0,
        expiresAt: new Date(createdAt.getTime() + 1827 * DAY_MS),
        openUntil: null,
        nextExpiryAt: null,
        noticedDays: null,
      })),
    );
    // Of holds that ended long ago and gave all of it back.
    const ended = (index: number) => ({
      id: ulid(),
      ownerId,
      amount: 1,
      state: HoldState.VOIDED,
      confirmedAmount: null,
      reason: '주문',
      purpose: null,
      actor: null,
      idempotencyKey: `old-${index}`,
      createdAt: new Date(started),
      expiresAt: new Date(started),
      endedAt: new Date(started),
      nextReleaseAt: null,
    });
    await insert(
      Hold,
      history.map(({ index }): Hold => ended(index)),
    );
    await insert(
      LotUse,
      credits.map(({ id: lotId }) => ({ takenBy: ulid(), lotId, amount: 1, returned: 1 })),
    );
    await books.manager.update(PointAccount, ownerId, { transactionCount: facts.length });
    await insert(
      Cancellation,
      payments.map((payment) => ({
        ...newCancellation(payment, {
          kind: CancellationKind.USER,
          amount: 1_000,
          checksum: 1_000,
          reason: '',
          idempotencyKey: `once-${payment.id}`,
          sentAt: payment.readAt,
          nextAttemptAt: null,
        }),
        openPaymentId: null,
        state: CancellationState.DONE,
        cancellationKey: 'key',
        requestedAt: payment.readAt,
        completedAt: payment.readAt,
      })),
    );
    await insert(
      Attention,
      history.map(({ at, merchantUid, impUid, index }) => ({
        id: ulid(),
        kind: AttentionKind.OTHER_CHANNEL,
        subject: impUid,
        note: '',
        ownerId,
        merchantUid,
        since: at,
        // A few are open.
        resolvedAt: index % 400 ? at : null,
        resolvedBy: null,
        resolution: null,
      })),
    );
    await insert(
      PointEvent,
      history.map(({ at, index }) => ({
        id: ulid(),
        type: 'point.granted',
        ownerId,
        position: 2 * index,
        notice: null,
        body: '{}',
        state: EventState.DELIVERED,
        createdAt: new Date(),
        nextAttemptAt: null,
        attempts: 1,
        endedAt: at,
        fault: null,
      })),
    );
    await insert(
      WebhookDelivery,
      history.map(({ merchantUid, impUid }) => ({
        id: ulid(),
        gatewayPaymentId: impUid,
        merchantUid,
        status: GatewayPaymentState.PAID,
        cancellationId: null,
        receivedAt: new Date(),
        nextAttemptAt: null,
        attempts: 0,
      })),
    );
  }

  /** Everything that `work` says to the database, with what is wrong about how the database carries it out. */
  async function plansOf(work: () => Promise<unknown>): Promise<{ sql: string; faults: string[] }[]> {
    seen = new Map();
    await work();
    const statements = [...seen.values()];
    const plans: { sql: string; faults: string[] }[] = [];
    for (const statement of statements) {
      const faults = isSqlite ? faultsOnSqlite(statement) : await faultsOnMariadb(statement);
      plans.push({ sql: statement.sql, faults });
    }
    return plans;
  }

  function faultsOnSqlite({ sql, parameters }: Statement): string[] {
    // Past TypeORM, which takes it for a write.
    const steps = onFile.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(parameters) as { detail: string }[];
    for (const { detail } of steps) used.add(/ USING (?:COVERING )?INDEX (\w+)/.exec(detail)?.[1] ?? '');
    return steps
      .map(({ detail }) => detail)
      .filter(
        (detail) =>
          /^SCAN (?!dummy_table|CONSTANT ROW)/.test(detail) ||
          // All that there ever was of the one gateway that most shops have.
          detail.endsWith('(gateway=?)') ||
          (/TEMP B-TREE/.test(detail) && !sortsFew(sql)),
      );
  }

  async function faultsOnMariadb({ sql, parameters }: Statement): Promise<string[]> {
    // A read is carried out for it, so that the rows are counted and not guessed.
    const verb = sql.startsWith('SELECT') ? 'ANALYZE' : 'EXPLAIN';
    const steps: { type: string | null; rows: string; r_rows?: string | null; key: string; Extra: string }[] =
      await books.query(`${verb} ${sql}`, parameters);
    return steps.flatMap((step) => {
      const { type, rows, r_rows: read, key, Extra: extra } = step;
      used.add(key);
      const faults: string[] = [];
      if (type === 'ALL' || type === 'index') faults.push(`${type} of ${rows} rows, key ${key}`);
      if (/filesort|temporary/.test(extra) && !sortsFew(sql)) faults.push(extra);
      const count = verb === 'ANALYZE' ? Number(read ?? 0) : Number(rows);
      if (count > ROWS_READ_MAX) faults.push(`${count} rows, key ${key}`);
      return faults;
    });
  }

  const sortsFew = (sql: string) => SORTS_FEW.some((form) => form.test(sql));

  async function expectGoodPlans(work: () => Promise<unknown>): Promise<void> {
    const plans = await plansOf(work);
    // One row for each day and gateway: there the databases read all of them, and rightly.
    const isSmall = (sql: string) => /FROM ["`]point_comparison["`]/.test(sql);
    // All that an owner paid in a month, of which this one's thousands are cut: read where the shop limits it, and only there.
    const isMonth = (sql: string) => sql.includes('AS stillPaid');
    expect(plans.filter(({ sql, faults }) => faults.length > 0 && !isSmall(sql) && !isMonth(sql))).toEqual(
      [],
    );
    expect(plans.length).toBeGreaterThan(0);
  }

  const paid = async (user = ownerId) => {
    const order = await house.order(user);
    return { order, impUid: (await house.pay(order)).imp_uid };
  };

  test('of an order, its charge, its cancel and the pages of all three reads no more than it needs', async () => {
    const { transactions, cancellations, orders } = house.rooms;
    const { impUid } = await paid();

    await expectGoodPlans(async () => {
      const order = await orders.create(ownerId, 10_000);
      await orders.find(order.merchantUid);
      await orders.awaitingDeposits(ownerId);
      await orders.accountsOf([order.merchantUid]);
      await transactions.create(ownerId, impUid);
      await transactions.create(ownerId, impUid);
      await house.rooms.reconcile(impUid);
      await cancellations.quote(ownerId, impUid);
      await cancellations.cancel(ownerId, { impUid, amount: 1_000, idempotencyKey: 'once' });
      await cancellations.cancel(ownerId, { impUid });
      const page = await transactions.page(ownerId, 21, undefined);
      await transactions.page(ownerId, 21, page.at(-1)?.entry.sequence);
      const cancels = await cancellations.page(ownerId, 21, undefined);
      await cancellations.page(ownerId, 21, cancels.at(-1)?.id);
    });
  });

  test('of a spend, a hold, their ends and a grant reads no more than it needs', async () => {
    const { cancellations, spending, holds, transactions } = house.rooms;
    const { impUid } = await paid();
    await transactions.create(ownerId, impUid);
    const asked = (amount: number) => ({ ownerId, amount, reason: '주문', idempotencyKey: ulid() });
    const until = new Date(Date.now() + 60_000);

    await expectGoodPlans(async () => {
      const { id: spendId } = await spending.spend(asked(1_000));
      await spending.cancelSpend({ spendId, amount: 500, reason: '반품', idempotencyKey: 'back' });
      const [one, other] = [asked(100), asked(200)];
      await holds.confirm((await holds.hold({ ...one, until })).id, 50);
      const { id: holdId } = await holds.hold({ ...other, until });
      const [open] = await holds.openOf(ownerId, 21, undefined);
      expect(open?.id).toBe(holdId);
      await holds.openOf(ownerId, 21, open?.id);
      await cancellations.quote(ownerId, impUid);
      await holds.void(holdId);
      await spending.grant(asked(10));
    });
  });

  test('of money that goes back, and of the operators’ list of it, reads no more than it needs', async () => {
    const { id: another } = await house.user();
    const { order, impUid } = await paid(another);
    const { imp_uid: second } = await house.pay(order);

    await expectGoodPlans(async () => {
      await house.rooms.transactions.create(another, impUid);
      await house.rooms.reconcile(second);
      const page = await house.rooms.cancellations.giveBacks(21, undefined);
      expect(page).toHaveLength(1);
      await house.rooms.cancellations.giveBacks(21, page[0]?.id);
    });
  });

  test('of the operators’ list of attentions reads no more than it needs', async () => {
    const attentions = new AttentionService(books);
    const subject = ulid();

    await expectGoodPlans(async () => {
      const matter = { kind: AttentionKind.OTHER_CHANNEL, subject };
      await raise(books.manager, { ...matter, note: '' });
      await withdraw(books.manager, matter, '');
      for (const open of [undefined, true, false]) {
        const page = await attentions.page(open, 21, undefined);
        await attentions.page(open, 21, page.at(-1)?.id ?? subject);
      }
      const [open] = await attentions.page(true, 1, undefined);
      await attentions.resolve(open?.id ?? '', ownerId, 'dealt with');
    });
  });

  test('of a login and its end reads no more than it needs', async () => {
    const sessions = new SessionService(books, house.rooms.settings);

    await expectGoodPlans(async () => {
      const { value } = await sessions.start(ownerId);
      await sessions.end((await sessions.rotate(value)).value);
      const users = new UserService(books);
      await users.findByEmail('nobody@example.com');
      await users.find(ownerId);
    });
  });

  test('of a webhook and of everything that recovery looks for reads no more than it needs', async () => {
    const { webhooks, books: rows } = house.rooms;
    const { order, impUid } = await paid();
    const checked = await house.orderToCheck(ownerId, 5_000);

    await expectGoodPlans(async () => {
      await webhooks.receive({
        gateway: 'iamport',
        gatewayPaymentId: impUid,
        merchantUid: order.merchantUid,
        status: GatewayPaymentState.PAID,
        cancellationId: null,
      });
      await webhooks.receive({
        gateway: 'iamport',
        gatewayPaymentId: impUid,
        merchantUid: null,
        status: GatewayPaymentState.PAID,
        cancellationId: null,
      });
      await house.rooms.recoverUntil(async () => {
        const [told, asked] = await Promise.all(
          [order, checked].map(({ merchantUid }) =>
            rows.manager.findOneByOrFail(PaymentOrder, { merchantUid }),
          ),
        );
        expect(told?.state).toBe(StoredOrderState.PAID);
        expect(asked?.nextCheckAt).not.toEqual(checked.nextCheckAt);
      });
    });
  });

  test('of events, of those that tell of an end, and of what an owner sees of it reads no more than it needs', async () => {
    const { spending, settings } = house.rooms;
    const silent = createLogger('silent');
    const { id } = await addUser(books);
    storeEvents(books);
    const asked = { ownerId: id, amount: 10, reason: '출석', idempotencyKey: 'event' };
    const events = { url: 'http://127.0.0.1:9/', secrets: ['whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'] };

    await expectGoodPlans(async () => {
      const { id: lotId } = await spending.grant(asked);
      await raise(books.manager, { kind: AttentionKind.WORK_GIVEN_UP, subject: 'an event', note: '' });
      const soon = new Date(Date.now() + DAY_MS);
      await books.manager.update(
        Lot,
        { id: lotId },
        { expiresAt: soon, openUntil: soon, nextExpiryAt: soon },
      );
      const { due } = new ExpiryNotices(books, silent);
      for (const notice of (await due.take()).pieces) await due.do(notice);
      for (const work of new EventWork(books, silent, { ...settings, events }).works) {
        for (const piece of (await work.take()).pieces) await work.do(piece);
      }
      expect(await expiringPointsOf(books.manager, id)).toMatchObject([{ point: 10 }]);
      expect(await books.manager.countBy(PointEvent, { ownerId: id, state: EventState.PENDING })).toBe(2);
    });
  });

  test('of the comparison of a day reads no more than it needs', async () => {
    const { transactions } = house.rooms;
    const { order, impUid } = await paid();
    await transactions.create(ownerId, impUid);
    const period = { from: new Date(Date.now() - 60_000), until: new Date() };
    const { manager } = books;

    await expectGoodPlans(async () => {
      const rows = await ledgerRowsOf(manager, period, undefined, 20);
      expect(await paymentsOf(manager, 'iamport', rows)).not.toEqual([]);
      expect(await paymentsOf(manager, 'another', rows)).toEqual([]);
      await readBooks(manager, 'iamport', [impUid], [order.merchantUid, 'pt-of-nobody']);
    });
  });

  test('of the metrics reads no more than it needs', async () => {
    await expectGoodPlans(() => new BacklogReader(books, createLogger('silent')).read());
  });

  test('of npm run verify goes on with each page where the one before ended, and sorts nothing', async () => {
    const plans = await plansOf(() => proveBooks(books, () => undefined));

    const isPage = (sql: string) => /ORDER BY .* LIMIT/s.test(sql);
    expect(plans.filter(({ sql }) => isPage(sql))).toHaveLength(3);
    const faults = plans.flatMap((plan) =>
      plan.faults.filter((fault) => SORTS.test(fault) || (isPage(plan.sql) && READS_ALL.test(fault))),
    );
    expect(faults).toEqual([]);
  });

  test('uses each index: one that nothing reads would only cost each write', async () => {
    const indexes: { name: string }[] = await books.query(
      isSqlite
        ? `SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL`
        : `SELECT DISTINCT INDEX_NAME AS name FROM information_schema.STATISTICS
           WHERE TABLE_SCHEMA = DATABASE() AND NON_UNIQUE = 1`,
    );

    const unused = indexes.map(({ name }) => name).filter((name) => !used.has(name));
    // MariaDB keeps one for each foreign key, also where nothing is deleted or looked for by it.
    const ofForeignKeys = [
      'ix_point_cancellation_payment',
      'fk_point_cash_receipt_account',
      // For a month of lots whose owners were told of their end already; none is here.
      'ix_point_lot_notice',
      // Of a small table, and one that is read page by page for operators.
      'ix_point_comparison_due',
      'ix_point_comparison_difference_page',
    ];
    expect(isSqlite ? [] : ofForeignKeys).toEqual(expect.arrayContaining(unused));
  });
});
