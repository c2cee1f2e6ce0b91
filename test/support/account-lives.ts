import { setTimeout as sleep } from 'node:timers/promises';
import { IsNull, MoreThan, Not } from 'typeorm';
import { Attention } from '../../src/attention/attention.entity.js';
import type { GivenRefundAccount } from '../../src/cancellation/refund-account.js';
import type { GatewayPayment } from '../../src/gateway/gateway-payment.js';
import { Cancellation, CancellationState } from '../../src/payment/cancellation.entity.js';
import { TAKEN_BACK_AFTER_MS } from '../../src/payment/known-payment.js';
import { Payment } from '../../src/payment/payment.entity.js';
import { PaymentOrder } from '../../src/payment/payment-order.entity.js';
import { PaymentOrderModel } from '../../src/payment/payment-order.model.js';
import { DepositService } from '../../src/point-transaction/deposit.service.js';
import { Refusal } from '../../src/refusal/refusal.js';
import { WebhookDelivery } from '../../src/webhook/webhook-delivery.entity.js';
import type { GatewayAndRooms } from './gateway-and-rooms.js';

/** What an order of these lives asks for. */
export const ORDERED = 10_000;
const DUE_MS = 3 * 24 * 60 * 60_000;
const HALF_HOUR_MS = 31 * 60_000;
const SETTLE_MAX_MS = 45_000;
const SETTLE_LOOK_MS = 120;
/** Then a notice whose look met a gateway without an answer is looked at again. */
const LOOKS_BEFORE_TIME_PASSES = 40;
const LINES_TOLD = 5;
/** Takes every need of every payment company: a bank of their lists and a telephone. */
const REFUND_BANKS: Record<string, string> = { html5_inicis: '04', daou: '11' };
const CANCEL_CALL = 'POST /payments/cancel';

/** Everything that can happen to a virtual account. */
export const EVENTS = [
  'issued',
  'paid in',
  'due time over',
  'given up',
  'given up while it is paid in',
  'closed at the payment company',
  'reported as paid in',
  'half an hour later',
  'deposit taken back',
  'a minute later',
  'refund asked',
  'refund refused',
  'refund paid',
  'refunded outside',
] as const;
export type LifeEvent = (typeof EVENTS)[number];

/** What our rows say of one order, and what its buyer and the operators see of it. */
export interface Snapshot {
  order: string;
  point: number;
  held: number;
  rows: number[];
  /** States of its payments in the order of their accounts. */
  payments: string[];
  cancellations: string[];
  /** Those that wait for a person. */
  attentions: string[];
}

/** One order of a buyer of their own, and the accounts that were opened for it, oldest first. */
export interface Life {
  ownerId: string;
  order: PaymentOrder;
  pg: string;
  impUids: string[];
}

export type AccountLives = ReturnType<typeof accountLives>;

/** Lives of virtual accounts in the rooms of the house, at the simulated gateway. Recovery has to be at work. */
export function accountLives(house: GatewayAndRooms) {
  const { rooms, simulator } = house;
  const { manager } = rooms.books;
  const deposits = new DepositService(rooms.books, rooms.gateways, rooms.orders, rooms.reconciliation);

  async function begin(pg: string): Promise<Life> {
    const { id: ownerId } = await house.user();
    return { ownerId, order: await house.order(ownerId, ORDERED), pg, impUids: [] };
  }

  const newest = ({ impUids }: Life) => impUids.at(-1) ?? 'imp_000000000000';
  const change = ({ order: { merchantUid } }: Life, changed: object) =>
    manager.update(PaymentOrder, { merchantUid }, changed);

  /** What happens outside, or what the buyer does; once. What of it cannot be changes nothing. */
  const happen: Record<LifeEvent, (life: Life) => Promise<unknown>> = {
    issued: async (life) => {
      const dueAt = Math.ceil((Date.now() + DUE_MS) / 1000);
      const { imp_uid: impUid } = await house.pay(life.order, {
        status: 'ready',
        pay_method: 'vbank',
        pg_provider: life.pg,
        vbank_num: `56${String(Math.floor(Math.random() * 1e12)).padStart(12, '0')}`,
        vbank_code: '004',
        vbank_name: 'KB국민은행',
        vbank_holder: '(주)포인트',
        vbank_date: dueAt,
      });
      life.impUids.push(impUid);
    },
    'paid in': async (life) => {
      // The account that waits, of several the newest.
      for (const impUid of life.impUids.toReversed()) {
        if (await isPossible(simulator.act(impUid, 'deposit'))) return;
      }
    },
    'due time over': async (life) => {
      for (const impUid of life.impUids) await simulator.act(impUid, 'due-over');
      const over = new Date(Date.now() - 1000);
      await manager.update(
        PaymentOrder,
        { merchantUid: life.order.merchantUid, expiresAt: MoreThan(over) },
        { expiresAt: over },
      );
    },
    'given up': ({ ownerId, order }) => refusalOf(deposits.cancelOrder(ownerId, order.merchantUid)),
    'given up while it is paid in': async (life) => {
      await happen['paid in'](life);
      await happen['given up'](life);
    },
    'closed at the payment company': (life) => isPossible(simulator.act(newest(life), 'decline')),
    'reported as paid in': ({ ownerId, order }) => refusalOf(deposits.report(ownerId, order.merchantUid)),
    'half an hour later': ({ order: { merchantUid } }) =>
      manager.update(
        PaymentOrder,
        { merchantUid, depositReportedAt: Not(IsNull()) },
        { depositReportedAt: new Date(Date.now() - HALF_HOUR_MS) },
      ),
    'deposit taken back': async (life) => {
      for (const impUid of life.impUids.toReversed()) {
        if (await isPossible(simulator.act(impUid, 'take-back'))) return;
      }
    },
    'a minute later': ({ order: { merchantUid } }) =>
      manager.update(
        Payment,
        { merchantUid, takenBackSeenAt: Not(IsNull()) },
        { takenBackSeenAt: new Date(Date.now() - TAKEN_BACK_AFTER_MS) },
      ),
    'refund asked': (life) => refund(life),
    'refund refused': async (life) => {
      const impUid = await creditedOf(life);
      await simulator.addFaults([{ kind: 'refuse', call: CANCEL_CALL, imp_uid: impUid, times: 1 }]);
      await refund(life);
    },
    'refund paid': async (life) => isPossible(simulator.act(await creditedOf(life), 'refund-done')),
    'refunded outside': async (life) => {
      // Money that is there, of several payments the newest.
      for (const impUid of life.impUids.toReversed()) if (await isPossible(simulator.cancel(impUid))) return;
    },
  };

  async function creditedOf(life: Life): Promise<string> {
    const credited = await manager.findOneBy(Payment, { creditedOrder: life.order.merchantUid });
    return credited?.gatewayPaymentId ?? newest(life);
  }

  async function refund(life: Life, amount?: number): Promise<unknown> {
    const bank = REFUND_BANKS[life.pg];
    if (bank === undefined) throw new Error(`no bank is written down for ${life.pg}`);
    const refundAccount: GivenRefundAccount = { holder: '김포인트', bank, number: '301-9876-5432-11' };
    const request = {
      impUid: await creditedOf(life),
      refundAccount,
      ...(amount === undefined ? {} : { amount }),
    };
    return refusalOf(rooms.cancellations.cancel(life.ownerId, request));
  }

  async function notice(life: Life, impUid: string): Promise<void> {
    await rooms.webhooks.receive({
      gateway: 'iamport',
      gatewayPaymentId: impUid,
      merchantUid: life.order.merchantUid,
      status: null,
      cancellationId: null,
    });
  }

  const look = (life: Life) => change(life, { nextCheckAt: new Date() });
  const claim = ({ ownerId }: Life, impUid: string) => refusalOf(rooms.transactions.create(ownerId, impUid));

  return {
    begin,
    happen: (event: LifeEvent, life: Life) => happen[event](life),
    refund,
    /** Ways in which the server hears of an account. */
    notice,
    look,
    claim,
    /** All of them at the same moment, each of them doubled. */
    tell: async (life: Life): Promise<void> => {
      const twice = [...life.impUids, ...life.impUids];
      await Promise.all([
        ...twice.map((impUid) => notice(life, impUid)),
        ...twice.map((impUid) => claim(life, impUid)),
        look(life),
      ]);
    },
    /** What the gateway says of an account now, to be heard later. */
    answerOf: (impUid: string): Promise<GatewayPayment> => rooms.read(impUid),
    hear: async ({ ownerId }: Life, answer: GatewayPayment): Promise<void> => {
      await rooms.reconciliation.apply(answer, { ownerId });
    },
    /** Waits until recovery has nothing left to do for it. @throws when it does not come to an end. */
    settle: async ({ ownerId, order: { merchantUid } }: Life): Promise<void> => {
      const deadline = Date.now() + SETTLE_MAX_MS;
      for (let looks = 1; ; looks++) {
        const open = { ownerId, state: CancellationState.PENDING, acceptedAt: IsNull() };
        const left = [
          await manager.countBy(WebhookDelivery, { merchantUid, nextAttemptAt: Not(IsNull()) }),
          isBeingChecked(await manager.findOneByOrFail(PaymentOrder, { merchantUid })) ? 1 : 0,
          await manager.countBy(Cancellation, open),
        ];
        if (left.every((count) => count === 0)) return;
        if (Date.now() > deadline) {
          const told = rooms.lines.filter((line) => line.includes(merchantUid)).slice(-LINES_TOLD);
          throw new Error(`${merchantUid} is not settled: ${left.join(' ')}\n${told.join('')}`);
        }
        // The time passes until the next attempt.
        if (left[2] !== 0) await manager.update(Cancellation, open, { nextAttemptAt: new Date() });
        if (looks % LOOKS_BEFORE_TIME_PASSES === 0) {
          const due = { merchantUid, nextAttemptAt: Not(IsNull()) };
          await manager.update(WebhookDelivery, due, { nextAttemptAt: new Date() });
        }
        await sleep(SETTLE_LOOK_MS);
      }
    },
    snapshot: async ({ ownerId, order: { merchantUid }, impUids }: Life): Promise<Snapshot> => {
      const order = await manager.findOneByOrFail(PaymentOrder, { merchantUid });
      const { point, held, rows } = await house.accountOf(ownerId);
      const payments = await manager.findBy(Payment, { merchantUid });
      const cancellations = await manager.find(Cancellation, { where: { ownerId }, order: { id: 'ASC' } });
      const attentions = await manager.findBy(Attention, { merchantUid, resolvedAt: IsNull() });
      return {
        order: PaymentOrderModel.of(order).state,
        point,
        held,
        rows,
        payments: impUids.map(
          (impUid) =>
            payments.find(({ gatewayPaymentId }) => gatewayPaymentId === impUid)?.state ?? 'unknown',
        ),
        cancellations: cancellations.map(({ state }) => state),
        attentions: attentions.map(({ kind }) => kind).toSorted(),
      };
    },
  };
}

/** Due, or claimed just now: a claim moves its time by two minutes, and no look of the schedule is then. */
function isBeingChecked({ nextCheckAt }: PaymentOrder): boolean {
  if (nextCheckAt === null) return false;
  const leftMs = nextCheckAt.getTime() - Date.now();
  return leftMs < 1000 || (leftMs > 90_000 && leftMs <= 120_000);
}

/** @returns undefined when it was done. @throws what is no refusal. */
async function refusalOf(call: Promise<unknown>): Promise<Refusal | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

/** @returns false when the gateway says that it cannot be. */
async function isPossible(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (/HTTP (404|409)/.test((error as Error).message)) return false;
    throw error;
  }
}
