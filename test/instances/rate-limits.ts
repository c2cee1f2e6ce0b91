import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from '@jest/globals';
import { addCustomer, type Customer } from '../crash/customer.js';
import type { Instance } from '../crash/instance.js';
import { until } from '../crash/until.js';
import { type GraphqlAnswer, graphqlClient } from '../support/graphql-client.js';
import { rememberSecret } from '../support/server-logs.mjs';
import type { Fleet } from './fleet.js';

const ORDERS_PER_USER = 30;
const WRONG_LOGINS_PER_ADDRESS = 20;
const WRONG_LOGINS_PER_ACCOUNT = 10;
/** More than the limits of wrong ones. */
const RIGHT_LOGINS = 35;
const GUESSES = 60;
const GUESSED = 'canary-guessed-password';
const LOG_IN =
  'mutation ($email: String!, $password: String!) { login(email: $email, password: $password) { expiresAt } }';
/** Fewer than the limit, and enough that most of them come later. */
const ORDERS_WHILE_REDIS_DIES = 12;
const PACKAGE = 5_000;
const ILL = 'the shared rate limits do not answer';
const WELL = 'the shared rate limits answer again';
const RECONNECT_TIMEOUT_MS = 10_000;
/** `ANSWER_TIMEOUT_MS` of shared-rate-counts.ts. */
const REDIS_TIMEOUT_MS = 500;
/** The rest is a busy machine. */
const ANSWER_MAX_MS = 3 * REDIS_TIMEOUT_MS;
const ILLNESSES_MAX = 4;

/** Limits that all servers count together, and what becomes of them while Redis is ill. Redis is killed here. */
export function rateLimits(startedFleet: () => Fleet): void {
  let fleet: Fleet;

  beforeAll(() => {
    fleet = startedFleet();
  });

  test('hold for one user over all of them', async () => {
    const busy = await addCustomer(fleet.books);
    const other = await addCustomer(fleet.books);

    const { accepted, refused } = await orderInTurn(busy, ORDERS_PER_USER + 6);

    expect([accepted, refused]).toEqual([ORDERS_PER_USER, 6]);
    for (const { url } of fleet.servers) {
      const { errors } = await busy.order(url, PACKAGE);
      expect(errors?.[0]?.extensions).toMatchObject({ code: 'TOO_MANY_REQUESTS', retryable: true });
      expect(errors?.[0]?.extensions.retryAfterSeconds).toBeGreaterThan(0);
      expect(errors?.[0]?.extensions.retryAfterSeconds).toBeLessThanOrEqual(60);
      expect((await other.order(url, PACKAGE)).errors).toBeUndefined();
    }
  });

  test('hold for the caller’s own address through the balancer, whatever the caller says that it is', async () => {
    const first = await guessPasswords('127.0.0.21', WRONG_LOGINS_PER_ADDRESS + 4);
    const second = await guessPasswords('127.0.0.22', 2);

    expect(first.filter((code) => code === 'UNAUTHENTICATED')).toHaveLength(WRONG_LOGINS_PER_ADDRESS);
    expect(first.slice(WRONG_LOGINS_PER_ADDRESS)).toEqual(
      Array.from({ length: 4 }, () => 'TOO_MANY_REQUESTS'),
    );
    expect(second).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED']);
  });

  test('let everybody in who logs in rightly from one address', async () => {
    const account = await graphqlClient(fleet.url, '127.0.0.23').signUp();

    const clients = Array.from({ length: RIGHT_LOGINS }, () => graphqlClient(fleet.url, '127.0.0.23'));

    await Promise.all(clients.map((client) => client.login(account)));
  });

  test('hold for the guesses at one account over all of them and from any address, at once', async () => {
    const { email } = await graphqlClient(fleet.url, '127.0.0.24').signUp();

    const codes = await guessAtOnce(email, '127.0.1');

    expect(codes.filter((code) => code === 'UNAUTHENTICATED')).toHaveLength(WRONG_LOGINS_PER_ACCOUNT);
    expect(codes.filter((code) => code === 'TOO_MANY_REQUESTS')).toHaveLength(
      GUESSES - WRONG_LOGINS_PER_ACCOUNT,
    );
  });

  test('refuse nobody while Redis is dead, count in each server then, and together again when it is back', async () => {
    const customers = await Promise.all(Array.from({ length: 12 }, () => addCustomer(fleet.books)));
    const answers: GraphqlAnswer<unknown>[] = [];
    const asking = Promise.all(
      customers.map(async (customer) => {
        for (let count = 0; count < ORDERS_WHILE_REDIS_DIES; count++) {
          answers.push(await customer.order(fleet.url, PACKAGE));
        }
      }),
    );
    await until(() => answers.length >= customers.length * 3, RECONNECT_TIMEOUT_MS);
    await fleet.redis.kill();
    const answeredBefore = answers.length;
    await asking;
    const busy = await addCustomer(fleet.books);
    const alone = await orderInTurn(busy, 3 * ORDERS_PER_USER + 3);
    const person = await graphqlClient(fleet.url, '127.0.0.25').signUp();
    const guesses = await guessAtOnce(person.email, '127.0.2');
    await fleet.redis.start();
    await everywhere(WELL);
    const together = await orderInTurn(await addCustomer(fleet.books), ORDERS_PER_USER + 3);

    expect(answeredBefore).toBeLessThan(answers.length / 2);
    expect(answers).toHaveLength(customers.length * ORDERS_WHILE_REDIS_DIES);
    expect(answers.filter(({ status, errors }) => status !== 200 || errors)).toEqual([]);
    expect([alone.accepted, alone.refused]).toEqual([3 * ORDERS_PER_USER, 3]);
    expect(guesses.filter((code) => code === 'UNAUTHENTICATED')).toHaveLength(3 * WRONG_LOGINS_PER_ACCOUNT);
    expect([together.accepted, together.refused]).toEqual([ORDERS_PER_USER, 3]);
    for (const server of fleet.servers) {
      // Not at each request. More than once only where the machine is so busy that Redis itself answers too late.
      expect(linesWith(server, ILL)).toBeGreaterThan(0);
      expect(linesWith(server, ILL)).toBeLessThanOrEqual(ILLNESSES_MAX);
    }
  });

  test('make nobody wait while Redis hangs', async () => {
    const customer = await addCustomer(fleet.books);
    const wellBefore = fleet.servers.map((server) => linesWith(server, WELL));
    fleet.redis.pause();
    const waitsMs: number[] = [];
    for (let count = 0; count < ORDERS_PER_USER; count++) {
      const startedAtMs = performance.now();
      expect((await customer.order(fleet.url, PACKAGE)).errors).toBeUndefined();
      waitsMs.push(performance.now() - startedAtMs);
    }
    fleet.redis.resume();

    expect(Math.max(...waitsMs)).toBeLessThan(ANSWER_MAX_MS);
    // One request for each server finds out; the others know.
    expect(waitsMs.filter((waitMs) => waitMs >= REDIS_TIMEOUT_MS).length).toBeLessThanOrEqual(
      ORDERS_PER_USER / 3,
    );
    const areWell = () =>
      fleet.servers.every((server, index) => linesWith(server, WELL) > (wellBefore[index] ?? 0));
    await until(areWell, RECONNECT_TIMEOUT_MS);
    expect(areWell()).toBe(true);
  });

  test('do not keep a server from starting or ending while Redis is dead', async () => {
    const [server] = fleet.servers;
    await fleet.redis.kill();

    await server.stop();
    await server.start();

    const customer = await addCustomer(fleet.books);
    expect((await customer.order(server.url, PACKAGE)).errors).toBeUndefined();
    await until(() => linesWith(server, ILL) > 0, RECONNECT_TIMEOUT_MS);
    expect(linesWith(server, ILL)).toBe(1);
    await fleet.redis.start();
    await until(() => linesWith(server, WELL) > 0, RECONNECT_TIMEOUT_MS);
    expect(linesWith(server, WELL)).toBeGreaterThan(0);
  });

  async function everywhere(text: string): Promise<void> {
    await until(() => fleet.servers.every((server) => linesWith(server, text) > 0), RECONNECT_TIMEOUT_MS);
  }

  /** Asks one server after the other. */
  async function orderInTurn(customer: Customer, count: number) {
    let accepted = 0;
    let refused = 0;
    for (let number = 0; number < count; number++) {
      const { url } = fleet.servers[number % fleet.servers.length]!;
      const { errors } = await customer.order(url, PACKAGE);
      if (!errors) accepted += 1;
      else if (errors[0]?.extensions.code === 'TOO_MANY_REQUESTS') refused += 1;
    }
    return { accepted, refused };
  }

  /** Each guess from an address of its own, a third of them at each server. @returns the code of each answer. */
  async function guessAtOnce(email: string, network: string): Promise<(string | undefined)[]> {
    rememberSecret('a guessed password', GUESSED);
    const answers = Array.from({ length: GUESSES }, (_, number) =>
      graphqlClient(fleet.servers[number % fleet.servers.length]!.url, `${network}.${number + 1}`).call(
        LOG_IN,
        { email, password: GUESSED },
        { headers: { 'x-forwarded-for': `${network}.${number + 1}` } },
      ),
    );
    return (await Promise.all(answers)).map(({ errors }) => errors?.[0]?.extensions.code);
  }

  /** @returns the code of each answer. */
  async function guessPasswords(from: string, count: number): Promise<(string | undefined)[]> {
    rememberSecret('a guessed password', GUESSED);
    const codes: (string | undefined)[] = [];
    for (let number = 0; number < count; number++) {
      const { errors } = await graphqlClient(fleet.url, from).call(
        LOG_IN,
        { email: `guess-${randomUUID()}@canary.example`, password: GUESSED },
        { headers: { 'x-forwarded-for': `203.0.113.${number}`, forwarded: `for=203.0.113.${number}` } },
      );
      codes.push(errors?.[0]?.extensions.code);
    }
    return codes;
  }
}

function linesWith(server: Instance, text: string): number {
  return server.output().split(text).length - 1;
}
