import { setTimeout as sleep } from 'node:timers/promises';
import type { Customer } from '../crash/customer.js';
import type { Decisions } from '../crash/decisions.js';
import type { Gateway } from '../crash/gateway.js';
import type { Instance } from '../crash/instance.js';
import type { GraphqlAnswer } from '../support/graphql-client.js';

/** Longer than a cluster needs to go on without a node. A request that is not answered by then has no end. */
const PATIENCE_MS = 20_000;
const REPETITIONS_MAX = 40;
const PAUSE_MIN_MS = 20;
const PAUSE_MAX_MS = 400;
const PACKAGES = [5000, 10_000, 30_000];
/** One for each actor of the hot user: who wants the same at once gets the same order. */
const HOT_PACKAGES = [5000, 10_000, 30_000, 50_000, 100_000];
const PART = 2000;

/** What was done in a run, so that an idle one can be told from a good one. */
export interface ClusterActivity {
  /** Calls of customers that were answered, with data or with a refusal that is none of a moment. */
  operations: number;
  credits: number;
  /** The same credit or cancel once more at another server. */
  repetitions: number;
  cancels: number;
  /** Reads of what had just been written at another server. */
  readsElsewhere: number;
  answersLost: number;
  /** Answers that the database is unavailable. */
  unavailable: number;
}

export interface ClusterWorld {
  instances: Instance[];
  gateway: Gateway;
  activity: ClusterActivity;
  /** Whatever a customer may never see, in words. */
  findings: string[];
  /** A node is dead, or the cluster has not got over that yet. */
  isNodeAway: () => boolean;
  isOver: () => boolean;
}

/** What a customer was told, and what must therefore be in the books in the end. */
export interface Told {
  ownerId: string;
  /** Amounts, by the id of the row. */
  credits: Map<string, number>;
  /** Amounts, by the id of the cancellation. */
  cancels: Map<string, { amount: number; state: string }>;
}

/**
 * Tops up and cancels until the run is over: writes at one server, repeats it at a second one, and looks for it at a third
 * one. Whatever is not there then, or is there twice, is a finding.
 *
 * @param isHot several of these are one user at the same moment, who sends each confirmation to all servers at once.
 */
export async function liveOnCluster(
  name: string,
  customer: Customer,
  decisions: Decisions,
  { instances, gateway, activity, findings, isNodeAway, isOver }: ClusterWorld,
  isHot: boolean,
): Promise<Told> {
  const told: Told = { ownerId: customer.ownerId, credits: new Map(), cancels: new Map() };
  const wrong = (what: string) => findings.push(`${name}: ${what}`);

  for (let round = 1; !isOver(); round++) {
    const at = decisions.whole(0, instances.length - 1);
    const paid = await topUp(at);
    if (paid && decisions.happens(0.5)) await cancel(paid, at + 1, `${name}-${round}`);
    await sleep(decisions.whole(PAUSE_MIN_MS, PAUSE_MAX_MS));
  }
  return told;

  async function topUp(
    at: number,
  ): Promise<{ impUid: string; merchantUid: string; amount: number } | undefined> {
    const amount = isHot ? (HOT_PACKAGES[Number(name.at(-1)) - 1] ?? 0) : decisions.pick(PACKAGES);
    const ordered = await succeed('createPaymentOrder', (url) => customer.order(url, amount), at);
    if (!ordered) return undefined;
    const { merchantUid } = ordered.createPaymentOrder;
    await look(merchantUid, at + 1, 'READY');

    const { imp_uid: impUid } = await gateway.pay({ merchant_uid: merchantUid, amount });
    const credit = (where: number) =>
      succeed('createPointTransaction', (url) => customer.credit(url, impUid), where);
    const answers = isHot
      ? await Promise.all(instances.map((_, index) => credit(at + index)))
      : [await credit(at), await credit(at + 1)];
    activity.repetitions += answers.length - 1;
    const ids = new Set(answers.map((answer) => answer?.createPointTransaction.id));
    const [id] = ids;
    if (ids.size !== 1 || id === undefined) {
      wrong(`${impUid} got ${ids.size} rows: ${[...ids].join(', ')}`);
      return undefined;
    }
    activity.credits += 1;
    told.credits.set(id, amount);
    await look(merchantUid, at + 2, 'PAID', { impUid, amount, id });
    return { impUid, merchantUid, amount };
  }

  async function cancel(
    paid: { impUid: string; merchantUid: string; amount: number },
    at: number,
    idempotencyKey: string,
  ): Promise<void> {
    const { impUid, merchantUid } = paid;
    const amount = decisions.happens(0.5) ? undefined : PART;
    const ask = (where: number) =>
      succeed(
        'cancelPointTransaction',
        (url) =>
          customer.cancel(url, { impUid, idempotencyKey, ...(amount === undefined ? {} : { amount }) }),
        where,
      );
    const first = (await ask(at))?.cancelPointTransaction;
    const second = (await ask(at + 1))?.cancelPointTransaction;
    activity.repetitions += 1;
    if (!first || !second) return;
    activity.cancels += 1;
    if (first.id !== second.id) wrong(`${impUid} got two cancellations: ${first.id}, ${second.id}`);
    if (first.state === 'DONE' && second.state !== 'DONE')
      wrong(`${first.id} was DONE and is ${second.state}`);
    const gone = amount ?? paid.amount;
    told.cancels.set(first.id, { amount: gone, state: second.state });
    const row = second.state === 'DONE' ? { impUid, amount: -gone } : undefined;
    await look(merchantUid, at + 2, 'PAID', row, first.id);
  }

  /** Reads at another server what was just written. */
  async function look(
    merchantUid: string,
    at: number,
    state: string,
    row?: { impUid: string; amount: number; id?: string },
    cancellationId?: string,
  ): Promise<void> {
    const seen = await succeed('account', (url) => customer.account(url, merchantUid), at);
    activity.readsElsewhere += 1;
    if (!seen) return;
    if (!seen.paymentOrder) wrong(`not found: the order ${merchantUid} right after it was ${state}`);
    else if (seen.paymentOrder.state !== state)
      wrong(`${merchantUid} is ${seen.paymentOrder.state} after it was ${state}`);
    const isThere = seen.pointTransactions.nodes.some(
      ({ id, impUid, amount }) =>
        impUid === row?.impUid && amount === row.amount && (row.id === undefined || row.id === id),
    );
    if (row && !isThere)
      wrong(`not found: the row of ${row.amount} for ${row.impUid} right after it was booked`);
    if (cancellationId && !seen.cancellations.nodes.some(({ id }) => id === cancellationId))
      wrong(`not found: the cancellation ${cancellationId} right after it was answered`);
    if (!isHot) comparePoints(seen.me.point);
  }

  /** Nobody but this customer moves these points, so they are known, up to cancellations whose end is not. */
  function comparePoints(point: number): void {
    const { most, open } = expectedPoints(told);
    if (point > most || point < most - open)
      wrong(`has ${point} points, not ${most}${open ? ` less at most ${open}` : ''}`);
  }

  async function succeed<Data>(
    what: string,
    call: (url: string) => Promise<GraphqlAnswer<Data>>,
    at: number,
  ): Promise<Data | undefined> {
    const answer = await insist(what, call, at);
    if (!answer?.errors) return answer?.data;
    wrong(`${what} was refused: ${JSON.stringify(answer.errors.map(({ extensions }) => extensions))}`);
    return undefined;
  }

  /** Asks a server, and another one when no answer came or when the answer says that another try may succeed. */
  async function insist<Data>(
    what: string,
    call: (url: string) => Promise<GraphqlAnswer<Data>>,
    at: number,
  ): Promise<GraphqlAnswer<Data> | undefined> {
    for (let time = 0; time < REPETITIONS_MAX; time++) {
      const answer = await ask(what, call, at + time);
      if (answer && !answer.errors?.some(({ extensions }) => extensions.retryable)) {
        activity.operations += 1;
        return answer;
      }
      await sleep(decisions.whole(PAUSE_MIN_MS, PAUSE_MAX_MS));
    }
    wrong(`${what} was not answered ${REPETITIONS_MAX} times`);
    return undefined;
  }

  async function ask<Data>(
    what: string,
    call: (url: string) => Promise<GraphqlAnswer<Data>>,
    at: number,
  ): Promise<GraphqlAnswer<Data> | undefined> {
    const inOrder = instances.map((_, index) => instances[(at + index) % instances.length]);
    const instance = inOrder.find((one) => one?.isAlive) ?? inOrder[0];
    if (!instance) throw new Error('there is no server');
    try {
      const answer = await Promise.race([instance.ask(call), sleep(PATIENCE_MS, undefined, { ref: false })]);
      if (!answer) wrong(`${what} has no end`);
      if (answer?.errors?.some(({ extensions }) => extensions.code === 'DATABASE_UNAVAILABLE')) {
        activity.unavailable += 1;
        if (!isNodeAway()) wrong(`${what} failed although every node was there`);
      }
      return answer ?? undefined;
    } catch {
      // The server was killed.
      activity.answersLost += 1;
      return undefined;
    }
  }
}

/** @returns the points that there are if no open cancellation is carried out, and those of the open ones. */
export function expectedPoints({ credits, cancels }: Told): { most: number; open: number } {
  const amounts = (isDone: boolean) =>
    [...cancels.values()].filter(({ state }) => (state === 'DONE') === isDone).map(({ amount }) => amount);
  return { most: sum([...credits.values()]) - sum(amounts(true)), open: sum(amounts(false)) };
}

function sum(amounts: number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
