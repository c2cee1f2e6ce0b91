import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { rememberSecret } from '../support/server-logs.mjs';
import {
  credit,
  makeOrder,
  orderAndPay,
  startTopUpService,
  type TopUpService,
} from '../support/top-up-service.js';

const PHONE = '010-9876-5432';
const CARD = '5409-2612-3456-7890';

interface LogLine {
  level: number;
  time: string;
  msg: string;
  reqId?: string;
  req?: unknown;
  res?: unknown;
  [field: string]: unknown;
}

let service: TopUpService;

beforeAll(async () => {
  for (const [meaning, value] of [
    ['a phone number', PHONE],
    ['a phone number without dashes', PHONE.replaceAll('-', '')],
    ['a card number', CARD],
    ['a card number without dashes', CARD.replaceAll('-', '')],
    ['the REST secret', 'simulator-secret'],
  ] as const) {
    rememberSecret(meaning, value);
  }
  service = await startTopUpService();
});

afterAll(() => service.stop());

/** Every line that the server wrote because of `action`. @throws when one is no JSON. */
async function linesOf(action: () => Promise<unknown>): Promise<LogLine[]> {
  const begin = await endOfLog();
  await action();
  const end = await endOfLog();
  return service.server
    .output()
    .slice(begin.after, end.before)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogLine);
}

/** Where the log is now. A line is written after its answer, so a request of our own shows that all before it are there. */
async function endOfLog(): Promise<{ before: number; after: number }> {
  const id = randomUUID();
  await service.client().call('{ __typename }', {}, { headers: { 'x-request-id': id } });
  const line = await service.server.lineWith(id);
  const before = service.server.output().indexOf(line);
  return { before, after: before + line.length };
}

const requestsAmong = (lines: LogLine[]) => lines.filter(({ msg }) => msg === 'request');

describe('a request', () => {
  test('is one line with its id, what was asked, how it ended and how long it took', async () => {
    const { client, account } = await service.user();
    const requestId = randomUUID();

    const lines = await linesOf(async () => {
      const { headers } = await client.call(
        '{ me { id } orders: pointPackages }',
        {},
        { headers: { 'x-request-id': requestId } },
      );
      expect(headers.get('x-request-id')).toBe(requestId);
    });

    expect(lines).toHaveLength(1);
    expect(lines[0]).toEqual({
      level: 30,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      msg: 'request',
      reqId: requestId,
      method: 'POST',
      path: '/graphql',
      status: 200,
      durationMs: expect.any(Number),
      fields: ['me', 'pointPackages'],
      codes: [],
      ownerId: account.id,
    });
  });

  test('that was refused has the codes of its errors', async () => {
    const { client } = await service.user();

    const lines = await linesOf(() => credit(client, 'imp_999999999999'));

    expect(requestsAmong(lines)).toEqual([
      expect.objectContaining({ fields: ['createPointTransaction'], codes: ['PAYMENT_NOT_FOUND'] }),
    ]);
  });

  test('gets an id of ours when it brings none or one that could not be written safely', async () => {
    const bad = ['short', 'x'.repeat(65), 'with space in it', '{"level":50}', 'a@canary.example'];
    const ids: (string | null)[] = [];

    const lines = await linesOf(async () => {
      for (const id of [undefined, ...bad]) {
        const { headers } = await service
          .client()
          .call('{ pointPackages }', {}, { headers: id === undefined ? {} : { 'x-request-id': id } });
        ids.push(headers.get('x-request-id'));
      }
    });

    expect(new Set(ids).size).toBe(bad.length + 1);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(lines.map(({ reqId }) => reqId)).toEqual(ids);
  });

  test('is one line each, also when many come at once', async () => {
    const ids = Array.from({ length: 50 }, () => randomUUID());

    const lines = await linesOf(() =>
      Promise.all(
        ids.map((id) => service.client().call('{ pointPackages }', {}, { headers: { 'x-request-id': id } })),
      ),
    );

    expect(lines).toHaveLength(ids.length);
    expect(new Set(lines.map(({ reqId }) => reqId))).toEqual(new Set(ids));
  });
});

describe('a fault', () => {
  test('of a request has its id, and the request’s line has the number that the caller was told', async () => {
    const { client } = await service.user();
    await service.books.query('ALTER TABLE point_transaction RENAME TO point_transaction_away');

    const ids = [randomUUID(), randomUUID()];
    const lines = await linesOf(() =>
      Promise.all(
        ids.map((id) =>
          client.call('{ pointTransactions { nodes { id } } }', {}, { headers: { 'x-request-id': id } }),
        ),
      ),
    );
    await service.books.query('ALTER TABLE point_transaction_away RENAME TO point_transaction');

    expect(lines).toHaveLength(4);
    for (const id of ids) {
      const [fault, answered] = lines.filter(({ reqId }) => reqId === id);
      expect(fault).toMatchObject({ msg: 'an operation failed', errorId: expect.any(String) });
      expect(answered).toMatchObject({ msg: 'request', errorIds: [fault?.errorId] });
    }
  });

  test('of a field below a root field is found by its number in the request’s line', async () => {
    const { client } = await service.user();
    const requestId = randomUUID();
    await makeOrder(client);
    await service.books.query('ALTER TABLE point_transaction RENAME TO point_transaction_away');

    const lines = await linesOf(() =>
      client.call(
        'mutation { createPaymentOrder(amount: 10000) { pointTransaction { id } } }',
        {},
        { headers: { 'x-request-id': requestId } },
      ),
    );
    await service.books.query('ALTER TABLE point_transaction_away RENAME TO point_transaction');

    expect(lines).toEqual([
      expect.objectContaining({
        msg: 'an operation failed',
        reqId: requestId,
        errorId: expect.any(String),
      }),
      expect.objectContaining({ reqId: requestId, errorIds: [lines[0]?.errorId] }),
    ]);
  });

  test('of work that nobody waits for names the order, and no request, not even the one that woke it', async () => {
    const { client } = await service.user();
    const merchant_uid = await makeOrder(client);
    await service.books.query('ALTER TABLE point_transaction RENAME TO point_transaction_away');
    const { imp_uid } = await service.simulator.pay({ merchant_uid, amount: 10_000 });

    await fetch(`${service.url}/webhooks/iamport`, {
      method: 'POST',
      body: new URLSearchParams({ imp_uid, merchant_uid, status: 'paid' }),
    });
    const line = await service.server.lineWith('recovery failed at a piece of work');
    await service.books.query('ALTER TABLE point_transaction_away RENAME TO point_transaction');

    const fault = JSON.parse(line) as LogLine;
    expect(fault).toMatchObject({ merchantUid: merchant_uid, err: { type: 'QueryFailedError' } });
    expect(fault).not.toHaveProperty('reqId');
  });
});

describe('a line with the ids that support needs is written', () => {
  const about = (lines: LogLine[]) =>
    lines.filter(({ msg }) => msg !== 'request').map(({ level: _level, time: _time, ...line }) => line);

  test('for a credit and for each cancel, once', async () => {
    const { client, account } = await service.user();
    const payment = await orderAndPay(client, service.simulator);
    const ids = { ownerId: account.id, merchantUid: payment.merchant_uid, impUid: payment.imp_uid };
    const reqId = randomUUID();
    const cancel = (headers = {}) =>
      client.call(
        'mutation ($impUid: String!) { cancelPointTransaction(impUid: $impUid, amount: 4000, idempotencyKey: "one") { state } }',
        { impUid: payment.imp_uid },
        { headers },
      );

    const credits = await linesOf(async () => {
      await Promise.all([credit(client, payment.imp_uid), credit(client, payment.imp_uid)]);
      await credit(client, payment.imp_uid);
    });
    const cancels = await linesOf(async () => {
      await cancel({ 'x-request-id': reqId });
      await cancel();
    });

    expect(about(credits)).toEqual([{ msg: 'credited', reqId: expect.any(String), points: 10_000, ...ids }]);
    expect(about(cancels)).toEqual([{ msg: 'cancelled', reqId, points: 4_000, ...ids }]);
  });

  test('for a refusal, with its code and the request’s id', async () => {
    const { client, account } = await service.user();
    const payment = await orderAndPay(client, service.simulator, { amount: 1 });
    const requestId = randomUUID();

    const lines = await linesOf(async () => {
      await client.call(
        'mutation ($impUid: String!) { createPointTransaction(impUid: $impUid) { id } }',
        { impUid: payment.imp_uid },
        { headers: { 'x-request-id': requestId } },
      );
      await service.client().call('{ me { id } }', {}, { headers: { 'x-request-id': requestId } });
    });

    expect(about(lines).filter(({ msg }) => msg === 'refused')).toEqual([
      {
        msg: 'refused',
        reqId: requestId,
        code: 'PAYMENT_MISMATCH',
        reason: 'AMOUNT',
        ownerId: account.id,
        impUid: payment.imp_uid,
      },
      { msg: 'refused', reqId: requestId, code: 'UNAUTHENTICATED' },
    ]);
  });

  test('without what is no id, such as a phone number in its place', async () => {
    const { client } = await service.user();
    const wrong = [PHONE, PHONE.replaceAll('-', ''), CARD.replaceAll('-', ''), 'a@canary.example', '한글'];

    const lines = await linesOf(async () => {
      for (const impUid of wrong) await credit(client, impUid);
    });

    const refused = about(lines).filter(({ msg }) => msg === 'refused');
    expect(refused).toHaveLength(wrong.length);
    expect(refused.filter(({ impUid }) => impUid !== undefined)).toEqual([]);
  });
});

/**
 * What is planted here, and every secret of all other tests, is searched for in the logs of the whole run when it ends
 * (support/global-teardown.mjs). These tests make sure that there is something to find.
 */
describe('secrets that come in are not written', () => {
  test('as arguments, variables, names, headers, query texts or cookies', async () => {
    const secret = `canary-secret-${randomUUID()}`;
    const email = `${secret}@canary.example`;
    rememberSecret('a planted secret', secret);
    const { client } = await service.user();
    const headers = {
      'x-api-key': secret,
      'user-agent': secret,
      referer: `https://points.example/?token=${secret}`,
      cookie: `refresh_token=${secret}; other=${secret}`,
      'x-forwarded-for': secret,
    };

    const lines = await linesOf(async () => {
      await client.call(
        `mutation { createUser(email: "${email}", password: "${secret}", name: "${PHONE}") { id } }`,
        {},
        { headers },
      );
      await client.call(
        `mutation { createUser(email: "${email}", password: "${secret}", name: "x") { id } }`,
      );
      await client.call(`mutation { login(email: "${email}", password: "${secret}") { expiresAt } }`);
      await client.call(
        'mutation ($p: String!) { login(email: "x@canary.example", password: $p) { expiresAt } }',
        {
          p: { card: CARD, secret },
        },
      );
      await client.call(`query ${secret.replaceAll('-', '_')} { pointPackages }`);
      await client.call(`{ a: pointPackages ${secret} }`);
      await client.call('{ paymentOrder(merchantUid: $id) { amount } }', { id: secret });
      await client.call('{ me { id } }', {}, { token: secret });
      await client.call('mutation { restoreAccessToken { expiresAt } }', {}, { headers });
      await credit(client, secret);
      for (const [path, body] of [
        ['graphql', `{"password":"${secret}"`],
        ['graphql', secret],
        ['graphql', `"${CARD}"`],
        [`graphql/${secret}`, '{"query":"{ pointPackages }"}'],
        [secret, `{"query":"${secret}`],
      ] as const) {
        await fetch(`${service.url}/${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        }).then((response) => response.text());
      }
      await fetch(`${service.url}/payment.html?imp_uid=${secret}&email=${email}&card=${CARD}`);
      await fetch(`${service.url}/graphql?query={me{id}}&token=${secret}`);
      await fetch(`${service.url}/${secret}/${CARD}/${email}`);
      await fetch(`${service.url}/?card=${CARD}`);
    });

    // The last request was sent on to the checkout page.
    expect(requestsAmong(lines)).toHaveLength(20);
    const text = JSON.stringify(lines);
    for (const planted of [secret, PHONE, CARD, email]) expect(text).not.toContain(planted);
  });

  test('from the gateway: payers, cards and accounts of payments that are credited or refused', async () => {
    const { client } = await service.user();
    const payer = {
      buyer_tel: PHONE,
      buyer_email: `payer-${randomUUID()}@canary.example`,
      buyer_name: `payer-name-${randomUUID()}`,
      card_number: CARD,
    };
    rememberSecret('a payer’s e-mail address', payer.buyer_email);
    rememberSecret('a payer’s name', payer.buyer_name);

    const lines = await linesOf(async () => {
      for (const wish of [
        {},
        { amount: 1 },
        { status: 'failed' as const, fail_reason: `${CARD} ${PHONE}` },
      ]) {
        const payment = await orderAndPay(client, service.simulator, { ...wish, ...payer });
        await credit(client, payment.imp_uid);
      }
    });

    expect(requestsAmong(lines)).toHaveLength(6);
    const text = JSON.stringify(lines);
    for (const planted of Object.values(payer)) expect(text).not.toContain(planted);
  });

  test('when the database refuses a row and the cause is logged', async () => {
    const { client } = await service.user();
    const email = `canary-${randomUUID()}@canary.example`;
    const password = `canary-password-${randomUUID()}`;
    rememberSecret('an e-mail address', email);
    rememberSecret('a password', password);
    await service.books.query(
      `CREATE TRIGGER refuse_users BEFORE INSERT ON user BEGIN SELECT RAISE(ABORT, 'no more users'); END`,
    );

    const lines = await linesOf(async () => {
      const { errors } = await client.call(
        'mutation ($email: String!, $password: String!) { createUser(email: $email, password: $password, name: "김비밀") { id } }',
        { email, password },
      );
      expect(errors?.[0]?.extensions.code).toBe('INTERNAL_SERVER_ERROR');
    });
    await service.books.query('DROP TRIGGER refuse_users');

    expect(lines.map(({ msg }) => msg)).toEqual(['an operation failed', 'request']);
    expect(JSON.stringify(lines)).toContain('no more users');
    for (const planted of [email, password, '김비밀', 'argon2id']) {
      expect(JSON.stringify(lines)).not.toContain(planted);
    }
  });
});
