import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Session } from '../../src/auth/session.entity.js';
import { PaymentOrder } from '../../src/payment/payment-order.entity.js';
import { PointAccount } from '../../src/point-account/point-account.entity.js';
import { PointTransaction } from '../../src/point-transaction/point-transaction.entity.js';
import { User } from '../../src/user/user.entity.js';
import { describeOnEachDatabase } from '../support/databases.js';
import type { Account, GraphqlClient } from '../support/graphql-client.js';
import { rememberSecret } from '../support/server-logs.mjs';
import {
  credit,
  makeOrder,
  orderAndPay,
  startServerWithoutGateway,
  startTopUpService,
  type TopUpService,
} from '../support/top-up-service.js';

const NEW_PASSWORD = 'canary-the-new-password';
rememberSecret('a new password', NEW_PASSWORD);

const CHANGE = `mutation ($current: String!, $next: String!) {
  changePassword(currentPassword: $current, newPassword: $next) { accessToken user { id } }
}`;
const LEAVE = 'mutation ($password: String!) { deleteUser(currentPassword: $password) }';
const RESTORE = 'mutation { restoreAccessToken { accessToken } }';

async function refusalOf(answer: Promise<{ errors?: { extensions: object }[] }>) {
  return (await answer).errors?.[0]?.extensions;
}

describeOnEachDatabase('the account of a person who signed up here', (database) => {
  let service: TopUpService;
  beforeAll(async () => {
    service = await startTopUpService({ database: database.env });
  });
  afterAll(() => service.stop());

  const leave = (client: GraphqlClient, { password }: Account) => client.call(LEAVE, { password });
  const sessionsOf = (userId: string) => service.books.manager.countBy(Session, { userId });
  const change = (client: GraphqlClient, current: string, next: string) =>
    client.call<{ changePassword: { accessToken: string; user: { id: string } } }>(CHANGE, { current, next });

  test('gets a new password: the other devices are logged out, this one goes on', async () => {
    const { client, account } = await service.user();
    const otherDevice = service.client();
    await otherDevice.login(account);

    const { errors, data } = await change(client, account.password, NEW_PASSWORD);
    expect(errors).toBeUndefined();
    expect(data.changePassword.user.id).toBe(account.id);

    expect(await refusalOf(otherDevice.call(RESTORE))).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect((await client.call(RESTORE)).errors).toBeUndefined();
    expect(await sessionsOf(account.id)).toBe(1);
    await expect(service.client().login(account)).rejects.toThrow('UNAUTHENTICATED');
    await service.client().login({ ...account, password: NEW_PASSWORD });
  });

  test.each([
    ['the current one is wrong', 'canary-a-wrong-password', NEW_PASSWORD, 'currentPassword'],
    ['the new one is too short', undefined, 'short', 'newPassword'],
    ['the new one is too long', undefined, 'x'.repeat(129), 'newPassword'],
  ])('keeps its password and its logins when %s', async (_, current, next, field) => {
    const { client, account } = await service.user();

    expect(await refusalOf(change(client, current ?? account.password, next))).toEqual({
      code: 'BAD_USER_INPUT',
      retryable: false,
      field,
    });
    await service.client().login(account);
    expect(await sessionsOf(account.id)).toBe(2);
  });

  test('gets one password when several are set at once', async () => {
    const { client, account } = await service.user();
    const wanted = Array.from({ length: 4 }, (_, index) => `${NEW_PASSWORD}-${index}`);

    const answers = await Promise.all(wanted.map((next) => change(client, account.password, next)));

    const set = wanted.filter((_, index) => !answers[index]!.errors);
    expect(set).toHaveLength(1);
    await service.client().login({ ...account, password: set[0]! });
  });

  test('is logged out everywhere', async () => {
    const { client, account } = await service.user();
    const devices = [service.client(), service.client()];
    for (const device of devices) await device.login(account);

    expect(await client.succeed('mutation { logoutEverywhere }')).toEqual({ logoutEverywhere: true });

    expect(await sessionsOf(account.id)).toBe(0);
    for (const device of [client, ...devices]) {
      expect(await refusalOf(device.call(RESTORE))).toMatchObject({ code: 'UNAUTHENTICATED' });
    }
    expect(client.refreshToken()).toBeNull();
  });

  test('is left: the person is erased, the books stay, and the address can sign up as somebody new', async () => {
    const { client, account } = await service.user();
    const { imp_uid: impUid } = await orderAndPay(client, service.simulator);
    const { createPointTransaction } = (await credit(client, impUid)).data;
    await client.succeed(
      'mutation ($id: String!) { cancelPointTransaction(impUid: $id, idempotencyKey: "leaving-1") { state } }',
      { id: createPointTransaction.impUid },
    );
    const { manager } = service.books;

    expect(await leave(client, account)).toMatchObject({ data: { deleteUser: true } });

    expect(await manager.findOneBy(User, { id: account.id })).toBeNull();
    expect(await sessionsOf(account.id)).toBe(0);
    expect(await manager.countBy(PointTransaction, { ownerId: account.id })).toBe(2);
    expect(await manager.findOneBy(PointAccount, { ownerId: account.id })).toMatchObject({ point: 0 });
    const orders = await manager.countBy(PaymentOrder, { ownerId: account.id });
    const order = 'mutation { createPaymentOrder(amount: 10000) { merchantUid } }';
    for (const document of ['{ me { id } }', RESTORE, order]) {
      expect(await refusalOf(client.call(document))).toMatchObject({ code: 'UNAUTHENTICATED' });
    }
    expect(await manager.countBy(PaymentOrder, { ownerId: account.id })).toBe(orders);
    const again = await service.client().signUp({ email: account.email });
    expect(again.id).not.toBe(account.id);
    expect(await manager.countBy(PointTransaction, { ownerId: again.id })).toBe(0);
  });

  test('is left by somebody who never bought anything', async () => {
    const { client, account } = await service.user();

    expect(await leave(client, account)).toMatchObject({ data: { deleteUser: true } });
    expect(await service.books.manager.findOneBy(User, { id: account.id })).toBeNull();
  });

  test('is not left with a wrong password', async () => {
    const { client, account } = await service.user();

    expect(await refusalOf(leave(client, { ...account, password: 'canary-a-wrong-password' }))).toEqual({
      code: 'BAD_USER_INPUT',
      retryable: false,
      field: 'currentPassword',
    });
    expect(await service.books.manager.findOneBy(User, { id: account.id })).not.toBeNull();
  });

  describe('is not left with', () => {
    const account = (ownerId: string, changed: Partial<PointAccount>) =>
      service.books.manager.save(PointAccount, {
        ownerId,
        point: 0,
        heldPoint: 0,
        createdAt: new Date(),
        ...changed,
      });
    const order = async (client: GraphqlClient, changed: Partial<PaymentOrder> = {}) => {
      const merchantUid = await makeOrder(client);
      await service.books.manager.update(PaymentOrder, { merchantUid }, { paidAt: null, ...changed });
    };
    const past = () => new Date(Date.now() - 1000);

    test.each<[string, string, (client: GraphqlClient, ownerId: string) => Promise<unknown>]>([
      ['points', 'POINTS', (_, ownerId) => account(ownerId, { point: 1 })],
      ['a debt', 'DEBT', (_, ownerId) => account(ownerId, { point: -1 })],
      ['points that are held', 'HELD', (_, ownerId) => account(ownerId, { point: 5, heldPoint: 5 })],
      ['an order that can be paid', 'OPEN_ORDER', (client) => order(client)],
      ['an order that is still asked about', 'OPEN_ORDER', (client) => order(client, { expiresAt: past() })],
    ])('%s', async (_, reason, arrange) => {
      const { client, account: person } = await service.user();
      await arrange(client, person.id);

      expect(await refusalOf(leave(client, person))).toEqual({
        code: 'LEAVE_NOT_POSSIBLE',
        retryable: false,
        reason,
      });
      expect(await service.books.manager.findOneBy(User, { id: person.id })).not.toBeNull();
      expect(await sessionsOf(person.id)).toBe(1);
    });

    test('an order that is over is no reason', async () => {
      const { client, account: person } = await service.user();
      await order(client, { expiresAt: past(), nextCheckAt: null });

      expect(await leave(client, person)).toMatchObject({ data: { deleteUser: true } });
    });
  });
});

test('wrong passwords of whoever is logged in count like those of log-ins', async () => {
  const server = await startServerWithoutGateway({ RATE_LIMIT: 'on' });
  try {
    const client = server.client();
    const account = await client.signUp();
    const guess = () => client.call(LEAVE, { password: 'canary-a-wrong-password' });
    // From an address that is known for the account: ten, and ten more.
    for (let index = 0; index < 20; index += 1) {
      expect(await refusalOf(guess())).toMatchObject({ code: 'BAD_USER_INPUT' });
    }
    expect(await refusalOf(guess())).toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    expect(await refusalOf(client.call(CHANGE, { current: 'x', next: NEW_PASSWORD }))).toMatchObject({
      code: 'TOO_MANY_REQUESTS',
    });
    await expect(server.client().login(account)).rejects.toThrow('TOO_MANY_REQUESTS');
  } finally {
    await server.stop();
  }
});
