import { setTimeout as sleep } from 'node:timers/promises';
import type { GraphqlAnswer } from '../support/graphql-client.js';
import type { Customer } from './customer.js';
import type { Decisions } from './decisions.js';
import type { Gateway } from './gateway.js';
import type { Instance } from './instance.js';
import { until } from './until.js';

/** Whoever waits longer for an answer has gone away. */
const PATIENCE_MS = 3000;
const OUTAGE_MAX_MS = 20_000;
const PAUSE_MIN_MS = 30;
const PAUSE_MAX_MS = 300;
const REPETITIONS_MAX = 3;
const PACKAGES = [5000, 10_000, 30_000];
const PARTS = [1000, 2000, 3000];
/** Payments that a customer still knows of; cancelling the newest ones makes cancellations meet. */
const REMEMBERED_MAX = 12;

/** What was done in a run, so that an idle one can be told from a good one. */
export interface Activity {
  ordersPaid: number;
  ordersPaidTwice: number;
  wrongAmounts: number;
  consoleCancels: number;
  cancelCalls: number;
  answersLost: number;
  repetitions: number;
  vanished: number;
}

export interface RandomWorld {
  instances: Instance[];
  gateway: Gateway;
  activity: Activity;
  /** Notes a decision, for the person who has to find out what went wrong. */
  note: (line: string) => void;
  isOver: () => boolean;
}

/** Tops up, cancels, repeats and vanishes until the run is over. */
export async function liveAsCustomer(
  name: string,
  customer: Customer,
  decisions: Decisions,
  world: RandomWorld,
): Promise<void> {
  const { activity, gateway, instances } = world;
  const payments: string[] = [];
  let cancelCount = 0;
  const note = (line: string) => world.note(`${name} ${line}`);

  while (!world.isOver()) {
    const action = decisions.whole(1, 100);
    if (action <= 55 || payments.length === 0) await topUp();
    else if (action <= 95) await cancel();
    else await cancelInConsole();
    await sleep(decisions.whole(PAUSE_MIN_MS, PAUSE_MAX_MS));
  }

  async function topUp(): Promise<void> {
    const amount = decisions.pick(PACKAGES);
    const ordered = await ask((url) => customer.order(url, amount));
    const merchantUid = ordered?.data?.createPaymentOrder.merchantUid;
    if (merchantUid === undefined) return; // without an order nobody can pay
    const isWrong = decisions.happens(0.06);
    const isTwice = !isWrong && decisions.happens(0.08);
    const impUids: string[] = [];
    for (let time = 0; time < (isTwice ? 2 : 1); time++) {
      const paid = await gateway.pay({ merchant_uid: merchantUid, amount: isWrong ? amount - 1 : amount });
      impUids.push(paid.imp_uid);
      note(
        `paid ${paid.imp_uid}${isWrong ? ' with another amount' : ''}${time > 0 ? ' for the same order' : ''}`,
      );
    }
    activity.ordersPaid += 1;
    if (isWrong) activity.wrongAmounts += 1;
    if (isTwice) activity.ordersPaidTwice += 1;
    payments.push(...impUids);
    payments.splice(0, payments.length - REMEMBERED_MAX);

    if (decisions.happens(0.2)) {
      note('vanished without confirming');
      activity.vanished += 1;
      return;
    }
    for (const impUid of impUids) await insist((url) => customer.credit(url, impUid));
  }

  async function cancel(): Promise<void> {
    const impUid = decisions.pick(payments);
    const wishes = decisions.happens(0.25) ? 2 : 1;
    // Two different wishes for one payment at the same moment; the books and the gateway must choose.
    await Promise.all(
      Array.from({ length: wishes }, async () => {
        const amount = decisions.happens(0.4) ? undefined : decisions.pick(PARTS);
        const idempotencyKey = `${name}-${++cancelCount}`;
        note(`cancels ${amount ?? 'all'} of ${impUid}`);
        activity.cancelCalls += 1;
        await insist((url) => customer.cancel(url, { impUid, amount, idempotencyKey }));
      }),
    );
  }

  async function cancelInConsole(): Promise<void> {
    const impUid = decisions.pick(payments);
    const amount = decisions.happens(0.5) ? undefined : decisions.pick(PARTS);
    try {
      await gateway.cancelInConsole(impUid, amount);
      activity.consoleCancels += 1;
      note(`cancelled ${amount ?? 'all'} of ${impUid} in the console`);
    } catch (error) {
      note(`cannot cancel in the console: ${(error as Error).message}`);
    }
  }

  /** Asks, perhaps at both servers at once, and asks again when no answer came or just so; then gives up. */
  async function insist(call: (url: string) => Promise<GraphqlAnswer<unknown>>): Promise<void> {
    const isImpatient = decisions.happens(0.2);
    for (let time = 0; time <= REPETITIONS_MAX; time++) {
      if (time > 0) activity.repetitions += 1;
      const answers = await Promise.all(Array.from({ length: isImpatient ? 2 : 1 }, () => ask(call)));
      const isAnswered = answers.some((answer) => answer !== undefined && !answer.errors?.some(isRetryable));
      if (isAnswered && !decisions.happens(0.15)) return;
      if (!isAnswered && decisions.happens(0.2)) {
        note('vanished without an answer');
        activity.vanished += 1;
        return;
      }
      await sleep(decisions.whole(PAUSE_MIN_MS, PAUSE_MAX_MS));
    }
  }

  /** @returns undefined when no answer came: the server is dead, or it took too long. */
  async function ask<Data>(
    call: (url: string) => Promise<GraphqlAnswer<Data>>,
  ): Promise<GraphqlAnswer<Data> | undefined> {
    const chosen = decisions.pick(instances);
    // As a load balancer would. When all are dead for too long, the call goes to a dead one and is lost.
    await until(() => instances.some(({ isAlive }) => isAlive), OUTAGE_MAX_MS);
    const instance = chosen.isAlive ? chosen : (instances.find(({ isAlive }) => isAlive) ?? chosen);
    try {
      return await Promise.race([instance.ask(call), sleep(PATIENCE_MS, undefined, { ref: false })]);
    } catch (error) {
      note(`got no answer: ${(error as Error).message}`);
      activity.answersLost += 1;
      await sleep(PAUSE_MAX_MS);
      return undefined;
    }
  }
}

function isRetryable({ extensions }: { extensions: { retryable: boolean; code: string } }): boolean {
  return extensions.retryable || extensions.code === 'INTERNAL_SERVER_ERROR';
}
