import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { IsNull, Not } from 'typeorm';
import { addCustomer, type Customer } from '../crash/customer.js';
import { findingsOf, verifyWithGateway } from '../crash/findings.js';
import { Session } from '../../src/auth/session.entity.js';
import { Cancellation, CancellationState } from '../../src/payment/cancellation.entity.js';
import { PointTransactionStatus } from '../../src/point-transaction/point-transaction.entity.js';
import { WebhookDelivery } from '../../src/webhook/webhook-delivery.entity.js';
import { cancellationsOf, faultsInBooks, readAccount } from '../support/books.js';
import { graphqlClient, type GraphqlClient } from '../support/graphql-client.js';
import { rememberSecret } from '../support/server-logs.mjs';
import type { GatewayPayment } from '../support/simulator-control.js';
import type { Fleet } from './fleet.js';

const FINISH_TIMEOUT_MS = 20_000;
const LOOK_EVERY_MS = 100;
const ORDERED = 10_000;
const PART = 3000;
/** Each server is asked so often at the same moment. */
const CALLS_PER_SERVER = 4;
const CANCEL_CALL = 'POST /payments/cancel';
const RESTORE = 'mutation { restoreAccessToken { accessToken } }';

/** What must not happen twice, whichever servers are asked, and logins that are good for all of them. */
export function once(startedFleet: () => Fleet): void {
  let fleet: Fleet;

  beforeAll(() => {
    fleet = startedFleet();
  });

  test('credit a payment once that all of them are asked for at the same time', async () => {
    const customer = await addCustomer(fleet.books);
    const impUid = await orderAndPay(customer);

    const answers = await onAllAtOnce((url) => customer.credit(url, impUid));

    expect(answers.filter(({ errors }) => errors)).toEqual([]);
    expect(new Set(answers.map(({ data }) => data.createPointTransaction.id)).size).toBe(1);
    await expectAccount(customer, [ORDERED]);
  });

  test('credit a payment once whose webhook comes to all of them at the same time', async () => {
    const customer = await addCustomer(fleet.books);
    const { imp_uid: impUid, merchant_uid } = await paidOrder(customer);

    const answers = await onAllAtOnce(async (url) => {
      const { status } = await fetch(`${url}/webhooks/iamport`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ imp_uid: impUid, merchant_uid }),
      });
      return status;
    });

    expect(new Set(answers)).toEqual(new Set([200]));
    await finished(async () => {
      const notices = await fleet.books.manager.findBy(WebhookDelivery, { gatewayPaymentId: impUid });
      return notices.every(({ nextAttemptAt }) => nextAttemptAt === null);
    });
    await expectAccount(customer, [ORDERED]);
  });

  test('cancel once what all of them are asked for at the same time with the same idempotency key', async () => {
    const customer = await addCustomer(fleet.books);
    const impUid = await orderAndPay(customer);
    await customer.credit(fleet.url, impUid);

    const request = { impUid, amount: PART, idempotencyKey: 'the same' };
    const answers = await onAllAtOnce((url) => customer.cancel(url, request));

    expect(answers.filter(({ errors }) => errors)).toEqual([]);
    expect(new Set(answers.map(({ data }) => data.cancelPointTransaction.id)).size).toBe(1);
    await expectAccount(customer, [ORDERED, -PART]);
    await expectCancelledOnce(impUid, PART);
  });

  describe.each(['before', 'after'] as const)(
    'when one is killed %s the gateway has carried a cancel out',
    (side) => {
      test('another one finishes it, once', async () => {
        const [dying, , living] = fleet.servers;
        const customer = await addCustomer(fleet.books);
        const impUid = await orderAndPay(customer);
        await customer.credit(fleet.url, impUid);
        await fleet.gateway.addFaults([{ kind: `hold-${side}`, call: CANCEL_CALL, imp_uid: impUid }]);

        const request = { impUid, amount: PART, idempotencyKey: `killed ${side}` };
        const unanswered = customer.cancel(dying.url, request).then(
          () => 'answered',
          () => 'not answered',
        );
        await fleet.gateway.heldCall(CANCEL_CALL, impUid);
        await dying.kill();
        expect(await unanswered).toBe('not answered');
        await finished(async () => {
          await makeDue();
          const [cancellation] = await cancellationsOf(fleet.books, impUid);
          return cancellation?.state === CancellationState.DONE;
        });
        const repeated = await customer.cancel(living.url, request);
        await dying.start();

        expect(repeated.data.cancelPointTransaction.state).toBe('DONE');
        await expectAccount(customer, [ORDERED, -PART]);
        await expectCancelledOnce(impUid, PART);
      });
    },
  );

  describe('share a login:', () => {
    test('a refresh token of one is renewed by the second, and the third believes the new access token', async () => {
      const [first, second, third] = fleet.servers;
      const client = graphqlClient(first.url);
      const { id } = await client.signUp();
      const elsewhere = graphqlClient(second.url);
      elsewhere.setRefreshToken(client.refreshToken());

      const accessToken = await restore(elsewhere);

      const { me } = await graphqlClient(third.url).succeed<{ me: { id: string } }>(
        '{ me { id } }',
        {},
        { token: accessToken },
      );
      expect(me.id).toBe(id);
    });

    test('an old refresh token that is used at another one ends the login at all of them', async () => {
      const [first, second, third] = fleet.servers;
      const client = graphqlClient(first.url);
      const { id } = await client.signUp();
      const old = client.refreshToken();
      const elsewhere = graphqlClient(second.url);
      elsewhere.setRefreshToken(old);
      await restore(elsewhere);
      const newest = elsewhere.refreshToken();
      await fleet.books.manager.update(Session, { userId: id }, { replacedAt: new Date(0) });

      expect(await restoreCode(third.url, old)).toBe('UNAUTHENTICATED');
      for (const { url } of fleet.servers) expect(await restoreCode(url, newest)).toBe('UNAUTHENTICATED');
    });

    test('a refresh token that is used at all of them at the same time gets the same new one from each', async () => {
      const client = graphqlClient(fleet.servers[0].url);
      await client.signUp();
      const token = client.refreshToken();

      const next = await onAllAtOnce(async (url) => {
        const one = graphqlClient(url);
        one.setRefreshToken(token);
        await restore(one);
        return one.refreshToken();
      });

      expect(next).not.toContain(token);
      expect(new Set(next).size).toBe(1);
    });

    test('who logs out at one is logged out at all of them', async () => {
      const [first, second] = fleet.servers;
      const client = graphqlClient(first.url);
      await client.signUp();
      const token = client.refreshToken();
      const elsewhere = graphqlClient(second.url);
      elsewhere.setRefreshToken(token);

      expect((await elsewhere.call('mutation { logout }')).data).toEqual({ logout: true });

      for (const { url } of fleet.servers) expect(await restoreCode(url, token)).toBe('UNAUTHENTICATED');
    });
  });

  test('leave nothing lost, double or stuck, and the books are proved against the gateway', async () => {
    expect(await findingsOf(fleet.books, await fleet.gateway.payments())).toEqual([]);
    expect(await verifyWithGateway(fleet.env)).toMatchObject({ exitCode: 0 });
  });

  async function onAllAtOnce<Answer>(call: (url: string) => Promise<Answer>): Promise<Answer[]> {
    const calls = Array.from({ length: CALLS_PER_SERVER }, () => fleet.servers.map(({ url }) => call(url)));
    return Promise.all(calls.flat());
  }

  async function orderAndPay(customer: Customer): Promise<string> {
    return (await paidOrder(customer)).imp_uid;
  }

  async function paidOrder(customer: Customer): Promise<GatewayPayment> {
    const { data } = await customer.order(fleet.url, ORDERED);
    const { merchantUid } = data.createPaymentOrder;
    return fleet.gateway.pay({ merchant_uid: merchantUid, amount: ORDERED });
  }

  /** @param amounts of the rows, oldest first. */
  async function expectAccount({ ownerId }: Customer, amounts: number[]): Promise<void> {
    const { balance, rows } = await readAccount(fleet.books, ownerId);
    expect(rows.map(({ status, amount }) => [status, amount])).toEqual(
      amounts.map((amount) => [
        amount > 0 ? PointTransactionStatus.PAYMENT : PointTransactionStatus.CANCEL,
        amount,
      ]),
    );
    expect([balance.point, balance.heldPoint]).toEqual([amounts.reduce((sum, amount) => sum + amount, 0), 0]);
    expect(await faultsInBooks(fleet.books, ownerId)).toEqual([]);
  }

  async function expectCancelledOnce(impUid: string, amount: number): Promise<void> {
    const payment = (await fleet.gateway.payments()).find(({ imp_uid }) => imp_uid === impUid);
    expect(payment?.cancel_amount).toBe(amount);
    expect(payment?.cancel_history).toHaveLength(1);
  }

  /** Lets the time pass after which recovery looks again. */
  async function makeDue(): Promise<void> {
    const nextAttemptAt = new Date();
    await fleet.books.manager.update(Cancellation, { nextAttemptAt: Not(IsNull()) }, { nextAttemptAt });
  }
}

async function restore(client: GraphqlClient): Promise<string> {
  const { restoreAccessToken } = await client.succeed<{ restoreAccessToken: { accessToken: string } }>(
    RESTORE,
    {},
    { token: null },
  );
  rememberSecret('an access token', restoreAccessToken.accessToken);
  return restoreAccessToken.accessToken;
}

/** @returns the code of the refusal; undefined when the token was renewed. */
async function restoreCode(url: string, refreshToken: string | null): Promise<string | undefined> {
  const client = graphqlClient(url);
  client.setRefreshToken(refreshToken);
  const { data, errors } = await client.call<{ restoreAccessToken: { accessToken: string } } | null>(
    RESTORE,
    {},
    { token: null },
  );
  if (data) rememberSecret('an access token', data.restoreAccessToken.accessToken);
  return errors?.[0]?.extensions.code;
}

async function finished(isFinished: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + FINISH_TIMEOUT_MS;
  while (!(await isFinished())) {
    if (Date.now() > deadline) throw new Error(`not finished after ${FINISH_TIMEOUT_MS} ms`);
    await sleep(LOOK_EVERY_MS);
  }
}
