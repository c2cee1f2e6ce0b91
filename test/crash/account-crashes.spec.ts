import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from '@jest/globals';
import { IsNull, Not } from 'typeorm';
import { Attention } from '../../src/attention/attention.entity.js';
import { Payment } from '../../src/payment/payment.entity.js';
import { PaymentOrder } from '../../src/payment/payment-order.entity.js';
import { TAKEN_BACK_AFTER_MS } from '../../src/payment/known-payment.js';
import type { TestDatabase } from '../support/databases.js';
import type { Crash, Halt, Outcome, Scene } from './drill.js';
import {
  atCommit,
  atStatement,
  whenAnswered,
  whileGatewayCancels,
  whileGatewayClosesAccount,
  whileGatewayLooksForOrder,
  whileGatewayLooksForOrders,
  whileGatewayReads,
  whileUserIsLocked,
} from './halts.js';
import { matrix } from './matrix.js';

const ORDERED = 10_000;
const DAY_MS = 24 * 60 * 60_000;
const HALF_HOUR_MS = 31 * 60_000;
const SEEN_TIMEOUT_MS = 15_000;
const LOOK_EVERY_MS = 50;
/** Refunds at once, and days later. Their codes of banks differ. */
const AT_ONCE = { pg_provider: 'html5_inicis', bank: '04' };
const LATER = { pg_provider: 'daou', bank: '11' };

const account = (status: 'ready' | 'paid', { pg_provider } = AT_ONCE) => ({
  status,
  pay_method: 'vbank',
  pg_provider,
  vbank_num: '56211912345678',
  vbank_code: '004',
  vbank_name: 'KB국민은행',
  vbank_holder: '(주)포인트',
  vbank_date: Math.floor((Date.now() + 3 * DAY_MS) / 1000),
});

const credit = ({ customer, serverUrl, impUid }: Scene) => customer.credit(serverUrl(), impUid);
const giveUp = ({ customer, serverUrl, merchantUid }: Scene) => customer.giveUp(serverUrl(), merchantUid);
const report = ({ customer, serverUrl, merchantUid }: Scene) => customer.report(serverUrl(), merchantUid);
const deposit = ({ gateway, impUid }: Scene) => gateway.act(impUid, 'deposit');
const refund =
  ({ bank } = AT_ONCE) =>
  ({ customer, serverUrl, impUid }: Scene) =>
    customer.cancel(serverUrl(), {
      impUid,
      idempotencyKey: `refund ${impUid}`,
      refundAccount: { holder: '김포인트', bank, number: '301-9876-5432-11' },
    });
const nothing = async () => undefined;

async function notice({ serverUrl, merchantUid }: Scene, impUid: string): Promise<void> {
  await fetch(`${serverUrl()}/webhooks/iamport`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ imp_uid: impUid, merchant_uid: merchantUid }),
  });
}
const webhook = (scene: Scene) => notice(scene, scene.impUid);
const secondWebhook = (scene: Scene) => notice(scene, scene.secondImpUid);

const issuedAndPaid = async (scene: Scene) => {
  await credit(scene);
  await deposit(scene);
};

/** The gateway was seen to say so a minute ago. */
async function takenBackAMinuteAgo(scene: Scene): Promise<void> {
  const { gateway, impUid, books } = scene;
  await gateway.act(impUid, 'take-back');
  await webhook(scene);
  const seen = { gatewayPaymentId: impUid, takenBackSeenAt: Not(IsNull()) };
  await eventually(() => books.manager.existsBy(Payment, seen));
  const takenBackSeenAt = new Date(Date.now() - TAKEN_BACK_AFTER_MS);
  await books.manager.update(Payment, seen, { takenBackSeenAt });
}

async function timeIsOver({ gateway, impUid, merchantUid, books }: Scene): Promise<void> {
  await gateway.act(impUid, 'due-over');
  await books.manager.update(PaymentOrder, { merchantUid }, { expiresAt: new Date(Date.now() - 1000) });
}

async function paidTwice(scene: Scene): Promise<void> {
  const { gateway, merchantUid } = scene;
  const second = await gateway.pay({
    merchant_uid: merchantUid,
    amount: ORDERED,
    ...account('paid'),
    vbank_num: '56211912345679',
  });
  scene.secondImpUid = second.imp_uid;
}

async function eventually(isThere: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + SEEN_TIMEOUT_MS;
  while (!(await isThere())) {
    if (Date.now() > deadline) throw new Error('it did not come');
    await sleep(LOOK_EVERY_MS);
  }
}

const outcome = (order: string, point: number, more: Partial<Outcome> = {}): Outcome => ({
  order,
  point,
  heldPoint: 0,
  refunded: 0,
  cancellations: [],
  attentions: [],
  ...more,
});
const WAITING = outcome('AWAITING_DEPOSIT', 0);
const CREDITED = outcome('PAID', ORDERED);
const CLOSED = outcome('CANCELLED', 0);
/** An order without an account that waits shows EXPIRED when its time is over. */
const EXPIRED = outcome('READY', 0);
const GONE = outcome('PAID', 0);
const REFUNDED = outcome('PAID', 0, { refunded: ORDERED, cancellations: ['DONE'] });

type Table = Record<string, Halt>;

const onMariadb = (name: TestDatabase['name'], steps: Table): Table => (name === 'MariaDB' ? steps : {});

/** Of a call of the buyer that reads the payment. */
const stepsOfRead = (name: TestDatabase['name']): Table => ({
  'before the gateway was asked': whileGatewayReads('before'),
  'before the gateway’s answer came': whileGatewayReads('after'),
  ...onMariadb(name, {
    'while it waits for the user’s row': whileUserIsLocked,
    'before the database has committed': atCommit('before'),
    'after the database has committed': atCommit('after'),
  }),
});
/** Of a notice, which looks for all payments of the order. */
const stepsOfNotice = (name: TestDatabase['name']): Table => ({
  'before the gateway’s answer came': whileGatewayLooksForOrder('after'),
  ...onMariadb(name, {
    'while it waits for the user’s row': whileUserIsLocked,
    'before the database has committed': atCommit('before'),
    'after the database has committed': atCommit('after'),
  }),
});

function issues(name: TestDatabase['name']): Crash[] {
  return Object.entries(stepsOfRead(name)).map(([step, halt]) => ({
    title: `an account that was opened is waited for after a kill ${step}`,
    paid: account('ready'),
    operation: credit,
    halts: [halt],
    orderCheckDue: true,
    expected: WAITING,
  }));
}

function depositsInto(name: TestDatabase['name']): Crash[] {
  const comebacks: Record<string, Partial<Crash>> = {
    'the buyer asks again': { afterStart: credit },
    'the buyer says to have paid': { afterStart: report },
    'a notice comes twice': {
      afterStart: async (scene) => {
        await Promise.all([webhook(scene), webhook(scene)]);
      },
    },
    'nobody comes': { orderCheckDue: true },
  };
  return Object.entries(stepsOfRead(name)).flatMap(([step, halt]) =>
    Object.entries(comebacks).map(([comeback, more]) => ({
      title: `a deposit that is killed ${step} is credited once when ${comeback}`,
      paid: account('ready'),
      before: issuedAndPaid,
      operation: credit,
      halts: [halt],
      expected: CREDITED,
      ...more,
    })),
  );
}

function givenUp(name: TestDatabase['name']): Crash[] {
  const common = { paid: account('ready'), before: credit, operation: giveUp, orderCheckDue: true };
  const closed: Table = {
    'after the gateway has closed it': whileGatewayClosesAccount('after'),
    'before the closed account is read': whileGatewayReads('before'),
    ...onMariadb(name, {
      'before the database has committed': atCommit('before'),
      'after the database has committed': atCommit('after'),
    }),
  };
  const unasked = whileGatewayClosesAccount('before');
  return [
    ...Object.entries(closed).map(([step, halt]) => ({
      ...common,
      title: `an account that is given up is closed after a kill ${step}`,
      halts: [halt],
      expected: CLOSED,
    })),
    {
      ...common,
      title: 'an account that is given up waits on when it is killed before the gateway has the call',
      halts: [unasked],
      expected: WAITING,
    },
    {
      ...common,
      title: 'an account that is given up is closed when its buyer asks again after a kill',
      halts: [unasked],
      afterStart: giveUp,
      expected: CLOSED,
    },
    {
      ...common,
      title: 'an account that is given up is credited when it was paid into after the kill',
      halts: [unasked],
      afterKill: deposit,
      expected: CREDITED,
    },
    {
      ...common,
      title: 'an account that is given up is credited when it was paid into, and its buyer asks again',
      halts: [unasked],
      afterKill: deposit,
      afterStart: giveUp,
      expected: CREDITED,
    },
  ];
}

function takenBack(name: TestDatabase['name']): Crash[] {
  return Object.entries(stepsOfNotice(name)).map(([step, halt]) => ({
    title: `the points of a deposit that was taken back go once after a kill ${step}`,
    paid: account('paid'),
    credited: true,
    before: takenBackAMinuteAgo,
    operation: webhook,
    halts: [halt],
    orderCheckDue: true,
    expected: GONE,
  }));
}

function secondDeposits(name: TestDatabase['name']): Crash[] {
  return Object.entries(stepsOfNotice(name)).map(([step, halt]) => ({
    title: `a second deposit goes to a person, once, after a kill ${step}`,
    paid: account('paid'),
    credited: true,
    before: paidTwice,
    operation: secondWebhook,
    halts: [halt],
    orderCheckDue: true,
    afterRecovery: async (scene) => {
      const { books, gateway, customer, secondImpUid } = scene;
      const attentions = await books.manager.findBy(Attention, { ownerId: customer.ownerId });
      expect(attentions.map(({ kind, subject }) => `${kind} ${subject}`)).toEqual([
        `GIVE_BACK_NEEDS_ACCOUNT ${secondImpUid}`,
      ]);
      await gateway.cancelInConsole(secondImpUid);
      await secondWebhook(scene);
      const isResolved = { subject: secondImpUid, resolvedAt: Not(IsNull()) };
      await eventually(() => books.manager.existsBy(Attention, isResolved));
    },
    expected: CREDITED,
  }));
}

function refunds(name: TestDatabase['name']): Crash[] {
  const atOnce = { paid: account('paid'), credited: true, operation: refund(), expected: REFUNDED };
  const steps: Table = {
    'before the gateway has the call': whileGatewayCancels('before'),
    'after the gateway has carried it out': whileGatewayCancels('after'),
    ...onMariadb(name, {
      'after its wish is committed': atCommit('after'),
      'before the booking is committed': atCommit('before', 1),
      'after the booking is committed': atCommit('after', 1),
    }),
  };
  const later = {
    paid: account('paid', LATER),
    credited: true,
    operation: refund(LATER),
    expected: REFUNDED,
  };
  return [
    ...Object.entries(steps).map(([step, halt]) => ({
      ...atOnce,
      title: `a refund that is killed ${step} is paid once, to the account that was named`,
      halts: [halt],
    })),
    {
      ...later,
      title: 'a refund that is paid days later ends once when it was killed after the gateway has taken it',
      halts: [whileGatewayCancels('after')],
      afterStart: ({ gateway, impUid }) => gateway.act(impUid, 'refund-done'),
    },
    {
      ...later,
      title:
        'a refund that is paid days later is not sent again by itself, and ends when a person has paid it',
      halts: [whileGatewayCancels('before')],
      afterStart: ({ gateway, impUid }) => gateway.cancelInConsole(impUid),
    },
  ];
}

function reports(name: TestDatabase['name']): Crash[] {
  const steps: Table = {
    'before the gateway’s answer came': whileGatewayLooksForOrder('after'),
    ...onMariadb(name, {
      'after it is stored': atStatement('UPDATE `point_payment_order` SET `depositReportedAt`', 'after'),
    }),
  };
  return Object.entries(steps).map(([step, halt]) => ({
    title: `who said to have paid is not forgotten after a kill ${step}`,
    paid: account('ready'),
    before: credit,
    operation: report,
    halts: [halt],
    orderCheckDue: true,
    afterKill: ({ books, merchantUid }) =>
      books.manager.update(
        PaymentOrder,
        { merchantUid, depositReportedAt: Not(IsNull()) },
        { depositReportedAt: new Date(Date.now() - HALF_HOUR_MS) },
      ),
    afterRecovery: ({ books, merchantUid }) =>
      eventually(() => books.manager.existsBy(Attention, { subject: merchantUid })),
    expected: { ...WAITING, attentions: ['DEPOSIT_NOT_SEEN'] },
  }));
}

function operations({ name }: TestDatabase): Crash[] {
  return [
    ...issues(name),
    ...depositsInto(name),
    ...givenUp(name),
    ...takenBack(name),
    ...secondDeposits(name),
    ...refunds(name),
    ...reports(name),
  ];
}

/** The next server dies too, while it looks by itself at what is due. All due orders are asked about in one call. */
function recoveries({ name }: TestDatabase): Crash[] {
  const looks: Table = name === 'SQLite' ? { 'before the answer came': whileGatewayLooksForOrders } : {};
  const due: Table = {
    ...looks,
    ...onMariadb(name, {
      'before its end is stored': atStatement("UPDATE `point_payment_order` SET state = 'READY'", 'before'),
      'after its end is stored': atStatement("UPDATE `point_payment_order` SET state = 'READY'", 'after'),
    }),
  };
  const committing: Table = {
    ...looks,
    ...onMariadb(name, {
      'before the database has committed': atCommit('before'),
      'after the database has committed': atCommit('after'),
    }),
  };
  const started = whenAnswered(nothing);
  const over = async (scene: Scene) => {
    await credit(scene);
    await timeIsOver(scene);
  };
  return [
    ...Object.entries(due).flatMap(([step, halt]) => [
      {
        title: `an account whose time is over expires after a kill ${step}`,
        paid: account('ready'),
        before: over,
        operation: nothing,
        halts: [started, halt],
        orderCheckDue: true,
        expected: EXPIRED,
      },
      {
        title: `an account whose time is over is credited when it is paid into after a kill ${step}`,
        paid: account('ready'),
        before: over,
        operation: nothing,
        halts: [started, halt],
        orderCheckDue: true,
        afterKill: deposit,
        expected: CREDITED,
      },
    ]),
    ...Object.entries(committing).map(([step, halt]) => ({
      title: `a deposit that nobody told of is credited once after a kill ${step}`,
      paid: account('ready'),
      before: issuedAndPaid,
      operation: nothing,
      halts: [started, halt],
      orderCheckDue: true,
      expected: CREDITED,
    })),
  ];
}

describe('a server that is killed', () => {
  matrix('in an operation with a virtual account', operations);
  matrix('while it looks after virtual accounts by itself', recoveries);
});
