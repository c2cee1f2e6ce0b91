import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from '@jest/globals';
import { addCustomer } from '../crash/customer.js';
import { until } from '../crash/until.js';
import { findingsOf, verifyWithGateway } from '../crash/findings.js';
import { faultsInBooks, readAccount } from '../support/books.js';
import type { GraphqlAnswer } from '../support/graphql-client.js';
import { CHECK_INTERVAL_MS } from './balancer.js';
import type { Fleet } from './fleet.js';

const RESTART_TIMEOUT_MS = 120_000;
const CUSTOMERS = 5;
/** So that the starting server gets a processor, too. */
const PAUSE_MS = 50;
/** Together fewer than one user may make of each in a minute. */
const PURCHASES_PER_USER = 20;
const LOOKS_AT_BALANCE = 5;
const PURCHASES_PER_CUSTOMER_MAX = 400;
const REQUESTS_BEFORE_STOP = 20;
const LIFE_TIMEOUT_MS = 20_000;
const SEEN_AFTER_MS = 5 * CHECK_INTERVAL_MS;
const ORDERED = 10_000;
const PART = 3000;

/** Each server is stopped and started while customers buy and cancel. */
export function rollingRestart(startedFleet: () => Fleet): void {
  let fleet: Fleet;

  beforeAll(() => {
    fleet = startedFleet();
  });

  test(
    'fails no request and loses none',
    async () => {
      const load = new Load(fleet);
      /** Requests that each server had answered when it was stopped, and at the end. */
      const lives: number[] = [];
      const customers = Array.from({ length: CUSTOMERS }, (_, number) =>
        load.customer(`127.0.0.${101 + number}`),
      );
      for (const server of [...fleet.servers, ...fleet.servers]) {
        // In its first life and in its second.
        await until(() => requestsIn(server.output()) >= REQUESTS_BEFORE_STOP, LIFE_TIMEOUT_MS);
        lives.push(requestsIn(server.output()));
        if (lives.length > fleet.servers.length) continue;
        await server.stop();
        await server.start();
        // The balancer has to see it before the next one goes.
        await sleep(SEEN_AFTER_MS);
      }
      load.isOver = true;
      await Promise.all(customers);
      process.stderr.write(`rolling restart: ${load.answered} requests of ${load.expected.size} users\n`);

      expect(load.failures).toEqual([]);
      expect(Math.min(...lives)).toBeGreaterThanOrEqual(REQUESTS_BEFORE_STOP);
      for (const [ownerId, point] of load.expected) {
        const { balance } = await readAccount(fleet.books, ownerId);
        expect([balance.point, balance.heldPoint]).toEqual([point, 0]);
        expect(await faultsInBooks(fleet.books, ownerId)).toEqual([]);
      }
      expect(await findingsOf(fleet.books, await fleet.gateway.payments())).toEqual([]);
      expect(await verifyWithGateway(fleet.env)).toMatchObject({ exitCode: 0 });
    },
    RESTART_TIMEOUT_MS,
  );
}

/** Customers who buy and cancel through the balancer, and what must be true of each of them afterwards. */
class Load {
  isOver = false;
  answered = 0;
  readonly failures: string[] = [];
  /** Points by user, after all that was answered. */
  readonly expected = new Map<string, number>();

  constructor(private readonly fleet: Fleet) {}

  /** Buys and cancels until the load is over, as one user after the other, from one address. */
  async customer(address: string): Promise<void> {
    const { fleet, expected } = this;
    let user = await addCustomer(fleet.books, address);
    for (let count = 1; count <= PURCHASES_PER_CUSTOMER_MAX && !this.isOver; count++) {
      if (count % PURCHASES_PER_USER === 0) user = await addCustomer(fleet.books, address);
      const { ownerId } = user;
      const order = await this.counted('createPaymentOrder', () => user.order(fleet.url, ORDERED));
      if (!order) continue;
      const { merchantUid } = order.createPaymentOrder;
      const { imp_uid: impUid } = await fleet.gateway.pay({ merchant_uid: merchantUid, amount: ORDERED });
      const credit = await this.counted('createPointTransaction', () => user.credit(fleet.url, impUid));
      if (!credit) continue;
      expected.set(ownerId, (expected.get(ownerId) ?? 0) + ORDERED);
      const request = { impUid, amount: PART, idempotencyKey: impUid };
      const cancel = await this.counted('cancelPointTransaction', () => user.cancel(fleet.url, request));
      if (!cancel) continue;
      if (cancel.cancelPointTransaction.state !== 'DONE') this.failures.push('a cancellation is not DONE');
      expected.set(ownerId, (expected.get(ownerId) ?? 0) - PART);
      for (let look = 0; look < LOOKS_AT_BALANCE; look++) {
        const seen = await this.counted('me', () => user.balance(fleet.url));
        if (seen && seen.me.point !== expected.get(ownerId))
          this.failures.push(`me.point is ${seen.me.point}`);
        await sleep(PAUSE_MS);
      }
    }
  }

  private async counted<Data>(
    what: string,
    call: () => Promise<GraphqlAnswer<Data>>,
  ): Promise<Data | undefined> {
    try {
      const { status, data, errors } = await call();
      if (status === 200 && !errors) {
        this.answered += 1;
        return data;
      }
      this.failures.push(`${what}: HTTP ${status} ${JSON.stringify(errors)}`);
    } catch (error) {
      this.failures.push(`${what}: ${String(error)}`);
    }
    return undefined;
  }
}

function requestsIn(log: string): number {
  return log.split('"msg":"request"').length - 1;
}
