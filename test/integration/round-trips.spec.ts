import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { describeOnEachDatabase } from '../support/databases.js';
import { type GatewayAndRooms, openGatewayAndRooms } from '../support/gateway-and-rooms.js';
import { storeEvents } from '../../src/event/outbox.js';
import { watchPackets, watchStatements } from '../support/statements.js';

/**
 * Each packet is a wait, and most of what an operation costs; each of its statements is a wait on SQLite. A new one belongs
 * here only with a reason.
 */
describeOnEachDatabase('the statements of', (database) => {
  const isSqlite = database.name === 'SQLite';
  const LOCK_ACCOUNT = ['SET', 'SELECT point_account FOR UPDATE'];
  const COMMIT = ['COMMIT', 'SET'];
  let house: GatewayAndRooms;
  let during: (work: () => Promise<unknown>) => Promise<unknown[]>;

  beforeAll(async () => {
    house = await openGatewayAndRooms(database.env);
    during = (isSqlite ? watchStatements : watchPackets)(house.rooms.books);
  });
  afterAll(() => house.close());

  /** On SQLite nothing is kept back, nothing locks a row, and the ends of a transaction are not shown. */
  function packets(...expected: string[][]) {
    if (!isSqlite) return expected;
    return expected
      .flat()
      .filter((statement) => !['SET', 'COMMIT'].includes(statement))
      .map((statement) => statement.replace(' FOR UPDATE', ''));
  }

  async function paid() {
    const { id: ownerId } = await house.user();
    const { imp_uid: impUid } = await house.pay(await house.order(ownerId));
    return { ownerId, impUid };
  }

  const CHARGE = [
    ['SELECT point_transaction'],
    LOCK_ACCOUNT,
    [
      'UPDATE point_payment_order',
      'INSERT point_payment',
      'INSERT point_transaction',
      'UPDATE point_account',
      'INSERT point_lot',
    ],
    COMMIT,
  ];

  test('a charge', async () => {
    const { ownerId, impUid } = await paid();

    expect(await during(() => house.rooms.transactions.create(ownerId, impUid))).toEqual(packets(...CHARGE));
  });

  test('a charge that is repeated', async () => {
    const { ownerId, impUid } = await paid();
    await house.rooms.transactions.create(ownerId, impUid);

    expect(await during(() => house.rooms.transactions.create(ownerId, impUid))).toEqual(
      packets(['SELECT point_transaction']),
    );
  });

  test('the reconciliation of a payment that is credited already', async () => {
    const { ownerId, impUid } = await paid();
    await house.rooms.transactions.create(ownerId, impUid);

    expect(await during(() => house.rooms.reconcile(impUid))).toEqual(
      packets(['SELECT point_payment_order'], ['SELECT point_payment']),
    );
  });

  test('a cancel', async () => {
    const { ownerId, impUid } = await paid();
    await house.rooms.transactions.create(ownerId, impUid);

    expect(await during(() => house.rooms.cancellations.cancel(ownerId, { impUid }))).toEqual(
      packets(
        // Reserve.
        LOCK_ACCOUNT,
        ['UPDATE point_lot', 'UPDATE point_account', 'INSERT point_cancellation'],
        COMMIT,
        // Book.
        LOCK_ACCOUNT,
        ['UPDATE point_payment', 'SELECT point_transaction'],
        ['UPDATE point_cancellation', 'INSERT point_transaction', 'UPDATE point_account'],
        COMMIT,
      ),
    );
  });

  describe('of an owner who has points:', () => {
    const owner = async () => {
      const { ownerId, impUid } = await paid();
      await house.rooms.transactions.create(ownerId, impUid);
      return ownerId;
    };
    const asked = (ownerId: string) => ({ ownerId, amount: 1_000, reason: '주문', idempotencyKey: 'key' });
    // No more waits than a charge.
    const SPEND = [
      LOCK_ACCOUNT,
      ['INSERT point_transaction', 'UPDATE point_account', 'SELECT point_lot FOR UPDATE'],
      ['UPDATE point_lot', 'INSERT point_lot_use'],
      COMMIT,
    ];

    test('a spend, and the same once more', async () => {
      const ownerId = await owner();

      expect(await during(() => house.rooms.spending.spend(asked(ownerId)))).toEqual(packets(...SPEND));
      expect(await during(() => house.rooms.spending.spend(asked(ownerId)))).toEqual(
        packets(LOCK_ACCOUNT, COMMIT),
      );
    });

    test('a hold, and its confirmation', async () => {
      const ownerId = await owner();
      const until = new Date(Date.now() + 60_000);
      let id = '';

      expect(
        await during(async () => {
          ({ id } = await house.rooms.holds.hold({ ...asked(ownerId), until }));
        }),
      ).toEqual(
        packets(
          LOCK_ACCOUNT,
          ['INSERT point_hold', 'UPDATE point_account', 'SELECT point_lot FOR UPDATE'],
          ['UPDATE point_lot', 'INSERT point_lot_use'],
          COMMIT,
        ),
      );
      expect(await during(() => house.rooms.holds.confirm(id))).toEqual(
        packets(
          ['SELECT point_hold'],
          LOCK_ACCOUNT,
          ['UPDATE point_hold'],
          ['INSERT point_transaction', 'UPDATE point_account'],
          COMMIT,
        ),
      );
    });
  });

  test('an order', async () => {
    const { id: ownerId } = await house.user();

    expect(await during(() => house.rooms.orders.create(ownerId, 5_000))).toEqual(
      packets(['SELECT point_account'], ['INSERT point_payment_order FOR UPDATE']),
    );
  });

  test('the first order of an owner, who has an account from then on', async () => {
    const order = await during(() => house.rooms.orders.create('a-user-of-a-host', 5_000));

    expect(order).toEqual(
      packets(['SELECT point_account'], ['INSERT point_account'], ['INSERT point_payment_order FOR UPDATE']),
    );
  });

  test('an order that is there already', async () => {
    const { id: ownerId } = await house.user();
    await house.rooms.orders.create(ownerId, 5_000);

    expect(await during(() => house.rooms.orders.create(ownerId, 5_000))).toEqual(
      packets(['SELECT point_account']),
    );
  });

  test('a page of the history', async () => {
    const { ownerId } = await paid();

    expect(await during(() => house.rooms.transactions.page(ownerId, 21, undefined))).toEqual(
      packets(['SELECT point_transaction']),
    );
  });

  test('a page of what is held', async () => {
    const { id: ownerId } = await house.user();

    expect(await during(() => house.rooms.holds.openOf(ownerId, 21, undefined))).toEqual(
      packets(['SELECT point_hold']),
    );
  });

  // Last, because there is no way back from it.
  test('what somebody is told by an event: one INSERT more beside each row of the ledger', async () => {
    const { ownerId, impUid } = await paid();
    storeEvents(house.rooms.books);
    const withEvent = CHARGE.map((packet) =>
      packet.flatMap((statement) =>
        statement === 'UPDATE point_account' ? [statement, 'INSERT point_event'] : [statement],
      ),
    );

    expect(await during(() => house.rooms.transactions.create(ownerId, impUid))).toEqual(
      packets(...withEvent),
    );
    const cancel = await during(() => house.rooms.cancellations.cancel(ownerId, { impUid }));
    expect(cancel.flat().filter((statement) => statement === 'INSERT point_event')).toHaveLength(1);
  });
});
