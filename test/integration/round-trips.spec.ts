import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeOnEachDatabase } from '../support/databases.js';
import { type GatewayAndRooms, openGatewayAndRooms } from '../support/gateway-and-rooms.js';
import { watchStatements } from '../support/statements.js';

/**
 * Each statement is a wait, and most of what an operation costs. A new one belongs here only with a reason.
 */
describeOnEachDatabase('the statements of', (database) => {
  const isSqlite = database.name === 'SQLite';
  const LOCK_USER = isSqlite ? 'SELECT user' : 'SELECT user FOR UPDATE';
  // On SQLite they are no round trips, and are not shown.
  const BEGIN = isSqlite ? [] : ['START'];
  const COMMIT = isSqlite ? [] : ['COMMIT'];
  let house: GatewayAndRooms;
  let during: ReturnType<typeof watchStatements>;

  beforeAll(async () => {
    house = await openGatewayAndRooms(database.env);
    during = watchStatements(house.rooms.books);
  });
  afterAll(() => house.close());

  async function paid() {
    const { id: ownerId } = await house.user();
    const { imp_uid: impUid } = await house.pay(await house.order(ownerId));
    return { ownerId, impUid };
  }

  const CHARGE = [
    'SELECT point_transaction',
    'SELECT payment_order',
    ...BEGIN,
    LOCK_USER,
    'UPDATE payment_order',
    'INSERT point_transaction',
    'UPDATE user',
    ...COMMIT,
  ];

  test('a charge', async () => {
    const { ownerId, impUid } = await paid();

    expect(await during(() => house.rooms.transactions.create(ownerId, impUid))).toEqual(CHARGE);
  });

  test('a charge that is repeated', async () => {
    const { ownerId, impUid } = await paid();
    await house.rooms.transactions.create(ownerId, impUid);

    expect(await during(() => house.rooms.transactions.create(ownerId, impUid))).toEqual([
      'SELECT point_transaction',
    ]);
  });

  test('the reconciliation of a payment that is credited already', async () => {
    const { ownerId, impUid } = await paid();
    await house.rooms.transactions.create(ownerId, impUid);

    expect(await during(() => house.rooms.reconciliation.reconcile(impUid))).toEqual([
      'SELECT payment_order',
      'SELECT point_transaction',
    ]);
  });

  test('a cancel', async () => {
    const { ownerId, impUid } = await paid();
    await house.rooms.transactions.create(ownerId, impUid);

    expect(await during(() => house.rooms.cancellations.cancel(ownerId, { impUid }))).toEqual([
      'SELECT point_transaction',
      // Reserve.
      ...BEGIN,
      LOCK_USER,
      'SELECT point_transaction',
      'SELECT cancellation',
      'INSERT cancellation',
      'UPDATE user',
      ...COMMIT,
      // Book.
      'SELECT payment_order',
      'SELECT point_transaction',
      ...BEGIN,
      LOCK_USER,
      'SELECT point_transaction',
      'UPDATE cancellation',
      'INSERT point_transaction',
      'UPDATE user',
      ...COMMIT,
      'SELECT cancellation',
    ]);
  });

  test('an order', async () => {
    const { id: ownerId } = await house.user();

    expect(await during(() => house.rooms.orders.create(ownerId, 5_000))).toEqual([
      'SELECT user',
      isSqlite ? 'INSERT payment_order' : 'INSERT payment_order FOR UPDATE',
    ]);
  });

  test('an order that is there already', async () => {
    const { id: ownerId } = await house.user();
    await house.rooms.orders.create(ownerId, 5_000);

    expect(await during(() => house.rooms.orders.create(ownerId, 5_000))).toEqual(['SELECT user']);
  });

  test('a page of the history', async () => {
    const { ownerId } = await paid();

    expect(await during(() => house.rooms.transactions.page(ownerId, 21, undefined))).toEqual([
      'SELECT point_transaction',
    ]);
  });
});
