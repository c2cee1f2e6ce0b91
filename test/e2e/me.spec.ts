import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { koreanDayOf } from '../../src/calendar/korean-time.js';
import { PointAccount } from '../../src/point-account/point-account.entity.js';
import { Lot } from '../../src/point-transaction/lot.entity.js';
import { credit, orderAndPay, startTopUpService, type TopUpService } from '../support/top-up-service.js';

const ME = '{ me { id email name point heldPoint availablePoint } }';

let service: TopUpService;

beforeAll(async () => {
  service = await startTopUpService();
});

afterAll(() => service.stop());

test('is the caller with their balance of this moment', async () => {
  const { client, account } = await service.user();
  const { id, email, name } = account;
  const payment = await orderAndPay(client, service.simulator);

  const before = await client.succeed(ME);
  await credit(client, payment.imp_uid);
  const after = await client.succeed(ME);

  expect(before).toEqual({ me: { id, email, name, point: 0, heldPoint: 0, availablePoint: 0 } });
  expect(after).toEqual({ me: { id, email, name, point: 10_000, heldPoint: 0, availablePoint: 10_000 } });
});

test('tells what is left to spend beside what is held, also in debt', async () => {
  const { client, account } = await service.user();
  const set = (point: number, heldPoint: number) =>
    service.books.manager.save(PointAccount, {
      ownerId: account.id,
      point,
      heldPoint,
      createdAt: new Date(),
    });

  await set(10_000, 4_000);
  expect(await client.succeed(ME)).toMatchObject({ me: { point: 10_000, availablePoint: 6_000 } });
  await set(-3_000, 0);
  expect(await client.succeed(ME)).toMatchObject({ me: { point: -3_000, availablePoint: -3_000 } });
});

test('tells which points are lost on which day if they are not spent', async () => {
  const { client, account } = await service.user();
  const ask =
    '{ me { expiringPoints { day point } } pointTransactions(first: 5) { nodes { user { expiringPoints { point } } } } }';
  const rows = (expiringPoints: object[]) => ({ nodes: [{ user: { expiringPoints } }] });
  await credit(client, (await orderAndPay(client, service.simulator)).imp_uid);
  expect(await client.succeed(ask)).toEqual({ me: { expiringPoints: [] }, pointTransactions: rows([]) });

  const soon = new Date(Date.now() + 5 * 24 * 60 * 60_000);
  const ends = { expiresAt: soon, openUntil: soon, nextExpiryAt: soon };
  await service.books.manager.update(Lot, { ownerId: account.id }, ends);
  expect(await client.succeed(ask)).toEqual({
    me: { expiringPoints: [{ day: koreanDayOf(soon), point: 10_000 }] },
    pointTransactions: rows([{ point: 10_000 }]),
  });
});

test('is each caller for themselves', async () => {
  const users = await Promise.all([service.user(), service.user(), service.user()]);

  const answers = await Promise.all(
    users
      .flatMap(({ client }) => [client, client])
      .map((client) => client.succeed<{ me: { id: string } }>(ME)),
  );

  expect(answers.map(({ me }) => me.id)).toEqual(users.flatMap(({ account }) => [account.id, account.id]));
});
