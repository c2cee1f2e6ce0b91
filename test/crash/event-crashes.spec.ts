import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { EventState, PointEvent } from '../../src/event/event.entity.js';
import { PointTransaction } from '../../src/point-transaction/point-transaction.entity.js';
import { addOrder, openBooks } from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { EVENT_SECRET, type EventReceiver, startEventReceiver } from '../support/event-receiver.js';
import { runProgram } from '../support/programs.js';
import { eventually } from '../support/rooms.js';
import { rememberSecret } from '../support/server-logs.mjs';
import { type RunningProgram, simulatorSettings, startServer, startSimulator } from '../support/server.js';
import { simulatorControl } from '../support/simulator-control.js';
import { addCustomer, type Customer, JWT_SECRET } from './customer.js';

const TIMEOUT_MS = 120_000;
/** Its first look is at the start; the next one never comes. */
const ASLEEP = '60000';
const AWAKE = '100';
rememberSecret('the secret of events', EVENT_SECRET);

describeOnEachDatabase('an event', (database) => {
  let receiver: EventReceiver;
  let simulator: RunningProgram;
  let books: DataSource;
  let server: RunningProgram | undefined;

  beforeAll(async () => {
    receiver = await startEventReceiver();
    simulator = await startSimulator();
    books = await openBooks(database.env);
  });
  afterAll(async () => {
    await server?.stop();
    await books.destroy();
    await simulator.stop();
    await receiver.stop();
  });

  async function start(intervalMs: string): Promise<RunningProgram> {
    server = await startServer({
      env: {
        ...database.env,
        ...simulatorSettings(simulator.url),
        ...receiver.env,
        JWT_SECRET,
        RATE_LIMIT: 'off',
        RECOVERY_INTERVAL_MS: intervalMs,
      },
    });
    return server;
  }
  async function kill(): Promise<void> {
    await server?.kill();
    server = undefined;
  }
  /** A payment that is paid and not credited. */
  async function paid(customer: Customer): Promise<string> {
    const { merchantUid, amount } = await addOrder(books, customer.ownerId, 10_000);
    return (await simulatorControl(simulator.url).pay({ merchant_uid: merchantUid, amount })).imp_uid;
  }
  const eventsOf = (ownerId: string) => books.manager.findBy(PointEvent, { ownerId });
  /** As a minute after the death of whoever was sending. */
  const leaseEnds = () =>
    books.manager.update(
      PointEvent,
      { state: EventState.PENDING },
      { nextAttemptAt: new Date(Date.now() - 1) },
    );
  /** There is one for each row, all are delivered, and nobody else was told anything. */
  async function expectTold(ownerId: string): Promise<void> {
    const rows = await books.manager.findBy(PointTransaction, { ownerId });
    await eventually(async () => {
      const events = await eventsOf(ownerId);
      expect(events.map(({ id, state }) => ({ id, state }))).toEqual(
        rows.map(({ id }) => ({ id, state: EventState.DELIVERED })),
      );
    });
    expect(new Set(receiver.of(ownerId).map(({ id }) => id))).toEqual(new Set(rows.map(({ id }) => id)));
    expect(receiver.forged).toEqual([]);
  }

  test(
    'whose server is killed between the COMMIT and the sending is sent once by the next one',
    async () => {
      const customer = await addCustomer(books);
      const { ownerId } = customer;
      const impUid = await paid(customer);
      const { url } = await start(ASLEEP);
      expect((await customer.credit(url, impUid)).errors).toBeUndefined();
      await kill();
      expect(receiver.sent).toEqual([]);
      expect(await eventsOf(ownerId)).toMatchObject([{ state: EventState.PENDING, attempts: 0 }]);

      await start(AWAKE);
      await expectTold(ownerId);
      expect(receiver.of(ownerId, receiver.sent)).toHaveLength(1);
      await kill();
    },
    TIMEOUT_MS,
  );

  test(
    'whose server is killed before and after its receiver has taken it comes again under the same id',
    async () => {
      const customer = await addCustomer(books);
      const { ownerId } = customer;
      const impUid = await paid(customer);
      const { url } = await start(AWAKE);
      receiver.replies(() => 'none');
      await customer.credit(url, impUid);
      await eventually(async () => expect(receiver.of(ownerId, receiver.sent)).toHaveLength(1));
      await kill();

      // The next one dies when the receiver has it, and before it knows.
      receiver.replies(async () => {
        await kill();
        return 200;
      });
      await leaseEnds();
      await start(AWAKE).catch(() => undefined);
      await eventually(async () => expect(receiver.of(ownerId)).toHaveLength(1));
      expect(await eventsOf(ownerId)).toMatchObject([{ state: EventState.PENDING, attempts: 2 }]);

      receiver.replies(() => 200);
      await leaseEnds();
      await start(AWAKE);
      await expectTold(ownerId);
      const sent = receiver.of(ownerId, receiver.sent);
      expect(sent).toHaveLength(3);
      expect(new Set(sent.map(({ id, body }) => `${id} ${body}`)).size).toBe(1);
      await kill();
    },
    TIMEOUT_MS,
  );

  test(
    'is counted, listed and sent again by npm run events',
    async () => {
      const [customer, other] = [await addCustomer(books), await addCustomer(books)];
      const { url } = await start(AWAKE);
      for (const each of [customer, other]) await each.credit(url, await paid(each));
      await expectTold(customer.ownerId);
      await expectTold(other.ownerId);
      await server?.stop();
      server = undefined;
      receiver.sent.length = 0;
      receiver.taken.length = 0;

      const events = (...args: string[]) =>
        runProgram('programs/events.js', { args, env: { ...database.env } });
      expect((await events('state')).output).toMatch(
        /^pending +0\ndelivered +4\ngave-up +0\noldest pending +none\n$/,
      );
      const listed = await events('list', '--owner', customer.ownerId);
      expect(listed.output.trim().split('\n')).toEqual([
        expect.stringMatching(/^\w{26} {2}\S+Z {2}point\.credited {2}\w{26} {2}DELIVERED {2}attempts 1$/),
      ]);
      // Not by mistake everything.
      expect(await events('replay')).toMatchObject({
        exitCode: 1,
        errors: expect.stringContaining('usage: '),
      });
      expect(await events('replay', '--from', 'yesterday')).toMatchObject({ exitCode: 1 });
      expect(await events('replay', '--from', '2026-01-01', '--owner', customer.ownerId)).toMatchObject({
        exitCode: 0,
        output: '1 events are sent again\n',
      });
      await start(AWAKE);
      await expectTold(customer.ownerId);
      expect(receiver.of(other.ownerId)).toEqual([]);
      await kill();
    },
    TIMEOUT_MS,
  );
});
