import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startIamportSimulator, type RunningSimulator } from '../../simulator/src/simulator.js';

/** Written out by hand from the published schema: a field that the simulator forgets must not go unseen. */
const PAYMENT_FIELDS = [
  'amount',
  'apply_num',
  'bank_code',
  'bank_name',
  'buyer_addr',
  'buyer_email',
  'buyer_name',
  'buyer_postcode',
  'buyer_tel',
  'cancel_amount',
  'cancel_history',
  'cancel_reason',
  'cancel_receipt_urls',
  'cancelled_at',
  'card_code',
  'card_issuer_code',
  'card_issuer_name',
  'card_name',
  'card_number',
  'card_publisher_code',
  'card_publisher_name',
  'card_quota',
  'card_type',
  'cash_receipt_issued',
  'channel',
  'currency',
  'custom_data',
  'customer_uid',
  'customer_uid_usage',
  'deposit_history',
  'emb_pg_provider',
  'escrow',
  'fail_reason',
  'failed_at',
  'imp_uid',
  'merchant_uid',
  'name',
  'paid_at',
  'pay_method',
  'pg_id',
  'pg_provider',
  'pg_tid',
  'promotion',
  'receipt_url',
  'sandbox',
  'started_at',
  'status',
  'user_agent',
  'vbank_code',
  'vbank_date',
  'vbank_holder',
  'vbank_issued_at',
  'vbank_name',
  'vbank_num',
];

const START = 1_785_891_600;
const DAY = 24 * 60 * 60;
const KEYS = { imp_key: 'simulator-key', imp_secret: 'simulator-secret' };

interface Payment {
  imp_uid: string;
  merchant_uid: string;
  status: string;
  amount: number;
  cancel_amount: number;
  paid_at: number;
  cancel_history: { amount: number; cancellation_id: string; reason: string | null; cancelled_at: number }[];
}

interface Answer {
  httpStatus: number;
  text: string;
  body: { code: number; message: string | null; response: unknown };
}

let nowSeconds = START;
let folder: string;
let simulator: RunningSimulator;
let token: string;
let orders = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'iamport-simulator-'));
  simulator = await startIamportSimulator({
    port: 0,
    dataFile: join(folder, 'simulator.db'),
    clock: () => nowSeconds * 1000,
  });
});

afterAll(async () => {
  await simulator.close();
  rmSync(folder, { recursive: true });
});

beforeEach(async () => {
  // A time of its own for every test: lists by period then hold that test's payments only.
  await wait(200 * DAY);
});

async function call(method: string, path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`${simulator.url}${path}`, {
    method,
    ...init,
    headers: { authorization: token, ...(init.headers as Record<string, string> | undefined) },
  });
  const text = await response.text();
  return { httpStatus: response.status, text, body: JSON.parse(text) as Answer['body'] };
}

const get = (path: string): Promise<Answer> => call('GET', path);
const postForm = (path: string, fields: Record<string, string>, method = 'POST'): Promise<Answer> =>
  call(method, path, { body: new URLSearchParams(fields) });
const postJson = (path: string, body: unknown): Promise<Answer> =>
  call('POST', path, { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });

async function getToken(): Promise<{ access_token: string; now: number; expired_at: number }> {
  const { body } = await postForm('/users/getToken', KEYS);
  return body.response as { access_token: string; now: number; expired_at: number };
}

/** Moves the gateway's clock; the token of before may be over by then. */
async function wait(seconds: number): Promise<void> {
  nowSeconds += seconds;
  token = (await getToken()).access_token;
}

async function createPayment(fields: Record<string, unknown> = {}): Promise<Payment> {
  orders += 1;
  const { body } = await postJson('/_simulator/payments', {
    merchant_uid: `order-${orders}`,
    amount: 10_000,
    ...fields,
  });
  return body as unknown as Payment;
}

const cancelPayment = (fields: Record<string, unknown>): Promise<Answer> =>
  postJson('/payments/cancel', fields);
const list = (answer: Answer): Payment[] => (answer.body.response as { list: Payment[] }).list;
const payment = (answer: Answer): Payment => answer.body.response as Payment;

describe('the access token', () => {
  it('lives 30 minutes and stays the same while it is valid', async () => {
    const first = await getToken();
    nowSeconds += 1700;
    const second = await getToken();
    expect(first.access_token).toMatch(/^[0-9a-f]{40}$/);
    expect(first.expired_at - first.now).toBe(1800);
    expect(second).toEqual({ ...first, now: first.now + 1700 });
  });

  it('lives five minutes longer when it is asked for in its last minute', async () => {
    const first = await getToken();
    nowSeconds = first.expired_at - 60;
    expect((await getToken()).expired_at).toBe(first.expired_at);
    nowSeconds = first.expired_at - 59;
    expect(await getToken()).toEqual({ ...first, now: nowSeconds, expired_at: first.expired_at + 300 });
    nowSeconds = first.expired_at + 299;
    expect((await get('/banks')).httpStatus).toBe(200);
  });

  it('answers 401 at its end and is replaced by a new one', async () => {
    const first = await getToken();
    nowSeconds = first.expired_at;
    expect(await get('/banks')).toMatchObject({
      httpStatus: 401,
      text: '{"code":-1,"message":"Unauthorized","response":null}',
    });
    expect((await getToken()).access_token).not.toBe(first.access_token);
  });

  it('opens the door raw and as Bearer, and nothing else does', async () => {
    const statusWith = async (authorization: string): Promise<number> =>
      (await call('GET', '/banks', { headers: { authorization } })).httpStatus;
    expect(await statusWith(token)).toBe(200);
    expect(await statusWith(`Bearer ${token}`)).toBe(200);
    expect(await statusWith('')).toBe(401);
    expect(await statusWith(`${token}0`)).toBe(401);
  });

  it('is refused without keys and with wrong keys', async () => {
    expect(await postJson('/users/getToken', { imp_key: 'simulator-key' })).toMatchObject({
      httpStatus: 400,
      body: { code: -1, message: 'imp_key, imp_secret 파라메터가 누락되었습니다.', response: null },
    });
    const wrong = await postForm('/users/getToken', { ...KEYS, imp_secret: 'wrong' });
    expect(wrong).toMatchObject({ httpStatus: 401, body: { code: -1, response: null } });
  });

  it('can be lost early, as a test asks for it', async () => {
    const { body } = await postJson('/_simulator/tokens/expire', {});
    expect(body).toEqual({ expired: 1 });
    expect((await get('/banks')).httpStatus).toBe(401);
  });
});

describe('reading one payment', () => {
  it('answers every field of the payment object in alphabetical order, whatever its status', async () => {
    for (const status of ['ready', 'paid', 'cancelled', 'failed']) {
      const created = await createPayment({ status });
      const answer = await get(`/payments/${created.imp_uid}?include_sandbox=true`);
      expect(Object.keys(answer.body)).toEqual(['code', 'message', 'response']);
      expect(answer.body).toMatchObject({ code: 0, message: null, response: { status } });
      expect(Object.keys(answer.body.response as object)).toEqual(PAYMENT_FIELDS);
    }
  });

  it('hides a test-channel payment unless include_sandbox=true, and a live one never', async () => {
    const test = await createPayment();
    const live = await createPayment({ sandbox: false });
    const hidden = await get(`/payments/${test.imp_uid}`);
    expect(hidden).toMatchObject({
      httpStatus: 404,
      text: '{"code":-1,"message":"존재하지 않는 결제정보입니다.","response":null}',
    });
    expect((await get(`/payments/${test.imp_uid}?include_sandbox=false`)).httpStatus).toBe(404);
    expect((await get(`/payments/${test.imp_uid}?include_sandbox=true`)).httpStatus).toBe(200);
    expect((await get(`/payments/${live.imp_uid}`)).httpStatus).toBe(200);
    expect((await get(`/payments/find/${test.merchant_uid}`)).httpStatus).toBe(200);
  });

  it('answers 404 for an unknown id and 400 for a path that cannot be decoded', async () => {
    expect((await get('/payments/imp_000000000000?include_sandbox=true')).httpStatus).toBe(404);
    expect((await get('/payments/%zz')).httpStatus).toBe(400);
  });
});

describe('reading several payments', () => {
  it('answers 200 when all are found, 207 when some are missing and 404 when none is there', async () => {
    const [a, b] = [await createPayment(), await createPayment()];
    const all = await get(`/payments?imp_uid[]=${a.imp_uid}&imp_uid[]=${b.imp_uid}`);
    expect(all.httpStatus).toBe(200);
    expect((all.body.response as Payment[]).map(({ imp_uid }) => imp_uid)).toEqual([a.imp_uid, b.imp_uid]);
    const some = await get(`/payments?imp_uid[0]=${a.imp_uid}&imp_uid[1]=imp_unknown`);
    expect(some).toMatchObject({ httpStatus: 207, body: { code: 0, response: [{ imp_uid: a.imp_uid }] } });
    expect((await get('/payments?imp_uid[]=imp_unknown')).httpStatus).toBe(404);
    const byOrder = await get(`/payments?merchant_uid[]=${b.merchant_uid}`);
    expect(byOrder).toMatchObject({ httpStatus: 200, body: { response: [{ imp_uid: b.imp_uid }] } });
  });

  it('takes a hundred ids and refuses one more', async () => {
    const merchant_uid = 'hundred';
    const created = await postJson('/_simulator/payments/bulk', {
      payments: Array.from({ length: 101 }, () => ({ merchant_uid, amount: 1 })),
    });
    const ids = (created.body as unknown as { payments: Payment[] }).payments.map(({ imp_uid }) => imp_uid);
    const query = (count: number): string =>
      ids
        .slice(0, count)
        .map((id) => `imp_uid[]=${id}`)
        .join('&');
    expect((await get(`/payments?${query(100)}`)).body.response).toHaveLength(100);
    expect((await get(`/payments?${query(101)}`)).httpStatus).toBe(400);
  });

  it('finds the attempt of an order that started last, or the first of a status', async () => {
    const merchant_uid = 'attempts';
    const paid = await createPayment({ merchant_uid });
    nowSeconds += 1;
    const failed = await createPayment({ merchant_uid, status: 'failed' });
    expect(payment(await get(`/payments/find/${merchant_uid}`)).imp_uid).toBe(failed.imp_uid);
    expect(payment(await get(`/payments/find/${merchant_uid}?sorting=started`)).imp_uid).toBe(paid.imp_uid);
    expect(payment(await get(`/payments/find/${merchant_uid}/paid`)).imp_uid).toBe(paid.imp_uid);
    expect((await get(`/payments/find/${merchant_uid}/cancelled`)).httpStatus).toBe(404);
    expect(list(await get(`/payments/findAll/${merchant_uid}`)).map((one) => one.imp_uid)).toEqual([
      failed.imp_uid,
      paid.imp_uid,
    ]);
    expect(list(await get(`/payments/findAll/${merchant_uid}/failed`))).toHaveLength(1);
    expect((await get('/payments/findAll/unknown-order')).httpStatus).toBe(404);
  });
});

describe('the list by status', () => {
  it('pages from 1, says 0 after the last page and refuses a page beyond the data', async () => {
    for (let count = 0; count < 5; count += 1) {
      await createPayment();
      nowSeconds += 1;
    }
    const page = async (number: number): Promise<unknown> => {
      const { response } = (await get(`/payments/status/paid?limit=2&page=${number}&include_sandbox=true`))
        .body;
      const { list: payments, ...numbers } = response as { list: Payment[] };
      return { ...numbers, length: payments.length };
    };
    expect(await page(1)).toEqual({ total: 5, previous: 0, next: 2, length: 2 });
    expect(await page(2)).toEqual({ total: 5, previous: 1, next: 3, length: 2 });
    expect(await page(3)).toEqual({ total: 5, previous: 2, next: 0, length: 1 });
    expect((await get('/payments/status/paid?limit=2&page=4&include_sandbox=true')).httpStatus).toBe(400);
    const { response } = (await get('/payments/status/paid?include_sandbox=true')).body;
    expect(Object.keys(response as object)).toEqual(['list', 'next', 'previous', 'total']);
    const newestFirst = list(await get('/payments/status/all?include_sandbox=true')).map(
      (one) => one.paid_at,
    );
    expect(newestFirst).toEqual(newestFirst.toSorted((a, b) => b - a));
    const oldestFirst = list(await get('/payments/status/all?sorting=paid&include_sandbox=true')).map(
      (one) => one.paid_at,
    );
    expect(oldestFirst).toEqual(newestFirst.toReversed());
  });

  it('moves a payment from the paid to the cancelled ones, at the time of its cancel', async () => {
    const { imp_uid } = await createPayment();
    const paidAt = nowSeconds;
    await wait(10 * DAY);
    await cancelPayment({ imp_uid });
    const count = async (status: string, from: number, to: number): Promise<number> =>
      list(await get(`/payments/status/${status}?from=${from}&to=${to}&include_sandbox=true`)).length;
    expect(await count('paid', paidAt, nowSeconds)).toBe(0);
    expect(await count('cancelled', paidAt, nowSeconds - 1)).toBe(0);
    expect(await count('cancelled', nowSeconds, nowSeconds)).toBe(1);
    expect(await count('all', nowSeconds, nowSeconds)).toBe(1);
  });

  it('looks back 90 days by itself and no further when asked', async () => {
    await createPayment();
    await wait(90 * DAY);
    expect(list(await get('/payments/status/paid?include_sandbox=true'))).toHaveLength(1);
    nowSeconds += 1;
    expect(list(await get('/payments/status/paid?include_sandbox=true'))).toHaveLength(0);
    expect((await get(`/payments/status/paid?from=${nowSeconds - 91 * DAY}`)).httpStatus).toBe(400);
  });

  it('hides payments of test channels unless include_sandbox=true', async () => {
    await createPayment();
    const live = await createPayment({ sandbox: false });
    const shown = async (query: string) =>
      list(await get(`/payments/status/paid${query}`)).map((one) => one.imp_uid);
    expect(await shown('')).toEqual([live.imp_uid]);
    expect(await shown('?include_sandbox=true')).toHaveLength(2);
  });

  it.each([
    ['/payments/status/nonsense', '지원되지 않는 상태값입니다.'],
    ['/payments/status/paid?limit=1001', 'limit은 최대 1000입니다.'],
    ['/payments/status/paid?page=0', 'page 값이 올바르지 않습니다.'],
    ['/payments/status/paid?page=1.5', 'page 값이 올바르지 않습니다.'],
    ['/payments/status/paid?sorting=amount', '지원되지 않는 정렬기준입니다.'],
  ])('refuses %s', async (path, message) => {
    expect(await get(path)).toMatchObject({ httpStatus: 400, body: { code: -1, message, response: null } });
  });
});

describe('prepare', () => {
  it('registers an amount once, changes it by PUT and reads it back', async () => {
    const registered = { merchant_uid: 'prepared', amount: 5000, currency: null };
    expect(
      (await postForm('/payments/prepare', { merchant_uid: 'prepared', amount: '5000' })).body.response,
    ).toEqual(registered);
    expect(await postJson('/payments/prepare', { merchant_uid: 'prepared', amount: 9000 })).toMatchObject({
      httpStatus: 200,
      body: {
        code: 1,
        response: null,
        message: '결제정보 사전등록에 실패하였습니다(이미 등록된 merchant_uid입니다).',
      },
    });
    expect((await get('/payments/prepare/prepared')).body.response).toEqual(registered);
    await postForm('/payments/prepare', { merchant_uid: 'prepared', amount: '7000', currency: 'KRW' }, 'PUT');
    expect((await get('/payments/prepare/prepared')).body.response).toEqual({
      merchant_uid: 'prepared',
      amount: 7000,
      currency: 'KRW',
    });
  });

  it('answers 404 for an order that was never registered, and 400 without an amount', async () => {
    const missing = {
      httpStatus: 404,
      body: { code: -1, message: '사전등록된 결제정보가 존재하지 않습니다.' },
    };
    expect(await get('/payments/prepare/never')).toMatchObject(missing);
    expect(await postForm('/payments/prepare', { merchant_uid: 'never', amount: '1' }, 'PUT')).toMatchObject(
      missing,
    );
    expect((await postJson('/payments/prepare', { merchant_uid: 'no-amount' })).httpStatus).toBe(400);
    expect(
      (await postJson('/payments/prepare', { merchant_uid: 'x'.repeat(41), amount: 1 })).httpStatus,
    ).toBe(400);
  });
});

describe('cancel', () => {
  it('gives parts back and then the rest, and keeps the amount, the paid time and a history', async () => {
    const { imp_uid, paid_at } = await createPayment();
    nowSeconds += 60;
    const first = payment(
      await cancelPayment({ imp_uid, amount: 3000, checksum: 10_000, reason: '부분 환불' }),
    );
    expect(first).toMatchObject({ status: 'cancelled', amount: 10_000, cancel_amount: 3000, paid_at });
    const answer = await postForm('/payments/cancel', { imp_uid, checksum: '7000' });
    const second = payment(answer);
    expect(second).toMatchObject({ status: 'cancelled', amount: 10_000, cancel_amount: 10_000, paid_at });
    expect(second.cancel_history).toMatchObject([
      { amount: 3000, reason: '부분 환불', cancelled_at: nowSeconds },
      { amount: 7000, reason: null },
    ]);
    const ids = second.cancel_history.map(({ cancellation_id }) => cancellation_id);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toHaveLength(20);
    expect(payment(await get(`/payments/${imp_uid}?include_sandbox=true`))).toEqual(second);
  });

  it('takes amount 0 for everything that is left', async () => {
    const { imp_uid } = await createPayment();
    await cancelPayment({ imp_uid, amount: 1 });
    expect(payment(await cancelPayment({ imp_uid, amount: 0 })).cancel_amount).toBe(10_000);
  });

  it('refuses with HTTP 200 and code 1, and gives nothing back', async () => {
    const { imp_uid, merchant_uid } = await createPayment();
    const ready = await createPayment({ status: 'ready' });
    const whole = await createPayment({ status: 'cancelled' });
    const refused = async (fields: Record<string, unknown>): Promise<string | null> => {
      const { httpStatus, body } = await cancelPayment(fields);
      expect({ httpStatus, code: body.code, response: body.response }).toEqual({
        httpStatus: 200,
        code: 1,
        response: null,
      });
      return body.message;
    };
    expect(await refused({})).toBe('imp_uid 또는 merchant_uid를 지정해주셔야합니다.');
    expect(await refused({ imp_uid: 'imp_unknown', merchant_uid })).toBe(
      '취소할 결제건이 존재하지 않습니다.',
    );
    expect(await refused({ imp_uid: ready.imp_uid })).toBe('취소할 결제건이 존재하지 않습니다.');
    expect(await refused({ imp_uid: whole.imp_uid, checksum: 5 })).toBe('이미 전액취소된 주문입니다.');
    expect(await refused({ imp_uid, checksum: 9999, amount: 20_000 })).toContain('checksum');
    expect(await refused({ imp_uid, checksum: 10_000, amount: 10_001 })).toContain('초과');
    expect(await refused({ imp_uid, amount: -1 })).toContain('올바르지 않습니다');
    const after = payment(await get(`/payments/${imp_uid}?include_sandbox=true`));
    expect(after).toMatchObject({ status: 'paid', cancel_amount: 0, cancel_history: [] });
  });

  it('finds the paid attempt of an order by merchant_uid', async () => {
    const merchant_uid = 'cancel-by-order';
    const paid = await createPayment({ merchant_uid });
    nowSeconds += 1;
    await createPayment({ merchant_uid, status: 'failed' });
    expect(payment(await cancelPayment({ merchant_uid })).imp_uid).toBe(paid.imp_uid);
  });

  it('executes one of two equal cancels that arrive together', async () => {
    const { imp_uid } = await createPayment();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => cancelPayment({ imp_uid, amount: 4000, checksum: 10_000 })),
    );
    expect(answers.filter(({ body }) => body.code === 0)).toHaveLength(1);
    expect(payment(await get(`/payments/${imp_uid}?include_sandbox=true`)).cancel_amount).toBe(4000);
  });

  it('follows the rules of the PG: phone bills within their month, virtual accounts with a refund account', async () => {
    nowSeconds = Date.UTC(2030, 5, 30, 14, 59, 59) / 1000;
    token = (await getToken()).access_token;
    const bill = await createPayment({ pay_method: 'phone' });
    nowSeconds += 1;
    const late = await cancelPayment({ imp_uid: bill.imp_uid });
    expect(late).toMatchObject({ httpStatus: 200, body: { code: -1, response: null } });
    expect(late.body.message).toMatch(/^결제취소에 실패하였습니다\.\(.+\)$/);

    const { imp_uid } = await createPayment({ pay_method: 'vbank' });
    expect((await cancelPayment({ imp_uid })).body.code).toBe(-1);
    const account = { refund_holder: '홍길동', refund_bank: '88', refund_account: '1234567890' };
    expect((await cancelPayment({ imp_uid, ...account })).body.code).toBe(0);
  });
});

describe('a PG', () => {
  const account = { refund_holder: '홍길동', refund_bank: '88', refund_account: '1234567890' };
  const KOREAN_NOON = Date.UTC(2031, 2, 10, 3) / 1000;

  beforeEach(async () => {
    nowSeconds = KOREAN_NOON;
    token = (await getToken()).access_token;
  });

  /** Undefined for a cancel that is carried out, else what the PG says. */
  async function refusalOf(pg: string, payMethod: string, cancel: Record<string, unknown> = {}) {
    const { imp_uid } = await createPayment({ pg_provider: pg, pay_method: payMethod });
    const { body } = await cancelPayment({ imp_uid, ...cancel });
    return body.code === 0 ? undefined : body.message;
  }

  it('of phone bills cancels all or nothing, Inicis and KCP parts as well', async () => {
    for (const pg of ['danal', 'mobilians', 'nice', 'welcome', 'a_new_one']) {
      expect([pg, await refusalOf(pg, 'phone', { amount: 1000 })]).toEqual([
        pg,
        expect.stringContaining('부분취소'),
      ]);
      expect([pg, await refusalOf(pg, 'phone')]).toEqual([pg, undefined]);
    }
    expect(await refusalOf('html5_inicis', 'phone', { amount: 1000 })).toBeUndefined();
    expect(await refusalOf('kcp', 'phone', { amount: 1000 })).toBeUndefined();
  });

  it('refuses after its time: KSNET after six months, KakaoPay after one or five years, Naver Pay after 1,095 days', async () => {
    for (const [pg, payMethod, lastDay] of [
      ['ksnet', 'card', '2031-09-10'],
      ['kakaopay', 'card', '2032-03-10'],
      ['kakaopay', 'point', '2036-03-10'],
      ['naverpay', 'card', '2034-03-09'],
    ] as const) {
      const { imp_uid } = await createPayment({ pg_provider: pg, pay_method: payMethod });
      nowSeconds = Date.parse(`${lastDay}T23:59:59+09:00`) / 1000;
      token = (await getToken()).access_token;
      expect([pg, (await cancelPayment({ imp_uid, amount: 100 })).body.code]).toEqual([pg, 0]);
      nowSeconds += 1;
      expect((await cancelPayment({ imp_uid, amount: 100 })).body.message).toContain('기간이 지난');
      nowSeconds = KOREAN_NOON;
      token = (await getToken()).access_token;
    }
  });

  it('counts partial cancels: KSNET takes nine, and then all that is left', async () => {
    const { imp_uid } = await createPayment({ pg_provider: 'ksnet' });
    for (let part = 1; part <= 9; part += 1)
      expect((await cancelPayment({ imp_uid, amount: 100 })).body.code).toBe(0);
    expect((await cancelPayment({ imp_uid, amount: 100 })).body.message).toContain('9회');
    expect((await cancelPayment({ imp_uid })).body.code).toBe(0);
  });

  it('takes no refunds of virtual accounts at night: KSNET from eleven to six', async () => {
    for (const [time, isOpen] of [
      ['22:59:59', true],
      ['23:00:00', false],
      ['05:59:59', false],
      ['06:00:00', true],
    ] as const) {
      nowSeconds = Date.parse(`2031-03-11T${time}+09:00`) / 1000;
      token = (await getToken()).access_token;
      const refusal = await refusalOf('ksnet', 'vbank', account);
      expect([time, refusal === undefined]).toEqual([time, isOpen]);
    }
  });

  it('asks for a telephone number with the account, or never pays back, each its own way', async () => {
    expect(await refusalOf('smartro_v2', 'vbank', account)).toContain('refund_tel');
    expect(await refusalOf('smartro_v2', 'vbank', { ...account, refund_tel: '01012345678' })).toBeUndefined();
    expect(await refusalOf('danal_tpay', 'vbank', account)).toContain('환불할 수 없는');
  });

  const setUnsettled = (unsettled_won: number | null): Promise<Answer> =>
    call('PUT', '/_simulator/habits', {
      body: JSON.stringify({ unsettled_won }),
      headers: { 'content-type': 'application/json' },
    });

  it('that holds too little of the shop’s money says so in its own words', async () => {
    const { imp_uid } = await createPayment({ pg_provider: 'kcp' });
    await setUnsettled(4000);
    try {
      expect((await cancelPayment({ imp_uid, amount: 4001 })).body.message).toContain('[8178]');
      expect((await cancelPayment({ imp_uid, amount: 4000 })).body.code).toBe(0);
      expect(await refusalOf('daou', 'card')).toContain('[9029]');
      expect(await refusalOf('html5_inicis', 'card')).toBeUndefined();
      expect((await setUnsettled(-1)).httpStatus).toBe(400);
    } finally {
      await setUnsettled(null);
    }
    expect((await cancelPayment({ imp_uid })).body.code).toBe(0);
  });
});

describe('a virtual account by a call', () => {
  const CHANNEL = 'channel-key-sim-';
  const asked = (fields: Record<string, unknown> = {}) => ({
    channel_key: `${CHANNEL}settle`,
    merchant_uid: `account-${(orders += 1)}`,
    amount: 30_000,
    vbank_code: '04',
    vbank_due: nowSeconds + DAY,
    vbank_holder: '김포인트',
    ...fields,
  });
  const open = async (fields: Record<string, unknown> = {}) => postJson('/vbanks', asked(fields));

  it('is opened, changed at Hecto Financial, paid into, and found by its order', async () => {
    const opened = await open();
    expect(opened).toMatchObject({ httpStatus: 200, body: { code: 0 } });
    const account = payment(opened);
    expect(Object.keys(account)).toEqual(PAYMENT_FIELDS);
    expect(account).toMatchObject({
      status: 'ready',
      pay_method: 'vbank',
      vbank_code: '004',
      vbank_name: 'KB국민은행',
      vbank_num: expect.stringMatching(/^\d{14}$/),
      vbank_holder: '김포인트',
      vbank_date: nowSeconds + DAY,
      amount: 30_000,
    });

    const changed = await call('PUT', `/vbanks/${account.imp_uid}`, {
      body: new URLSearchParams({ vbank_due: String(nowSeconds + 2 * DAY), amount: '20000' }),
    });
    expect(payment(changed)).toMatchObject({ vbank_date: nowSeconds + 2 * DAY, amount: 20_000 });
    expect(payment(await get(`/payments/${account.imp_uid}?include_sandbox=true`))).toEqual(payment(changed));

    await postJson(`/_simulator/payments/${account.imp_uid}/deposit`, {});
    expect(payment(await get(`/payments/find/${account.merchant_uid}`))).toMatchObject({ status: 'paid' });
    const late = await call('PUT', `/vbanks/${account.imp_uid}`, {
      body: new URLSearchParams({ vbank_due: String(nowSeconds + 3 * DAY) }),
    });
    expect(late).toMatchObject({ httpStatus: 400, body: { code: 1, response: null } });
  });

  it('waits beside others of its order, but not of one that is paid', async () => {
    const first = asked();
    expect((await postJson('/vbanks', first)).body.code).toBe(0);
    expect((await postJson('/vbanks', first)).body.code).toBe(0);
    expect(list(await get(`/payments/findAll/${first.merchant_uid}`))).toHaveLength(2);

    const { merchant_uid } = await createPayment({ status: 'paid' });
    expect(await open({ merchant_uid })).toMatchObject({
      httpStatus: 200,
      body: { code: 1, response: null },
    });
  });

  it('is refused where something is missing or the PG has none', async () => {
    for (const missing of ['merchant_uid', 'amount', 'vbank_due'])
      expect(await open({ [missing]: undefined })).toMatchObject({ httpStatus: 400, body: { code: -1 } });
    for (const wrong of [
      { channel_key: `${CHANNEL}kcp` },
      { channel_key: `${CHANNEL}kakaopay` },
      { vbank_holder: undefined },
      { vbank_code: '99' },
      { vbank_due: nowSeconds },
      { vbank_num: '123' },
      { fixed_unlimited_vbank: true },
    ])
      expect(await open(wrong)).toMatchObject({ httpStatus: 200, body: { code: 1, response: null } });
    expect((await open({ channel_key: `${CHANNEL}welcome`, vbank_holder: undefined })).body.code).toBe(0);

    const { imp_uid } = payment(await open({ channel_key: `${CHANNEL}nice` }));
    const due = { body: new URLSearchParams({ vbank_due: String(nowSeconds + 2 * DAY) }) };
    expect((await call('PUT', `/vbanks/${imp_uid}`, due)).body.code).toBe(1);
    expect((await call('PUT', '/vbanks/imp_000000000000', due)).httpStatus).toBe(404);
  });

  it('tells whose account it is', async () => {
    expect((await get('/vbanks/holder?bank_code=004&bank_num=123-456-789012')).body.response).toEqual({
      bank_holder: '홍길동',
    });
    expect((await get('/vbanks/holder?bank_code=004')).httpStatus).toBe(400);
    expect((await get('/vbanks/holder?bank_code=004&bank_num=123')).httpStatus).toBe(404);
  });
});

describe('the rest of the gateway', () => {
  it('lists the channels of the shop with their test flag', async () => {
    expect((await get('/users/pg')).body.response).toEqual(
      expect.arrayContaining([
        {
          channel_key: 'channel-key-sim-html5_inicis',
          channel_name: expect.any(String),
          pg_id: 'INIpayTest',
          pg_provider: 'html5_inicis',
          sandbox: true,
          type: 'payment',
        },
        expect.objectContaining({ channel_key: 'channel-key-sim-tosspayments', sandbox: true }),
        expect.objectContaining({ channel_key: 'channel-key-sim-live', sandbox: false }),
      ]),
    );
  });

  it('knows banks and cards by code', async () => {
    expect((await get('/banks/088')).body.response).toEqual({ code: '088', name: '신한은행' });
    expect((await get('/cards/361')).body.response).toEqual({ code: '361', name: 'BC' });
    expect((await get('/banks')).body.response).toContainEqual({ code: '004', name: 'KB국민은행' });
    expect((await get('/cards/999')).httpStatus).toBe(404);
  });

  it('answers an envelope for broken JSON and for a path that it does not know', async () => {
    const broken = await call('POST', '/payments/cancel', {
      body: '{"imp_uid":',
      headers: { 'content-type': 'application/json' },
    });
    expect(broken).toMatchObject({ httpStatus: 400, body: { code: -1, response: null } });
    expect(await get('/subscribe/customers/x')).toMatchObject({
      httpStatus: 404,
      body: { code: -1, response: null },
    });
  });

  it('counts every gateway call by its template, and forgets them when told', async () => {
    await fetch(`${simulator.url}/_simulator/requests`, { method: 'DELETE' });
    await get('/payments/imp_a');
    await get('/payments/imp_b?include_sandbox=true');
    await cancelPayment({ imp_uid: 'imp_a' });
    await createPayment();
    expect((await get('/_simulator/requests')).body).toEqual({
      total: 3,
      counts: { 'GET /payments/{imp_uid}': 2, 'POST /payments/cancel': 1 },
      recent: [
        { method: 'GET', path: '/payments/imp_a', status: 404 },
        { method: 'GET', path: '/payments/imp_b?include_sandbox=true', status: 404 },
        { method: 'POST', path: '/payments/cancel', status: 200 },
      ],
    });
  });

  it('answers 1,000 bulk creations and 1,000 reads at once in seconds, not minutes', async () => {
    const begin = performance.now();
    const created = await postJson('/_simulator/payments/bulk', {
      payments: Array.from({ length: 1000 }, (_, index) => ({
        merchant_uid: `bulk-${index}`,
        amount: 1000 + index,
      })),
    });
    const { payments } = created.body as unknown as { payments: Payment[] };
    const amounts = await Promise.all(
      payments.map(
        async ({ imp_uid }) => payment(await get(`/payments/${imp_uid}?include_sandbox=true`)).amount,
      ),
    );
    expect(amounts).toEqual(Array.from({ length: 1000 }, (_, index) => 1000 + index));
    // Two seconds on an idle machine; other suites may be running beside this one.
    expect(performance.now() - begin).toBeLessThan(30_000);
  });
});
