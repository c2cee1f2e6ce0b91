import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { IsNull } from 'typeorm';
import { Attention, AttentionKind } from '../../src/attention/attention.entity.js';
import { type GatewayPayment, GatewayPaymentState, holdsMoney } from '../../src/gateway/gateway-payment.js';
import { Cancellation, CancellationState } from '../../src/payment/cancellation.entity.js';
import { Payment } from '../../src/payment/payment.entity.js';
import { proveBooks } from '../../src/verification/books.js';
import { verifyWithGateway } from '../crash/findings.js';
import {
  type AccountLives,
  accountLives,
  EVENTS,
  type Life,
  type LifeEvent,
} from '../support/account-lives.js';
import { faultsInBooks } from '../support/books.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { type GatewayAndRooms, openGatewayAndRooms } from '../support/gateway-and-rooms.js';
import { eventually } from '../support/rooms.js';
import { simulatorSettings } from '../support/server.js';

/** On each database. `ACCOUNT_LIVES=5000 ACCOUNT_SEED=1 npm test -- …` for more, or for the same ones again. */
const LIVES = Number(process.env.ACCOUNT_LIVES ?? 500);
const SEED = Number(process.env.ACCOUNT_SEED ?? Date.now() % 2 ** 31);
const LIVED_AT_ONCE = 40;
const HOUR_MS = 60 * 60_000;
const LIFE_MAX_STEPS = 8;
/** Tries to make a life shorter in which something went wrong. */
const SHORTER_TRIES_MAX = 30;
const BEGINNING_AND_END_MS = 120_000;
/** At most, on a machine that does much else. */
const LIFE_MS = 3_000;

const KEY = `new:${Buffer.alloc(32, 1).toString('base64')}`;
const PGS = ['html5_inicis', 'daou'];
const PART = 4000;

/** What happens, and how the server hears of it: late, twice, in another order, or from an answer that is old by then. */
type Step =
  | { event: LifeEvent }
  | { hears: 'notice' | 'look' | 'claim' | 'everything' }
  | { answer: 'is kept' | 'arrives' }
  | { refund: 'part' | 'answer lost' | 'call lost' };

interface Plan {
  pg: string;
  steps: Step[];
}

const plan: fc.Arbitrary<Plan> = fc.record({
  pg: fc.constantFrom(...PGS),
  steps: fc.array(
    fc.oneof(
      { weight: 8, arbitrary: fc.record({ event: fc.constantFrom(...EVENTS) }) },
      // Without these nothing happens to an account at all.
      { weight: 4, arbitrary: fc.record({ event: fc.constantFrom<LifeEvent>('issued', 'paid in') }) },
      {
        weight: 5,
        arbitrary: fc.record({ hears: fc.constantFrom('notice', 'look', 'claim', 'everything') }),
      },
      { weight: 2, arbitrary: fc.record({ answer: fc.constantFrom('is kept', 'arrives') }) },
      { weight: 2, arbitrary: fc.record({ refund: fc.constantFrom('part', 'answer lost', 'call lost') }) },
    ) as fc.Arbitrary<Step>,
    { minLength: 2, maxLength: LIFE_MAX_STEPS },
  ),
});

/** No answer travels as long as these take. */
const LONG: ReadonlySet<LifeEvent> = new Set([
  'a minute later',
  'half an hour later',
  'due time over',
  'refund paid',
]);

describeOnEachDatabase(`${LIVES} random lives of virtual accounts (ACCOUNT_SEED=${SEED})`, (database) => {
  let house: GatewayAndRooms;
  let lives: AccountLives;

  beforeAll(async () => {
    house = await openGatewayAndRooms(database.env, {
      REFUND_ACCOUNT_KEYS: KEY,
      RECOVERY_INTERVAL_MS: '100',
      IAMPORT_TIMEOUT_MS: '30000',
    });
    lives = accountLives(house);
  });
  afterAll(() => house.close());

  /** @returns what is wrong in the end, in words. */
  async function live({ pg, steps }: Plan): Promise<string[]> {
    const life = await lives.begin(pg);
    let kept: GatewayPayment | undefined;
    try {
      // The first account is always there; what happens without one is the table's matter.
      await lives.happen('issued', life);
      for (const step of steps) {
        if ('event' in step) {
          if (LONG.has(step.event)) kept = undefined;
          await lives.happen(step.event, life);
        } else if ('hears' in step) await hear(life, step.hears);
        else if ('refund' in step) await refund(life, step.refund);
        else if (step.answer === 'is kept') kept = await lives.answerOf(life.impUids.at(-1) ?? '');
        else if (kept) await lives.hear(life, kept);
      }
      return await endOf(life);
    } catch (error) {
      return [String(error)];
    }
  }

  async function hear(life: Life, how: (Step & { hears: string })['hears']): Promise<void> {
    const newest = life.impUids.at(-1) ?? '';
    if (how === 'notice') await lives.notice(life, newest);
    else if (how === 'claim') await lives.claim(life, newest);
    else if (how === 'look') await lives.look(life);
    else await lives.tell(life);
  }

  async function refund(life: Life, how: (Step & { refund: string })['refund']): Promise<void> {
    const kind = how === 'answer lost' ? 'cut-after' : 'cut-before';
    const fault = { kind, call: 'POST /payments/cancel', imp_uid: life.impUids.at(-1), times: 1 };
    if (how !== 'part') await house.simulator.addFaults([fault]);
    await lives.refund(life, PART);
  }

  /** Everybody hears of everything, people do what they were asked to do, and both sides have to agree. */
  async function endOf(life: Life): Promise<string[]> {
    const faults: string[] = [];
    await everythingIsHeard(life);
    await lives.happen('a minute later', life);
    await lives.happen('refund paid', life);
    await everythingIsHeard(life);
    for (const { impUid, isCredited, there } of await sidesOf(life)) {
      if (there.state !== GatewayPaymentState.PAID || isCredited) continue;
      const open = await house.rooms.books.manager.countBy(Attention, {
        subject: impUid,
        resolvedAt: IsNull(),
      });
      if (open !== 1)
        faults.push(`${impUid} holds money that is not credited, and ${open} people are told of it`);
      await house.simulator.cancel(impUid);
    }
    // What was lost on its way to a payment company that pays later can only be done by a person.
    if ((await lives.snapshot(life)).cancellations.includes('PENDING')) {
      await lives.happen('refunded outside', life);
    }
    await everythingIsHeard(life);
    await everyCancellationEnds(life);

    const end = await lives.snapshot(life);
    if (end.attentions.includes(AttentionKind.GIVE_BACK_NEEDS_ACCOUNT)) {
      faults.push('money went back, and a person is still asked to give it back');
    }
    const sides = await sidesOf(life);
    const there = sides.find(({ isOfOrder }) => isOfOrder)?.there;
    const left = there && holdsMoney(there) ? there.amount - there.cancelledAmount : 0;
    if (end.point !== left) faults.push(`${end.point} points, and the gateway has ${left} won of them`);
    return [...faults, ...(await faultsInBooks(house.rooms.books, life.ownerId))];
  }

  /** The days pass in which a payment company pays, or does not. */
  async function everyCancellationEnds({ ownerId }: Life): Promise<void> {
    const { manager } = house.rooms.books;
    const open = { ownerId, state: CancellationState.PENDING };
    await manager.update(Cancellation, open, {
      sentAt: new Date(Date.now() - HOUR_MS),
      nextAttemptAt: new Date(),
    });
    await eventually(async () => expect(await manager.countBy(Cancellation, open)).toBe(0));
  }

  async function everythingIsHeard(life: Life): Promise<void> {
    await Promise.all([...life.impUids.map((impUid) => lives.notice(life, impUid)), lives.look(life)]);
    await lives.settle(life);
  }

  async function sidesOf({ impUids, order: { merchantUid } }: Life) {
    const payments = await house.rooms.books.manager.findBy(Payment, { merchantUid });
    return Promise.all(
      impUids.map(async (impUid) => {
        const here = payments.find(({ gatewayPaymentId }) => gatewayPaymentId === impUid);
        const isOfOrder = here !== undefined && here.creditedOrder !== null;
        // One whose deposit was taken back has lost its credit.
        const isCredited = isOfOrder && here.state !== GatewayPaymentState.READY;
        return { impUid, isOfOrder, isCredited, there: await house.rooms.read(impUid) };
      }),
    );
  }

  /** Leaves out what is not needed for its fault. */
  async function shortened(wrong: Plan): Promise<Plan> {
    let shortest = wrong;
    let tries = 0;
    for (let at = 0; at < shortest.steps.length && tries < SHORTER_TRIES_MAX; tries++) {
      const shorter = { ...shortest, steps: shortest.steps.toSpliced(at, 1) };
      if ((await live(shorter)).length > 0) shortest = shorter;
      else at++;
    }
    return shortest;
  }

  test(
    'keep the rules of money, tell a person of all money that is not credited, and end',
    async () => {
      const plans = fc.sample(plan, { numRuns: LIVES, seed: SEED });
      const wrong: { plan: Plan; faults: string[] }[] = [];
      await house.rooms.recoverWhile(async () => {
        const queue = plans.values();
        const liveSome = async () => {
          for (const one of queue) {
            const faults = await live(one);
            if (faults.length === 0) continue;
            wrong.push({ plan: one, faults });
            process.stderr.write(`${JSON.stringify({ plan: one, faults })}\n`);
          }
        };
        await Promise.all(Array.from({ length: LIVED_AT_ONCE }, liveSome));
        const [first] = wrong;
        if (first) wrong.unshift({ plan: await shortened(first.plan), faults: first.faults });
      });
      expect(wrong.map((one) => JSON.stringify(one))).toEqual([]);
    },
    BEGINNING_AND_END_MS + LIVES * LIFE_MS,
  );

  test('leave books that are proved, row by row and against the gateway', async () => {
    await proveBooks(house.rooms.books, () => undefined);
    const { exitCode, output } = await verifyWithGateway({
      ...database.env,
      ...simulatorSettings(house.gateway.url),
    });
    expect(output).toContain('PROVED: every won is accounted for.');
    expect(exitCode).toBe(0);
  });
});
