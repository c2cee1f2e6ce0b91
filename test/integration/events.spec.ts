import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import type { DataSource } from 'typeorm';
import { ulid } from 'ulid';
import { Attention, AttentionKind } from '../../src/attention/attention.entity.js';
import { raise } from '../../src/attention/raise.js';
import { koreanDayOf } from '../../src/calendar/korean-time.js';
import { inTransaction } from '../../src/database/transaction.js';
import { EVENT_ATTEMPTS_MAX, EventWork } from '../../src/event-sending/event-work.js';
import { EventSender } from '../../src/event-sending/sender.js';
import { EventState, PointEvent } from '../../src/event/event.entity.js';
import { countEvents, listEvents, oldestPendingAt, replayEvents } from '../../src/event/events.js';
import { createLogger } from '../../src/logging/logger.js';
import { lockAccount } from '../../src/point-account/accounts.js';
import { bring } from '../../src/point-transaction/ledger.js';
import { Lot, LotKind } from '../../src/point-transaction/lot.entity.js';
import { PointTransactionStatus } from '../../src/point-transaction/point-transaction.entity.js';
import { NotEnoughPoints } from '../../src/spending/refusals.js';
import { Worker } from '../../src/work/worker.js';
import { faultsInBooks, readAccount } from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import {
  EVENT_SECRET,
  type EventReceiver,
  OTHER_EVENT_SECRET,
  type ReceivedEvent,
  startEventReceiver,
} from '../support/event-receiver.js';
import { type GatewayAndRooms, openGatewayAndRooms } from '../support/gateway-and-rooms.js';
import { eventually } from '../support/rooms.js';
import { watchStatements } from '../support/statements.js';

const BACKLOG = 1_000;
const BACKLOG_TIMEOUT_MS = 120_000;
const INTERVAL_MS = 20;
const silent = createLogger('silent');
const { PENDING, DELIVERED, GAVE_UP } = EventState;

describeOnEachDatabase('events', (database) => {
  let receiver: EventReceiver;
  let house: GatewayAndRooms;
  let books: DataSource;

  beforeAll(async () => {
    receiver = await startEventReceiver();
    house = await openGatewayAndRooms(database.env, { ...receiver.env, POINT_PACKAGES: '5000,10000:+500' });
    ({ books } = house.rooms);
  });
  beforeEach(async () => {
    await books.manager.clear(PointEvent);
    receiver.sent.length = 0;
    receiver.taken.length = 0;
    receiver.replies(() => 200);
  });
  afterEach(() => expect(receiver.forged).toEqual([]));
  afterAll(async () => {
    await house.close();
    await receiver.stop();
  });

  const owner = async () => (await house.user()).id;
  const stored = (ownerId: string) =>
    books.manager.find(PointEvent, { where: { ownerId }, order: { position: 'ASC' } });
  const statesOf = async (ownerId: string) => (await stored(ownerId)).map(({ state }) => state);
  const grant = (ownerId: string, amount = 100) =>
    house.rooms.spending.grant({ ownerId, amount, reason: '출석', idempotencyKey: ulid() });
  async function grants(ownerId: string, count: number): Promise<string[]> {
    const ids = [];
    for (let made = 0; made < count; made++) ids.push((await grant(ownerId)).id);
    return ids;
  }
  /** The works of one more server. */
  const server = () =>
    new EventWork(books, silent, house.rooms.settings).works.map(
      (work) => new Worker(work, silent, INTERVAL_MS),
    );
  /** So many servers send until each `look` is content, one after the other. */
  async function sendUntil(look: () => Promise<void> | void, servers = 1, then = look): Promise<void> {
    const workers = Array.from({ length: servers }, server).flat();
    for (const worker of workers) worker.start();
    try {
      await eventually(async () => look());
      await eventually(async () => then());
    } finally {
      await Promise.all(workers.map((worker) => worker.stop()));
    }
  }
  /** One look of one server, and all that comes of it. */
  async function sendOnce(): Promise<void> {
    const [first, again] = new EventWork(books, silent, house.rooms.settings).works;
    for (const work of [first!, again!]) for (const piece of (await work.take()).pieces) await work.do(piece);
  }
  /** The pause is over. */
  const pauseEnds = () =>
    books.manager.update(PointEvent, { state: PENDING }, { nextAttemptAt: new Date(Date.now() - 1) });

  describe('are stored', () => {
    test('with each row of the ledger, one for each, and say what the row says', async () => {
      const { rooms } = house;
      const ownerId = await owner();
      const order = await rooms.orders.create(ownerId, 10_000);
      const { imp_uid: impUid } = await house.pay(order);
      await rooms.transactions.create(ownerId, impUid);
      await grant(ownerId, 300);
      const asked = { ownerId, amount: 200, reason: '수업', reference: 'order-7', idempotencyKey: 'one' };
      const spent = await rooms.spending.spend(asked);
      await rooms.spending.spend(asked);
      await rooms.spending.cancelSpend({
        spendId: spent.id,
        amount: 50,
        reason: '반품',
        idempotencyKey: 'two',
      });
      const until = new Date(Date.now() + 60_000);
      const held = await rooms.holds.hold({ ...asked, idempotencyKey: 'three', until });
      await rooms.holds.confirm(held.id, 100);
      const { id: lotId } = await grant(ownerId, 40);
      const past = new Date(Date.now() - 1_000);
      await books.manager.update(
        Lot,
        { id: lotId },
        { expiresAt: past, openUntil: past, nextExpiryAt: past },
      );
      await rooms.recoverUntil(async () =>
        expect((await readAccount(books, ownerId)).balance.point).toBe(10_550),
      );
      await rooms.cancellations.cancel(ownerId, { impUid, amount: 2_000 });
      // Outside of us.
      await house.simulator.cancel(impUid, { amount: 1_000 });
      await rooms.reconcile(impUid);

      const { rows } = await readAccount(books, ownerId);
      const events = await stored(ownerId);
      expect(events.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
      const bodies = events.map(({ body }) => JSON.parse(body) as ReceivedEvent);
      expect(bodies.map(({ data }) => [data.sequence, data.amount, data.balanceAfter])).toEqual(
        rows.map(({ sequence, amount, balanceAfter }) => [sequence, amount, balanceAfter]),
      );
      expect(bodies.map(({ type }) => type)).toEqual([
        'point.credited',
        'point.bonus_credited',
        'point.granted',
        'point.spent',
        'point.spend_cancelled',
        'point.spent',
        'point.granted',
        'point.expired',
        'point.cancelled',
        'point.bonus_cancelled',
        'point.cancelled',
        'point.bonus_cancelled',
      ]);
      const { merchantUid } = order;
      expect(bodies[0]).toEqual({
        type: 'point.credited',
        timestamp: rows[0]?.createdAt.toISOString(),
        version: 1,
        data: {
          ownerId,
          transactionId: rows[0]?.id,
          sequence: 1,
          amount: 10_000,
          balanceAfter: 10_000,
          impUid,
        },
      });
      expect(bodies[1]?.data).toMatchObject({ amount: 500, reference: merchantUid });
      expect(bodies[3]?.data).toMatchObject({ amount: -200, reference: 'order-7' });
      expect(bodies[4]?.data).toMatchObject({ amount: 50, spendId: spent.id });
      expect(bodies[5]?.data).toMatchObject({ amount: -100, transactionId: held.id });
      expect(bodies[7]?.data).toMatchObject({ amount: -40, lotId });
      expect(bodies[10]?.data).toMatchObject({ amount: -1_000, impUid });
      expect(JSON.stringify(bodies)).not.toMatch(/수업|반품|출석|@/);
      await sendUntil(() => expect(receiver.of(ownerId)).toHaveLength(rows.length));
      expect(receiver.of(ownerId).map(({ body }) => body)).toEqual(events.map(({ body }) => body));
      expect(await faultsInBooks(books, ownerId)).toEqual([]);
    });

    test('neither for what was refused nor for what was rolled back', async () => {
      const ownerId = await owner();
      const more = { ownerId, amount: 1, reason: '수업', idempotencyKey: 'one' };
      await expect(house.rooms.spending.spend(more)).rejects.toThrow(NotEnoughPoints);
      const dead = inTransaction(books, 'READ COMMITTED', async (manager) => {
        const account = await lockAccount(manager, ownerId);
        const fact = { reference: ulid(), status: PointTransactionStatus.GRANT, amount: 5 };
        bring(manager, account, fact, {
          kind: LotKind.ADJUST,
          expiresAt: new Date(Date.now() + 60_000),
        });
        throw new Error('dies before its COMMIT');
      });
      await expect(dead).rejects.toThrow('dies before its COMMIT');

      expect(await books.manager.count(PointEvent)).toBe(0);
    });

    test('once for an attention, however many raise it, in the transaction that raises it', async () => {
      const matter = { kind: AttentionKind.OTHER_CHANNEL, note: '보세요 / look', merchantUid: 'pt1' };
      const subject = `imp_${ulid()}`;
      await Promise.all(Array.from({ length: 8 }, () => raise(books.manager, { ...matter, subject })));
      await raise(books.manager, { ...matter, subject });
      await inTransaction(books, 'READ COMMITTED', async (manager) => {
        await raise(manager, { ...matter, subject: `imp_${ulid()}` });
        throw new Error('rolled back');
      }).catch(() => undefined);

      await sendUntil(() => expect(receiver.taken).toHaveLength(1));
      const { id } = await books.manager.findOneByOrFail(Attention, { subject });
      const { kind, note, merchantUid } = matter;
      expect(receiver.taken[0]).toMatchObject({
        id,
        type: 'attention.raised',
        data: { attentionId: id, kind, subject, note, merchantUid },
      });
      expect(await books.manager.count(PointEvent)).toBe(1);
    });
  });

  describe('are signed', () => {
    const body = '{"type":"point.spent"}';

    test('as Standard Webhooks says, with both secrets while one follows the other', async () => {
      const both = await startEventReceiver(OTHER_EVENT_SECRET);
      const secrets = [EVENT_SECRET, OTHER_EVENT_SECRET];
      const sender = new EventSender({ url: both.url, secrets });

      expect(await sender.send({ id: 'an-id', body })).toEqual({ outcome: 'taken' });
      expect(both.taken).toMatchObject([{ id: 'an-id', body }]);
      const alone = new EventSender({ url: both.url, secrets: [EVENT_SECRET] });
      expect(await alone.send({ id: 'an-id', body })).toEqual({ outcome: 'not-taken', fault: 'status 401' });
      expect(both.forged).toEqual(['No matching signature found']);
      await both.stop();
    });

    test('over id, moment and body, so that none of them can be another one', () => {
      const now = new Date();
      const signer = new Webhook(EVENT_SECRET);
      const headers = {
        'webhook-id': 'an-id',
        'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
        'webhook-signature': signer.sign('an-id', now, body),
      };
      expect(signer.verify(body, headers)).toEqual({ type: 'point.spent' });
      for (const [changedBody, changed] of [
        [`${body} `, {}],
        [body, { 'webhook-id': 'another' }],
        [body, { 'webhook-timestamp': String(Number(headers['webhook-timestamp']) - 1) }],
      ] as const) {
        expect(() => signer.verify(changedBody, { ...headers, ...changed })).toThrow('No matching signature');
      }
    });
  });

  describe('that are not taken', () => {
    test.each([
      ['with a fault', 500, 'status 500'],
      ['by a redirect, which nobody follows', 302, 'status 302'],
      ['as not found', 404, 'status 404'],
    ])(
      '%s are sent again under the same id, with the same words and a longer pause',
      async (_, reply, fault) => {
        const ownerId = await owner();
        const { id } = await grant(ownerId);
        receiver.replies(() => reply);
        const pauses = [];
        for (let attempt = 1; attempt <= 4; attempt++) {
          await pauseEnds();
          await sendOnce();
          const [event] = await stored(ownerId);
          expect(event).toMatchObject({ state: PENDING, attempts: attempt, fault });
          pauses.push(event!.nextAttemptAt!.getTime() - Date.now());
        }
        receiver.replies(() => 204);
        await pauseEnds();
        await sendOnce();

        expect(new Set(receiver.sent.map((event) => event.id))).toEqual(new Set([id]));
        expect(new Set(receiver.sent.map((event) => event.body)).size).toBe(1);
        expect(receiver.sent.map(({ path }) => path)).toEqual(Array(5).fill('/points'));
        pauses.forEach((pause, index) => {
          expect(pause).toBeGreaterThan(5_000 * 2 ** index - 1_000);
          expect(pause).toBeLessThan(5_000 * 2 ** index * 1.25 + 1);
        });
        expect(await stored(ownerId)).toMatchObject([
          { state: DELIVERED, attempts: 5, nextAttemptAt: null, fault: null },
        ]);
      },
    );

    test('in time, or by nobody, are a fault and no end', async () => {
      const ownerId = await owner();
      await grant(ownerId);
      const settings = { url: receiver.url, secrets: [EVENT_SECRET] };
      receiver.replies(() => 'none');
      expect(await new EventSender(settings, 100).send({ id: 'an-id', body: '{}' })).toEqual({
        outcome: 'not-taken',
        fault: 'no answer in time',
      });
      receiver.replies(() => 'half-an-answer');
      expect(await new EventSender(settings, 100).send({ id: 'an-id', body: '{}' })).toEqual({
        outcome: 'taken',
      });
      const nobody = { ...settings, url: 'http://127.0.0.1:9/' };
      expect(await new EventSender(nobody).send({ id: 'an-id', body: '{}' })).toMatchObject({
        outcome: 'not-taken',
      });
    });

    test('by the last attempt are given up: a person is told once a day, and the next one is sent', async () => {
      const [ownerId, otherId] = [await owner(), await owner()];
      const [first, second] = await grants(ownerId, 2);
      await grant(otherId);
      await books.manager.update(
        PointEvent,
        { state: PENDING, id: first },
        { attempts: EVENT_ATTEMPTS_MAX - 1 },
      );
      receiver.replies(({ id, data }) => (id === first ? 500 : data.ownerId === otherId ? 410 : 200));
      await sendUntil(async () => {
        expect(await statesOf(ownerId)).toEqual([GAVE_UP, DELIVERED]);
        // Gone is gone: it is not sent a second time.
        expect(await statesOf(otherId)).toEqual([GAVE_UP]);
      });

      expect(receiver.sent.map(({ id }) => id).filter((id) => id === first || id === second)).toEqual([
        first,
        second,
      ]);
      const subject = koreanDayOf(new Date());
      expect(await books.manager.findBy(Attention, { kind: AttentionKind.EVENTS_GIVEN_UP })).toMatchObject([
        { subject },
      ]);
      // It is no event: that one would be given up, too.
      expect(await books.manager.countBy(PointEvent, { type: 'attention.raised' })).toBe(0);
    });

    test('keep those of their owner waiting, however many servers look, and nobody else’s', async () => {
      const [stuck, others] = [await owner(), [await owner(), await owner(), await owner()]];
      const [first] = await grants(stuck, 12);
      for (const other of others) await grants(other, 12);
      receiver.replies(({ id }) => (id === first ? 503 : 200));
      await sendUntil(() => others.forEach((other) => expect(receiver.of(other)).toHaveLength(12)), 3);

      expect(receiver.of(stuck, receiver.sent).map(({ id }) => id)).toEqual([first]);
      // Nothing of it is looked at before its pause is over.
      const due = (await stored(stuck)).map(({ nextAttemptAt }) => nextAttemptAt!.getTime());
      expect(Math.min(...due)).toBeGreaterThan(Date.now() + 1_000);

      receiver.replies(() => 200);
      await pauseEnds();
      await sendUntil(() => expect(receiver.of(stuck)).toHaveLength(12), 3);
      expect(receiver.of(stuck).map(({ data }) => data.sequence)).toEqual(
        Array.from({ length: 12 }, (_, at) => at + 1),
      );
    });
  });

  test('of several owners are sent by two servers at once: each once, and those of each owner in order', async () => {
    const owners = await Promise.all(Array.from({ length: 6 }, owner));
    await Promise.all(owners.map((ownerId) => grants(ownerId, 30)));
    receiver.replies(async () => {
      await sleep(Math.random() * 10);
      return 200;
    });
    // Some come while others are sent.
    const late = Promise.all(owners.map((ownerId) => grants(ownerId, 30)));
    await sendUntil(() => expect(receiver.taken.length).toBeGreaterThanOrEqual(6 * 60), 2);
    await late;

    const inOrder = Array.from({ length: 60 }, (_, at) => at + 1);
    for (const ownerId of owners) {
      expect(receiver.of(ownerId).map(({ data }) => data.sequence)).toEqual(inOrder);
      expect(new Set(await statesOf(ownerId))).toEqual(new Set([DELIVERED]));
    }
  });

  test('whose server died after it had claimed them are sent by the next one when the lease ends', async () => {
    const ownerId = await owner();
    await grants(ownerId, 2);
    const [first] = new EventWork(books, silent, house.rooms.settings).works;
    expect((await first!.take()).pieces).toHaveLength(1);
    // It dies here. Until its lease ends nobody sends the first one, nor the one behind it.
    await sendOnce();
    expect(receiver.sent).toEqual([]);
    await pauseEnds();
    await sendUntil(() => expect(receiver.of(ownerId)).toHaveLength(2));
    expect(receiver.of(ownerId).map(({ data }) => data.sequence)).toEqual([1, 2]);
  });

  // There each statement has its turn, so that what is begun during one is done before the next one.
  if (database.name === 'SQLite') {
    test('that came when the one before them had just ended do not wait for it', async () => {
      const ownerId = await owner();
      const [head, next] = await grants(ownerId, 2);
      const claimed = { attempts: 1, nextAttemptAt: new Date(Date.now() + 60_000) };
      await books.manager.update(PointEvent, { id: head! }, claimed);
      const ended = { state: DELIVERED, nextAttemptAt: null, endedAt: new Date() };
      let selects = 0;
      let ending: Promise<unknown> | undefined;
      const during = watchStatements(books, (statement) => {
        // What is due, and then the head of its owner, which another server ends now.
        if (statement !== 'SELECT point_event' || ++selects !== 2) return;
        ending = books.manager.update(PointEvent, { id: head! }, ended);
      });

      const [first] = new EventWork(books, silent, house.rooms.settings).works;
      await during(async () => expect((await first!.take()).pieces).toEqual([]));
      await ending;

      expect(await statesOf(ownerId)).toEqual([DELIVERED, PENDING]);
      const { nextAttemptAt } = await books.manager.findOneByOrFail(PointEvent, { id: next! });
      expect(nextAttemptAt!.getTime()).toBeLessThanOrEqual(Date.now());
    });
  }

  test('are not sent by a server that has waited until its lease was nearly over', async () => {
    const ownerId = await owner();
    await grants(ownerId, 1);
    const [first] = new EventWork(books, silent, house.rooms.settings).works;
    const { pieces } = await first!.take();
    const [piece] = pieces;
    await first!.do({ ...piece!, nextAttemptAt: new Date(Date.now() + 20_000) });

    expect(receiver.sent).toEqual([]);
    await first!.do(piece!);
    expect(receiver.sent).toHaveLength(1);
  });

  test(
    `of a backlog of ${BACKLOG}, and as many of one owner whose first is never taken, are sent soon`,
    async () => {
      const dead = await owner();
      const [sample] = await grants(dead, 1);
      const { body } = await books.manager.findOneByOrFail(PointEvent, { id: sample! });
      const past = new Date(Date.now() - 60_000);
      const waiting = (ownerId: string, position: number): PointEvent => ({
        id: ulid(),
        type: 'point.granted',
        ownerId,
        position,
        notice: null,
        body: body.replace(dead, ownerId).replace('"sequence":1,', `"sequence":${position / 2},`),
        state: PENDING,
        createdAt: past,
        nextAttemptAt: past,
        attempts: 0,
        endedAt: null,
        fault: null,
      });
      const rows = Array.from({ length: BACKLOG }, (_, at) => [
        waiting(dead, 2 * (at + 2)),
        waiting(`owner-${at % 100}`, 2 * (Math.floor(at / 100) + 1)),
      ]).flat();
      for (let at = 0; at < rows.length; at += 500)
        await books.manager.insert(PointEvent, rows.slice(at, at + 500));
      receiver.replies(({ data }) => (data.ownerId === dead ? 500 : 200));
      const half = () => expect(receiver.taken.length).toBeGreaterThan(BACKLOG / 2);
      await sendUntil(half, 2, () => expect(receiver.taken).toHaveLength(BACKLOG));

      // After pauses of 5, 10, 20 and 40 seconds, and no sooner.
      expect(receiver.of(dead, receiver.sent).length).toBeLessThanOrEqual(5);
      expect(new Set(receiver.of(dead, receiver.sent).map(({ id }) => id)).size).toBe(1);
      for (let at = 0; at < 100; at++) {
        const sequences = receiver.of(`owner-${at}`).map(({ data }) => data.sequence);
        expect(sequences).toEqual(Array.from({ length: BACKLOG / 100 }, (_, index) => index + 1));
      }
    },
    BACKLOG_TIMEOUT_MS,
  );

  describe('are sent again when that is asked for', () => {
    test('of one owner and of a time, under the same ids and in order', async () => {
      const [ownerId, otherId] = [await owner(), await owner()];
      const early = await grants(ownerId, 2);
      await sleep(5);
      const from = new Date();
      const ids = await grants(ownerId, 3);
      await grants(otherId, 1);
      await sendUntil(() => expect(receiver.taken).toHaveLength(6));
      receiver.taken.length = 0;

      expect(await replayEvents(books, { ownerId, from })).toBe(3);
      await sendUntil(() => expect(receiver.taken).toHaveLength(3));

      expect(receiver.taken.map(({ id }) => id)).toEqual(ids);
      expect(await replayEvents(books, { ownerId, until: from })).toBe(2);
      await sendUntil(() => expect(receiver.taken).toHaveLength(5));
      expect(receiver.taken.slice(3).map(({ id }) => id)).toEqual(early);
      expect(await statesOf(ownerId)).toEqual(Array(5).fill(DELIVERED));
    });

    test('those that were given up, with all their attempts before them', async () => {
      const ownerId = await owner();
      await grants(ownerId, 2);
      receiver.replies(() => 410);
      await sendUntil(async () => expect(await statesOf(ownerId)).toEqual([GAVE_UP, GAVE_UP]));
      expect(await countEvents(books)).toEqual({ PENDING: 0, DELIVERED: 0, GAVE_UP: 2 });
      expect(await oldestPendingAt(books)).toBeNull();

      receiver.replies(() => 200);
      expect(await replayEvents(books, { state: GAVE_UP })).toBe(2);
      expect(await oldestPendingAt(books)).toEqual((await stored(ownerId))[0]?.createdAt);
      await sendUntil(() => expect(receiver.taken).toHaveLength(2));
      const listed = await listEvents(books, { ownerId });
      expect(listed.map(({ position, attempts }) => [position, attempts])).toEqual([
        [4, 1],
        [2, 1],
      ]);
    });

    test('and wait for no later one; those that failed before wait for them', async () => {
      const ownerId = await owner();
      const [first, second] = await grants(ownerId, 2);
      receiver.replies(({ id }) => (id === first ? 200 : 500));
      await sendOnce();
      expect(await stored(ownerId)).toMatchObject([{ state: DELIVERED }, { state: PENDING, attempts: 1 }]);

      expect(await replayEvents(books, { ownerId, state: DELIVERED })).toBe(1);
      receiver.replies(() => 500);
      await pauseEnds();
      await sendOnce();
      const events = await stored(ownerId);
      expect(events).toMatchObject([{ attempts: 1 }, { attempts: 1 }]);
      for (const { nextAttemptAt } of events)
        expect(nextAttemptAt!.getTime()).toBeGreaterThan(Date.now() + 1_000);

      receiver.replies(() => 200);
      receiver.taken.length = 0;
      await pauseEnds();
      await sendUntil(() => expect(receiver.taken.map(({ id }) => id)).toEqual([first, second]));
    });

    test('by the hundreds, each once', async () => {
      const ownerId = await owner();
      const at = new Date(Date.now() - 60_000);
      const rows = Array.from({ length: 1_200 }, (_, index): PointEvent => ({
        id: ulid(),
        type: 'point.granted',
        ownerId,
        position: 2 * index,
        notice: null,
        body: '{}',
        state: DELIVERED,
        // Many of them in the same millisecond.
        createdAt: new Date(at.getTime() + Math.floor(index / 700)),
        nextAttemptAt: null,
        attempts: 3,
        endedAt: at,
        fault: null,
      }));
      for (let done = 0; done < rows.length; done += 400)
        await books.manager.insert(PointEvent, rows.slice(done, done + 400));

      expect(await replayEvents(books, { from: at })).toBe(1_200);
      expect(await books.manager.countBy(PointEvent, { state: PENDING, attempts: 0 })).toBe(1_200);
    });
  });

  test('that ended long ago are forgotten, and no others', async () => {
    const ownerId = await owner();
    const ids = await grants(ownerId, 4);
    const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 60 * 60_000);
    const ended = { nextAttemptAt: null, endedAt: new Date() };
    await books.manager.update(
      PointEvent,
      { id: ids[0] },
      { state: DELIVERED, createdAt: daysAgo(36), ...ended },
    );
    await books.manager.update(
      PointEvent,
      { id: ids[1] },
      { state: DELIVERED, createdAt: daysAgo(34), ...ended },
    );
    await books.manager.update(
      PointEvent,
      { id: ids[2] },
      { state: GAVE_UP, createdAt: daysAgo(89), ...ended },
    );
    await books.manager.update(PointEvent, { id: ids[3] }, { createdAt: daysAgo(400) });
    const [, , forget] = new EventWork(books, silent, house.rooms.settings).works;
    await forget!.take();

    expect((await stored(ownerId)).map(({ id }) => id)).toEqual(ids.slice(1));
  });
});
