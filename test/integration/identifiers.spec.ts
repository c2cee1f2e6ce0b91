import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ErrorCode } from '../../src/refusal/error-code.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { type GatewayAndRooms, openGatewayAndRooms } from '../support/gateway-and-rooms.js';

describeOnEachDatabase('a payment whose merchant_uid', (database) => {
  let house: GatewayAndRooms;

  beforeAll(async () => {
    house = await openGatewayAndRooms(database.env);
  });

  afterAll(() => house.close());

  test.each<[string, (merchantUid: string) => string]>([
    ['has a blank at its end', (merchantUid) => `${merchantUid} `],
    ['has many blanks at its end', (merchantUid) => `${merchantUid}${' '.repeat(20)}`],
    ['has a blank at its beginning', (merchantUid) => ` ${merchantUid}`],
    ['has a NUL at its end', (merchantUid) => `${merchantUid}\0`],
    ['is in capitals', (merchantUid) => merchantUid.toUpperCase()],
  ])(
    '%s is not one of the order without: nothing is credited, nothing goes back',
    async (_title, altered) => {
      const { id: userId } = await house.user();
      const order = await house.order(userId);
      const { imp_uid: impUid } = await house.simulator.pay({
        merchant_uid: altered(order.merchantUid),
        amount: order.amount,
      });

      await expect(house.rooms.transactions.create(userId, impUid)).rejects.toMatchObject({
        code: ErrorCode.PAYMENT_NOT_FOUND,
      });
      expect(await house.rooms.reconciliation.reconcile(impUid)).toBeUndefined();

      expect(await house.accountOf(userId)).toEqual({ point: 0, held: 0, rows: [] });
      expect((await house.view.read(impUid)).cancel_amount).toBe(0);
      // The order is still there for the payment that is for it.
      const own = await house.pay(order);
      await house.rooms.transactions.create(userId, own.imp_uid);
      expect((await house.accountOf(userId)).point).toBe(order.amount);
    },
  );
});
