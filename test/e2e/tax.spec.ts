import { expect, test } from '@jest/globals';
import { describeOnEachDatabase } from '../support/databases.js';
import { credit, startTopUpService } from '../support/top-up-service.js';

const CREATE = `mutation ($method: PointPaymentMethod!) {
  createPaymentOrder(amount: 10000, method: $method) {
    merchantUid checkout { channelKey payMethod name taxFree vatAmount }
  }
}`;

interface Created {
  createPaymentOrder: {
    merchantUid: string;
    checkout: Record<'channelKey' | 'payMethod' | 'name', string> &
      Record<'taxFree' | 'vatAmount', number | null>;
  };
}

describeOnEachDatabase('what an amount is made of', (database) => {
  test.each([
    // NICE wants both again with each cancellation; KakaoPay takes no VAT.
    ['tax_free', 'CARD', { taxFree: 10_000, vatAmount: 0 }],
    ['tax_free', 'KAKAOPAY', { taxFree: 10_000, vatAmount: null }],
    ['vat', 'CARD', { taxFree: 0, vatAmount: 909 }],
    ['vat', 'KAKAOPAY', { taxFree: 0, vatAmount: null }],
    ['none', 'CARD', { taxFree: null, vatAmount: null }],
  ])(
    'with TAX=%s travels through the window of %s and with each cancellation',
    async (TAX, method, parts) => {
      const service = await startTopUpService({
        database: database.env,
        env: {
          PAYMENT_METHODS: 'card=channel-key-sim-nice@nice,kakaopay=channel-key-sim-kakaopay@kakaopay',
          TAX,
        },
      });
      try {
        const { client } = await service.user();
        const { createPaymentOrder: order } = await client.succeed<Created>(CREATE, { method });
        const { taxFree, vatAmount, channelKey, payMethod, name } = order.checkout;
        expect({ taxFree, vatAmount }).toEqual(parts);

        const impUid = await service.simulator.openWindow({
          channelKey,
          pay_method: payMethod,
          merchant_uid: order.merchantUid,
          name,
          amount: 10_000,
          ...(taxFree !== null && { tax_free: taxFree }),
          ...(vatAmount !== null && { vat_amount: vatAmount }),
        });
        await service.simulator.approve(impUid);
        expect((await credit(client, impUid)).errors).toBeUndefined();
        for (const amount of [3_333, undefined]) {
          await client.succeed(
            'mutation ($impUid: String!, $amount: Int) { cancelPointTransaction(impUid: $impUid, amount: $amount) { state } }',
            { impUid, ...(amount !== undefined && { amount }) },
          );
        }

        const tax = await service.simulator.taxOf(impUid);
        if (TAX === 'none') expect(tax).toBeUndefined();
        else {
          expect(tax).toMatchObject({
            cancelled_tax_free: parts.taxFree,
            cancelled_vat: parts.vatAmount ?? 0,
          });
        }
        expect(await client.succeed('{ me { point } }')).toEqual({ me: { point: 0 } });
      } finally {
        await service.stop();
      }
    },
  );
});
