import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addOrders, faultsInBooks, readAccount } from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { credit, orderAndPay, startTopUpService, type TopUpService } from '../support/top-up-service.js';

const REPEATS = 1_000;
const PAYMENTS = 500;
/** A thousand calls take some seconds, and many more while other suites use the machine. */
const MANY_CALLS_TIMEOUT_MS = 180_000;

describeOnEachDatabase('createPointTransaction at once', (database) => {
  let service: TopUpService;

  beforeAll(async () => {
    service = await startTopUpService({
      database: database.env,
      // A busy machine may let a gateway call wait long for its turn among a thousand.
      env: { IAMPORT_TIMEOUT_MS: '60000' },
    });
  });

  afterAll(() => service.stop());

  test(
    'credits once when one payment is claimed 1,000 times: one row, one id, no error',
    async () => {
      const { client, account } = await service.user();
      const payment = await orderAndPay(client, service.simulator);

      const answers = await Promise.all(
        Array.from({ length: REPEATS }, () => credit(client, payment.imp_uid)),
      );

      expect(answers.flatMap(({ errors }) => errors ?? [])).toEqual([]);
      expect(new Set(answers.map(({ data }) => data.createPointTransaction.id)).size).toBe(1);
      expect(new Set(answers.map(({ data }) => data.createPointTransaction.balanceAfter))).toEqual(
        new Set([10_000]),
      );
      const { balance, rows } = await readAccount(service.books, account.id);
      expect(rows).toHaveLength(1);
      expect(balance.point).toBe(10_000);
      expect(await faultsInBooks(service.books, account.id)).toEqual([]);
    },
    MANY_CALLS_TIMEOUT_MS,
  );

  test(
    'credits 500 different payments of one user exactly, without an error',
    async () => {
      const { client, account } = await service.user();
      const amounts = Array.from({ length: PAYMENTS }, (_, index) => 5_000 + index);
      const orders = await addOrders(service.books, account.id, amounts);
      const payments = await service.simulator.payAll(
        orders.map(({ merchantUid, amount }) => ({ merchant_uid: merchantUid, amount })),
      );

      const answers = await Promise.all(payments.map(({ imp_uid }) => credit(client, imp_uid)));

      expect(answers.flatMap(({ errors }) => errors ?? [])).toEqual([]);
      expect(new Set(answers.map(({ data }) => data.createPointTransaction.id)).size).toBe(PAYMENTS);
      const { balance, rows } = await readAccount(service.books, account.id);
      expect(rows).toHaveLength(PAYMENTS);
      expect(balance.point).toBe(amounts.reduce((sum, amount) => sum + amount));
      expect(await faultsInBooks(service.books, account.id)).toEqual([]);
    },
    MANY_CALLS_TIMEOUT_MS,
  );

  test('credits one of two payments of the same order and refuses the other', async () => {
    const { client, account } = await service.user();
    const first = await orderAndPay(client, service.simulator);
    const second = await service.simulator.pay({ merchant_uid: first.merchant_uid, amount: 10_000 });
    const claims = Array.from({ length: 20 }, (_, index) => (index % 2 ? first : second).imp_uid);

    const answers = await Promise.all(claims.map((impUid) => credit(client, impUid)));

    const { balance, rows } = await readAccount(service.books, account.id);
    expect(rows).toHaveLength(1);
    expect(balance.point).toBe(10_000);
    const outcomes = answers.map(({ errors, data }, index) => ({
      impUid: claims[index],
      outcome: errors?.[0]?.extensions.reason ?? data.createPointTransaction.id,
    }));
    expect(outcomes).toEqual(
      claims.map((impUid) => ({
        impUid,
        outcome: impUid === rows[0]?.impUid ? rows[0].id : 'ORDER_ALREADY_PAID',
      })),
    );
  });

  test('credits the owner while others claim the same payment', async () => {
    const owner = await service.user();
    const thieves = await Promise.all([service.user(), service.user(), service.user()]);
    const payment = await orderAndPay(owner.client, service.simulator);
    const claimants = Array.from({ length: 10 }, () => [owner, ...thieves]).flat();

    const answers = await Promise.all(claimants.map(({ client }) => credit(client, payment.imp_uid)));

    answers.forEach(({ errors, data }, index) => {
      if (claimants[index] === owner) expect(data.createPointTransaction.amount).toBe(10_000);
      else expect(errors?.[0]?.extensions.code).toBe('PAYMENT_NOT_FOUND');
    });
    expect((await readAccount(service.books, owner.account.id)).balance.point).toBe(10_000);
    for (const { account } of thieves) {
      expect((await readAccount(service.books, account.id)).rows).toEqual([]);
    }
  });
});
