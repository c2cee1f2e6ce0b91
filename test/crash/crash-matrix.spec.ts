import { describe, expect } from '@jest/globals';
import type { TestDatabase } from '../support/databases.js';
import type { Crash, Halt, Outcome, Scene } from './drill.js';
import {
  atCommit,
  whenAnswered,
  whileGatewayCancels,
  whileGatewayLooksForOrder,
  whileGatewayLooksForOrders,
  whileGatewayPrepares,
  whileGatewayReads,
  whileUserIsLocked,
  whileUserIsLockedForBooking,
  whileWebhookIsStored,
} from './halts.js';
import { matrix } from './matrix.js';

const ORDERED = 10_000;
const PART = 3000;
/** A price that somebody changed in the browser. */
const WRONG_AMOUNT = 9000;
const CANCEL_CALL = 'POST /payments/cancel';

const order = ({ customer, serverUrl }: Scene) => customer.order(serverUrl(), ORDERED);
const credit = ({ customer, serverUrl, impUid }: Scene) => customer.credit(serverUrl(), impUid);
const cancel =
  (amount?: number) =>
  ({ customer, serverUrl, impUid }: Scene) =>
    customer.cancel(serverUrl(), { impUid, amount, idempotencyKey: `cancel ${impUid}` });

async function webhook({ serverUrl, impUid, merchantUid }: Scene): Promise<void> {
  await fetch(`${serverUrl()}/webhooks/iamport`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ imp_uid: impUid, merchant_uid: merchantUid }),
  });
}

const outcome = (point: number, refunded: number, ...cancellations: string[]): Outcome => ({
  point,
  heldPoint: 0,
  refunded,
  cancellations,
});
const CREDITED = outcome(ORDERED, 0);
const NOT_CREDITED = outcome(0, 0);
const UNTOUCHED = CREDITED;
const REFUSED = outcome(ORDERED, 0, 'REFUSED');
const GIVEN_BACK = outcome(0, WRONG_AMOUNT, 'DONE');
const cancelled = (amount = ORDERED) => outcome(ORDERED - amount, amount, 'DONE');

type Table = Record<string, Halt>;

/** Where a charge can be cut off, and who comes back afterwards. */
function charges(name: TestDatabase['name']): Crash[] {
  const steps: Table = {
    'before the gateway was asked': whileGatewayReads('before'),
    'before the gateway’s answer came': whileGatewayReads('after'),
    ...(name === 'MariaDB'
      ? {
          'while it waits for the user’s row': whileUserIsLocked,
          'before the database has committed': atCommit('before'),
          'after the database has committed': atCommit('after'),
        }
      : {}),
  };
  const comebacks: Record<string, Partial<Crash>> = {
    'the customer asks again': { afterStart: credit },
    'a webhook comes': { afterStart: webhook },
    'nobody comes': { orderCheckDue: true },
  };
  return Object.entries(steps).flatMap(([step, halt]) =>
    Object.entries(comebacks).map(([comeback, more]) => ({
      title: `a charge that is killed ${step} is credited once when ${comeback}`,
      operation: credit,
      halts: [halt],
      expected: CREDITED,
      ...more,
    })),
  );
}

function recoveriesOfCharges(name: TestDatabase['name']): Crash[] {
  // All orders that are due are asked about in one call: where it is held, none of them comes any further.
  const steps: Table =
    name === 'SQLite'
      ? { 'before the order’s payments came': whileGatewayLooksForOrders }
      : {
          'while it waits for the user’s row': whileUserIsLocked,
          'before the database has committed': atCommit('before'),
          'after the database has committed': atCommit('after'),
        };
  return Object.entries(steps).map(([step, halt]) => ({
    title: `a charge whose recovery is killed too, ${step}, is credited once`,
    operation: credit,
    halts: [whileGatewayReads('before'), halt],
    orderCheckDue: true,
    expected: CREDITED,
  }));
}

/** What the gateway does with a payment while the server is dead. */
function changedPayments(): Crash[] {
  const common = { operation: credit, halts: [whileGatewayReads('after')], orderCheckDue: true };
  return [
    {
      ...common,
      title: 'a payment that was not concluded at the kill and never is, is not credited',
      paid: { status: 'ready' },
      expected: NOT_CREDITED,
    },
    {
      ...common,
      title: 'a payment that is concluded after the kill is credited',
      paid: { status: 'ready' },
      afterKill: ({ gateway, impUid }) => gateway.approve(impUid),
      expected: CREDITED,
    },
    {
      ...common,
      title: 'a payment that is cancelled in the console after the kill is not credited',
      afterKill: ({ gateway, impUid }) => gateway.cancelInConsole(impUid),
      expected: outcome(0, ORDERED),
    },
    {
      ...common,
      title: 'a payment that is cancelled in part after the kill is credited with the rest',
      afterKill: ({ gateway, impUid }) => gateway.cancelInConsole(impUid, PART),
      expected: outcome(ORDERED - PART, PART),
    },
    {
      title: 'an order that is killed while the gateway learns of it can be made again',
      paid: null,
      operation: order,
      halts: [whileGatewayPrepares('after')],
      afterStart: async (scene) => {
        const { data } = await order(scene);
        scene.merchantUid = data.createPaymentOrder.merchantUid;
        scene.impUid = (
          await scene.gateway.pay({ merchant_uid: scene.merchantUid, amount: ORDERED })
        ).imp_uid;
        await credit(scene);
      },
      expected: CREDITED,
    },
  ];
}

function webhooks(name: TestDatabase['name']): Crash[] {
  const work: Crash = {
    title: 'a webhook whose work is killed is worked on again',
    operation: webhook,
    halts: [whileGatewayLooksForOrder('after')],
    expected: CREDITED,
  };
  if (name === 'SQLite') return [work];
  return [
    work,
    {
      title: 'a webhook that is killed before it is stored is not needed',
      operation: webhook,
      halts: [whileWebhookIsStored('before')],
      orderCheckDue: true,
      expected: CREDITED,
    },
    {
      title: 'a webhook that is killed after it is stored is worked on',
      operation: webhook,
      halts: [whileWebhookIsStored('after')],
      expected: CREDITED,
    },
  ];
}

const LATE = 'the first call is carried out late';

/** What the gateway can have done with a cancellation whose server is dead. */
function gatewayOutcomes(amount: number | undefined): Crash[] {
  const what = amount === undefined ? 'a whole cancellation' : 'a cancellation in part';
  const common = { credited: true, operation: cancel(amount), expected: cancelled(amount) };
  return [
    {
      ...common,
      title: `${what} that is killed before the gateway has it is carried out once by recovery`,
      halts: [whileGatewayCancels('before')],
    },
    {
      ...common,
      title: `${what} that is killed after the gateway has carried it out is booked once`,
      halts: [whileGatewayCancels('after')],
    },
    {
      ...common,
      title: `${what} that is killed after the gateway has carried it out is booked once when the customer asks again`,
      halts: [whileGatewayCancels('after')],
      afterStart: cancel(amount),
    },
    {
      ...common,
      title: `${what} is carried out once when ${LATE}, before recovery looks`,
      halts: [whileGatewayCancels('before')],
      afterKill: async (scene) => {
        const first = await scene.gateway.release(scene.holds[0] ?? '', { apply: true, answer: false });
        expect(first).toEqual({ applied: true, answered: false, code: 0, http_status: 200, message: null });
      },
    },
    {
      ...common,
      title: `${what} is carried out once when ${LATE}, between recovery’s look and its second call`,
      halts: [whileGatewayCancels('before')],
      afterKill: ({ gateway, impUid }) =>
        gateway.addFaults([{ kind: 'hold-before', call: CANCEL_CALL, imp_uid: impUid }]),
      afterStart: async ({ gateway, impUid, holds }) => {
        const second = await gateway.heldCall(CANCEL_CALL, impUid);
        expect((await gateway.release(holds[0] ?? '', { apply: true, answer: false })).applied).toBe(true);
        expect((await gateway.release(second, { apply: true, answer: true })).applied).toBe(false);
      },
    },
    {
      ...common,
      title: `${what} is carried out once when ${LATE}, after recovery’s second call`,
      halts: [whileGatewayCancels('before')],
      afterRecovery: async ({ gateway, holds }) => {
        expect((await gateway.release(holds[0] ?? '', { apply: true, answer: false })).applied).toBe(false);
      },
    },
  ];
}

/** Where a cancellation can be cut off in the database. */
function databaseOutcomes(): Crash[] {
  const common = { credited: true, operation: cancel(PART) };
  const unreserved: Table = {
    'while it waits for the user’s row': whileUserIsLocked,
    'before its wish is committed': atCommit('before'),
  };
  const committed: Table = {
    'after its wish is committed': atCommit('after'),
    'while the booking waits for the user’s row': whileUserIsLockedForBooking,
    'before the booking is committed': atCommit('before', 1),
    'after the booking is committed': atCommit('after', 1),
  };
  const refusals: [string, Halt, Outcome][] = [
    ['before it hears the refusal is asked for again', whileGatewayCancels('after'), cancelled(PART)],
    [
      'while it looks whether the refusal is true is released by the next server',
      whileGatewayReads('after'),
      REFUSED,
    ],
  ];
  return [
    ...Object.entries(unreserved).flatMap(([step, halt]) => [
      {
        ...common,
        title: `a cancellation that is killed ${step} never happened`,
        halts: [halt],
        expected: UNTOUCHED,
      },
      {
        ...common,
        title: `a cancellation that is killed ${step} happens once when the customer asks again`,
        halts: [halt],
        afterStart: cancel(PART),
        expected: cancelled(PART),
      },
    ]),
    ...Object.entries(committed).flatMap(([step, halt]) => [
      {
        ...common,
        title: `a cancellation that is killed ${step} happens once`,
        halts: [halt],
        expected: cancelled(PART),
      },
      {
        ...common,
        title: `a cancellation that is killed ${step} happens once when the customer asks again`,
        halts: [halt],
        afterStart: cancel(PART),
        expected: cancelled(PART),
      },
    ]),
    ...refusals.map(([what, halt, expected]) => ({
      title: `a refused cancellation that is killed ${what}`,
      credited: true,
      operation: async (scene: Scene) => {
        await scene.gateway.addFaults([{ kind: 'refuse', call: CANCEL_CALL, imp_uid: scene.impUid }]);
        await cancel(PART)(scene);
      },
      halts: [halt],
      expected,
    })),
  ];
}

/** With the give-backs no more than recovery works on at once (8): one that stands still keeps its place. */
function recoveriesOfCancellations(name: TestDatabase['name']): Crash[] {
  const steps: Table = {
    'while it looks': whileGatewayReads('before'),
    'before the gateway has the second call': whileGatewayCancels('before'),
    'after the gateway has carried the second call out': whileGatewayCancels('after'),
    ...(name === 'MariaDB'
      ? {
          'before the booking is committed': atCommit('before'),
          'after the booking is committed': atCommit('after'),
        }
      : {}),
  };
  return Object.entries(steps).map(([step, halt]) => ({
    title: `a cancellation whose recovery is killed too, ${step}, happens once`,
    credited: true,
    operation: cancel(PART),
    halts: [whileGatewayCancels('before'), halt],
    expected: cancelled(PART),
  }));
}

const giveBack = { paid: { amount: WRONG_AMOUNT }, orderCheckDue: true, expected: GIVEN_BACK };

function recoveriesOfGiveBacks(name: TestDatabase['name']): Crash[] {
  const steps: Table = {
    'before the gateway has the call': whileGatewayCancels('before'),
    'after the gateway has carried it out': whileGatewayCancels('after'),
    ...(name === 'MariaDB' ? { 'before its end is committed': atCommit('before') } : {}),
  };
  return Object.entries(steps).map(([step, halt]) => ({
    ...giveBack,
    title: `money that cannot be credited goes back once when that is killed ${step}`,
    operation: async () => undefined,
    halts: [whenAnswered(credit), halt],
  }));
}

function giveBacks(): Crash[] {
  const steps: Table = { before: atCommit('before'), after: atCommit('after') };
  return Object.entries(steps).map(([side, halt]) => ({
    ...giveBack,
    title: `money that cannot be credited goes back once after a kill ${side} that is committed`,
    operation: credit,
    halts: [halt],
  }));
}

/** The server is killed while it does what it was asked for. */
function operations({ name }: TestDatabase): Crash[] {
  return [
    ...charges(name),
    ...changedPayments(),
    ...webhooks(name),
    ...gatewayOutcomes(PART),
    ...gatewayOutcomes(undefined),
    {
      title: 'a cancellation that the gateway refuses twice, killed before it was read again, is refused',
      credited: true,
      operation: async (scene) => {
        await scene.gateway.addFaults([
          { kind: 'refuse', call: CANCEL_CALL, imp_uid: scene.impUid, times: 2 },
        ]);
        await cancel(PART)(scene);
      },
      halts: [whileGatewayReads('before')],
      expected: REFUSED,
    },
    {
      ...giveBack,
      title:
        'money that cannot be credited goes back although the gateway first answers with a failed payment',
      operation: ({ gateway, impUid }) =>
        gateway.addFaults([{ kind: 'failed', call: CANCEL_CALL, imp_uid: impUid, times: 1 }]),
      halts: [whenAnswered(credit)],
    },
    ...(name === 'MariaDB' ? [...databaseOutcomes(), ...giveBacks()] : []),
  ];
}

/** The server is killed, and the next one too, while it finishes what the first one left. */
function recoveries({ name }: TestDatabase): Crash[] {
  return [...recoveriesOfCancellations(name), ...recoveriesOfGiveBacks(name)];
}

describe('a server that is killed', () => {
  matrix('in an operation', operations);
  matrix('in its recovery of cancellations', recoveries);
  matrix('in its recovery of charges', ({ name }) => recoveriesOfCharges(name));
});
