import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startIamportSimulator, type RunningSimulator } from '../../simulator/src/simulator.js';

const OLD_STYLE = 'channel-key-sim-html5_inicis';
const NEW_STYLE = 'channel-key-sim-tosspayments';
const SHOP = 'http://shop.test/payment.html';

type Fields = Record<string, unknown>;

interface Outcome {
  payment: Fields & { imp_uid: string; status: string };
  result: Fields | null;
  redirect_url: string | null;
}

let folder: string;
let simulator: RunningSimulator;
let token: string;
let orders = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'iamport-simulator-'));
  simulator = await startIamportSimulator({ port: 0, dataFile: join(folder, 'simulator.db') });
  const { response } = (
    await send('/users/getToken', { imp_key: 'simulator-key', imp_secret: 'simulator-secret' })
  ).body as { response: { access_token: string } };
  token = response.access_token;
});

afterAll(async () => {
  await simulator.close();
  rmSync(folder, { recursive: true });
});

async function send(path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${simulator.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: token ?? '', 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

/** What the browser script sends for IMP.request_pay. */
async function openWindow(params: Fields = {}, request: Fields = {}): Promise<Fields & { imp_uid: string }> {
  orders += 1;
  const { body } = await send('/_simulator/checkouts', {
    user_code: 'imp00000000',
    is_mobile: false,
    shop_url: SHOP,
    ...request,
    params: {
      channelKey: OLD_STYLE,
      pay_method: 'card',
      merchant_uid: `order-${orders}`,
      name: '포인트 10,000P',
      amount: 10_000,
      ...params,
    },
  });
  return body as Fields & { imp_uid: string };
}

async function press(
  button: 'approve' | 'decline' | 'close',
  impUid: string,
  choice: Fields = {},
): Promise<Outcome> {
  return (await send(`/_simulator/payments/${impUid}/${button}`, choice)).body as Outcome;
}

async function readPayment(impUid: string): Promise<Fields> {
  const { body } = await send(`/payments/${impUid}?include_sandbox=true`);
  return (body as { response: Fields }).response;
}

describe('opening the window', () => {
  it('creates the payment with its imp_uid before anything is paid', async () => {
    const { imp_uid } = await openWindow({ buyer_name: '홍길동', custom_data: { ref: 1 } });
    expect(imp_uid).toMatch(/^imp_\d{12}$/);
    expect(await readPayment(imp_uid)).toMatchObject({
      status: 'ready',
      paid_at: 0,
      pg_tid: null,
      channel: 'pc',
      buyer_name: '홍길동',
      custom_data: '{"ref":1}',
      pg_provider: 'html5_inicis',
      sandbox: true,
    });
  });

  it.each<[string, Fields]>([
    ['an amount that is a text', { amount: '10000' }],
    ['an amount of nothing', { amount: 0 }],
    ['half a won', { amount: 10.5 }],
    ['no merchant_uid', { merchant_uid: undefined }],
    ['a merchant_uid of 41 characters', { merchant_uid: 'x'.repeat(41) }],
    ['an unknown channel', { channelKey: 'channel-key-of-nobody' }],
    ['a phone bill without digital', { pay_method: 'phone' }],
    ['a method that cannot be played', { pay_method: 'paypal' }],
  ])('refuses %s and creates nothing', async (_what, params) => {
    const before = (await send('/_simulator/payments')).body as { total: number };
    const outcome = await openWindow(params);
    expect(outcome).toMatchObject({ opened: false, result: { imp_uid: null, error_code: 'F400' } });
    expect((await send('/_simulator/payments')).body).toMatchObject({ total: before.total });
  });

  it('refuses another shop’s user code', async () => {
    expect(await openWindow({}, { user_code: 'imp99999999' })).toMatchObject({ opened: false });
  });

  it('refuses an order that was paid once, even after its cancel', async () => {
    const { imp_uid } = await openWindow({ merchant_uid: 'paid-once' });
    await press('approve', imp_uid);
    const refused = {
      opened: false,
      result: {
        success: false,
        imp_uid: null,
        merchant_uid: 'paid-once',
        error_code: 'F1002',
        error_msg: '이미 결제가 이루어진 거래건입니다.',
      },
    };
    expect(await openWindow({ merchant_uid: 'paid-once' })).toMatchObject(refused);
    await send('/payments/cancel', { imp_uid });
    expect(await openWindow({ merchant_uid: 'paid-once' })).toMatchObject(refused);
  });

  interface ListedChannel {
    key: string;
    pg: string;
    style: string;
    methods: string[];
    closed: string | null;
  }

  it('has a channel for every code of a PG, by key and by pg', async () => {
    const { channels } = (await send('/_simulator/channels')).body as { channels: ListedChannel[] };
    expect(channels.length).toBeGreaterThan(35);
    for (const { key, pg, style, methods, closed } of channels.filter(({ key }) => !key.endsWith('-live'))) {
      expect(key).toBe(`channel-key-sim-${pg}`);
      for (const by of [{ channelKey: key }, { channelKey: undefined, pg: `${pg}.MID` }]) {
        const opened = await openWindow({
          ...by,
          pay_method: methods[0] ?? 'card',
          digital: true,
          buyer_tel: '01012345678',
        });
        if (closed === null) {
          expect(await readPayment(opened.imp_uid)).toMatchObject({
            pg_provider: pg,
            pay_method: methods[0],
          });
        } else {
          expect(opened).toMatchObject({
            opened: false,
            result: { error_code: 'F400', error_msg: `${closed} (${pg})` },
          });
        }
      }
      expect(['old', 'new']).toContain(style);
    }
  });

  it('is KG Inicis without a channel', async () => {
    const { imp_uid } = await openWindow({ channelKey: undefined });
    expect(await readPayment(imp_uid)).toMatchObject({ pg_provider: 'html5_inicis' });
  });

  it.each([
    ['mobilians', 'kakaopay', { success: false }],
    ['danal', 'card', { imp_success: false }],
    ['ksnet', 'tosspay', {}],
  ])('refuses at %s %s, which it has not, before the window opens', async (pg, payMethod, flag) => {
    const refused = await openWindow({ channelKey: `channel-key-sim-${pg}`, pay_method: payMethod });
    expect(refused).toEqual({
      opened: false,
      result: {
        ...flag,
        imp_uid: null,
        merchant_uid: `order-${orders}`,
        error_code: 'F400',
        error_msg: expect.stringContaining(`지원하지 않는 결제수단입니다. (${payMethod})`),
      },
      redirect_url: null,
    });
  });

  it.each(['danal', 'mobilians', 'nice_v2'])(
    'refuses at %s a phone bill without the buyer’s number',
    async (pg) => {
      const at = { channelKey: `channel-key-sim-${pg}`, pay_method: 'phone', digital: true };
      expect(await openWindow(at)).toMatchObject({
        opened: false,
        result: { error_code: 'F400', error_msg: expect.stringContaining('buyer_tel') },
      });
      expect((await openWindow({ ...at, buyer_tel: '01012345678' })).opened).toBe(true);
    },
  );

  it.each([
    ['kakaopay', 'kakaopay', 1_999_999, 2_000_000, 'F400'],
    ['kcp', 'card', 1_000, 999, 'F400'],
    ['tosspayments', 'trans', 200, 199, 'PG_PROVIDER_ERROR'],
  ])('fails at %s an amount that it does not take by %s', async (pg, payMethod, taken, refused, code) => {
    const at = { channelKey: `channel-key-sim-${pg}`, pay_method: payMethod };
    expect((await openWindow({ ...at, amount: taken })).opened).toBe(true);
    const outcome = await openWindow({ ...at, amount: refused });
    expect(outcome).toMatchObject({
      opened: false,
      result: { error_code: code, error_msg: expect.stringContaining('결제금액은') },
    });
    expect(await readPayment((outcome.result as { imp_uid: string }).imp_uid)).toMatchObject({
      status: 'failed',
      paid_at: 0,
    });
  });

  it('lets an order that failed try again', async () => {
    const { imp_uid } = await openWindow({ merchant_uid: 'second-try' });
    await press('decline', imp_uid);
    expect((await openWindow({ merchant_uid: 'second-try' })).opened).toBe(true);
  });

  it('fails the attempt when the amount or currency is not the prepared one', async () => {
    await send('/payments/prepare', { merchant_uid: 'prepared', amount: 10_000, currency: 'KRW' });
    for (const altered of [{ amount: 100 }, { currency: 'USD' }]) {
      const outcome = await openWindow({ merchant_uid: 'prepared', ...altered });
      expect(outcome.opened).toBe(false);
      const { imp_uid } = outcome.result as { imp_uid: string };
      expect(await readPayment(imp_uid)).toMatchObject({ status: 'failed', fail_reason: expect.any(String) });
    }
    expect((await openWindow({ merchant_uid: 'prepared' })).opened).toBe(true);
  });
});

describe('the buttons', () => {
  it('approve pays and answers the rich result of the old modules', async () => {
    const { imp_uid } = await openWindow({ custom_data: { ref: 1 } });
    const { result, redirect_url } = await press('approve', imp_uid, { card_code: '366', card_quota: 0 });
    const payment = await readPayment(imp_uid);
    expect(payment).toMatchObject({
      status: 'paid',
      pay_method: 'card',
      card_code: '366',
      card_name: '신한카드',
      apply_num: expect.stringMatching(/^\d{8}$/),
      receipt_url: expect.stringContaining(imp_uid),
    });
    expect(Number(payment.paid_at)).toBeGreaterThan(0);
    expect(redirect_url).toBeNull();
    expect(result).toMatchObject({
      success: true,
      imp_uid,
      paid_amount: 10_000,
      status: 'paid',
      pg_type: 'payment',
      custom_data: { ref: 1 },
      paid_at: payment.paid_at,
    });
  });

  it('approve answers the ids and nothing else in the style of the new modules', async () => {
    const { imp_uid } = await openWindow({ channelKey: NEW_STYLE, merchant_uid: 'new-style' });
    expect((await press('approve', imp_uid)).result).toEqual({ imp_uid, merchant_uid: 'new-style' });
  });

  it('approve fills in what goes with the method', async () => {
    const approve = async (params: Fields, choice: Fields): Promise<Fields> =>
      (await press('approve', (await openWindow(params)).imp_uid, choice)).payment;
    expect(await approve({ pay_method: 'trans' }, { bank_code: '088' })).toMatchObject({
      pay_method: 'trans',
      bank_code: '088',
      bank_name: '신한은행',
      card_code: null,
    });
    expect(await approve({ pay_method: 'phone', digital: true }, {})).toMatchObject({
      pay_method: 'phone',
      card_code: null,
    });
    const kakaopay = { pay_method: 'kakaopay' };
    expect(await approve(kakaopay, { easy_pay_by: 'money' })).toMatchObject({
      pay_method: 'point',
      emb_pg_provider: 'kakaopay',
      card_code: null,
    });
    expect(await approve(kakaopay, { easy_pay_by: 'card' })).toMatchObject({
      pay_method: 'card',
      emb_pg_provider: 'kakaopay',
      card_code: '361',
    });
    expect(
      await approve({ channelKey: undefined, pg: 'kakaopay.TC0ONETIME' }, { easy_pay_by: 'money' }),
    ).toMatchObject({
      pay_method: 'point',
      pg_provider: 'kakaopay',
      emb_pg_provider: null,
    });
  });

  it('approve reads card or point for an easy pay, which another PG names and its own does not', async () => {
    const approve = async (params: Fields, choice: Fields): Promise<Fields> =>
      (await press('approve', (await openWindow(params)).imp_uid, choice)).payment;
    for (const method of ['naverpay', 'tosspay']) {
      const own = { channelKey: `channel-key-sim-${method}`, pay_method: method };
      expect(await approve(own, { easy_pay_by: 'money' })).toMatchObject({
        pay_method: 'point',
        pg_provider: method,
        emb_pg_provider: null,
      });
      expect(await approve(own, { easy_pay_by: 'card' })).toMatchObject({ pay_method: 'card' });
      expect(await approve({ pay_method: method }, { easy_pay_by: 'money' })).toMatchObject({
        pay_method: 'point',
        pg_provider: 'html5_inicis',
        emb_pg_provider: method,
      });
    }
  });

  it('approve names the issuer of a card where the PG tells it', async () => {
    const approve = async (pg: string): Promise<Fields> => {
      const { imp_uid } = await openWindow({ channelKey: `channel-key-sim-${pg}` });
      return (await press('approve', imp_uid, { card_code: '366' })).payment;
    };
    expect(await approve('ksnet')).toMatchObject({ card_issuer_code: '366', card_publisher_name: '신한' });
    expect(await approve('kcp')).toMatchObject({ card_issuer_code: null, card_publisher_name: null });
  });

  it('approve says imp_success in place of success at Danal', async () => {
    const { imp_uid } = await openWindow({
      channelKey: 'channel-key-sim-danal_tpay',
      buyer_tel: '01012345678',
    });
    const { result } = await press('approve', imp_uid);
    expect(result).toMatchObject({ imp_success: true, status: 'paid' });
    expect(result).not.toHaveProperty('success');
  });

  it('approve pressed twice answers the same payment', async () => {
    const { imp_uid } = await openWindow();
    expect(await press('approve', imp_uid)).toEqual(await press('approve', imp_uid));
  });

  it('approve in the second of two open windows of one order fails that attempt', async () => {
    const first = await openWindow({ merchant_uid: 'two-windows' });
    const second = await openWindow({ merchant_uid: 'two-windows' });
    await press('approve', first.imp_uid);
    expect((await press('approve', second.imp_uid)).result).toMatchObject({
      success: false,
      error_code: 'F1002',
    });
    expect(await readPayment(second.imp_uid)).toMatchObject({ status: 'failed', paid_at: 0 });
  });

  it('decline fails the payment with a reason in both styles', async () => {
    const old = await press('decline', (await openWindow()).imp_uid);
    expect(old.payment).toMatchObject({ status: 'failed', fail_reason: expect.any(String), paid_at: 0 });
    expect(old.result).toMatchObject({ success: false, error_msg: old.payment.fail_reason });
    const { result } = await press('decline', (await openWindow({ channelKey: NEW_STYLE })).imp_uid);
    expect(Object.keys(result ?? {})).toEqual(['imp_uid', 'merchant_uid', 'error_code', 'error_msg']);
    expect(result).toMatchObject({ error_code: 'PG_PROVIDER_ERROR' });
  });

  it('close leaves the payment ready in the old modules and fails it in the new ones', async () => {
    const old = await press('close', (await openWindow()).imp_uid);
    expect(old).toMatchObject({
      payment: { status: 'ready' },
      result: { success: false, error_code: 'F400' },
    });
    const fresh = await press('close', (await openWindow({ channelKey: NEW_STYLE })).imp_uid);
    expect(fresh).toMatchObject({ payment: { status: 'failed' }, result: { error_code: 'F400' } });
  });

  it('a failed attempt can still be approved late, and a paid one cannot be declined or closed', async () => {
    const { imp_uid } = await openWindow();
    await press('decline', imp_uid);
    expect((await press('approve', imp_uid)).payment).toMatchObject({
      status: 'paid',
      failed_at: 0,
      fail_reason: null,
    });
    for (const button of ['decline', 'close']) {
      expect((await send(`/_simulator/payments/${imp_uid}/${button}`, {})).status).toBe(409);
    }
    expect(await readPayment(imp_uid)).toMatchObject({ status: 'paid' });
  });
});

describe('on a phone', () => {
  const phone = (params: Fields = {}): Promise<Fields & { imp_uid: string }> =>
    openWindow({ m_redirect_url: `${SHOP}?keep=1`, ...params }, { is_mobile: true });

  it('comes back by redirect with imp_success from the old modules only', async () => {
    const old = await phone({ merchant_uid: 'phone-old' });
    expect((await press('approve', old.imp_uid)).redirect_url).toBe(
      `${SHOP}?keep=1&imp_uid=${old.imp_uid}&merchant_uid=phone-old&imp_success=true`,
    );
    const fresh = await phone({ merchant_uid: 'phone-new', channelKey: NEW_STYLE });
    expect((await press('approve', fresh.imp_uid)).redirect_url).toBe(
      `${SHOP}?keep=1&imp_uid=${fresh.imp_uid}&merchant_uid=phone-new`,
    );
  });

  it('comes back with the error in the query', async () => {
    const { imp_uid } = await phone();
    const { redirect_url } = await press('close', imp_uid);
    const query = new URL(redirect_url ?? '').searchParams;
    expect(query.get('imp_success')).toBe('false');
    expect(query.get('error_code')).toBe('F400');
    expect(query.get('error_msg')).toContain('취소');
  });

  it('goes nowhere for an address that is not http', async () => {
    const { imp_uid } = await phone({ m_redirect_url: 'javascript:alert(1)' });
    expect((await press('approve', imp_uid)).redirect_url).toBeNull();
  });
});

describe('payments made by tools', () => {
  it('take any field, and refuse a field that no payment has', async () => {
    const { body } = await send('/_simulator/payments', {
      merchant_uid: 'made',
      amount: 7000,
      currency: 'USD',
      imp_uid: 'imp_made',
      cancel_amount: 2000,
    });
    expect(body).toMatchObject({
      imp_uid: 'imp_made',
      currency: 'USD',
      status: 'cancelled',
      cancel_amount: 2000,
    });
    expect(body).toMatchObject({ cancel_history: [{ amount: 2000 }] });
    expect((await send('/_simulator/payments', { merchant_uid: 'x', amount: 1, amuont: 2 })).status).toBe(
      400,
    );
    expect(
      (await send('/_simulator/payments', { merchant_uid: 'x', amount: 1, imp_uid: 'imp_made' })).status,
    ).toBe(409);
  });

  it('may read paid although a part was given back', async () => {
    const { body } = await send('/_simulator/payments', {
      merchant_uid: 'partly',
      amount: 7000,
      status: 'paid',
      cancel_amount: 2000,
    });
    expect(body).toMatchObject({ status: 'paid', cancel_amount: 2000, cancel_history: [{ amount: 2000 }] });
  });

  it('are created all or none', async () => {
    const total = async (): Promise<number> =>
      ((await send('/_simulator/payments')).body as { total: number }).total;
    const before = await total();
    const twice = { merchant_uid: 'twice', amount: 1, imp_uid: 'imp_twice' };
    expect((await send('/_simulator/payments/bulk', { payments: [twice, twice] })).status).toBe(409);
    expect(await total()).toBe(before);
    const many = Array.from({ length: 1001 }, () => ({ merchant_uid: 'many', amount: 1 }));
    expect((await send('/_simulator/payments/bulk', { payments: many })).status).toBe(400);
  });

  it('are listed newest first and by page, with the way back to the shop', async () => {
    await openWindow();
    const newest = (await send('/_simulator/payments', { merchant_uid: 'newest', amount: 1 })).body as Fields;
    const { body } = await send('/_simulator/payments?page=1&limit=1');
    expect(body).toMatchObject({ page: 1, limit: 1, shop_url: SHOP, list: [{ imp_uid: newest.imp_uid }] });
    expect((await send('/_simulator/payments?limit=1001')).status).toBe(400);
  });
});

describe('the pages', () => {
  it('serve the browser script to any origin, and pages that a shop may frame', async () => {
    const script = await fetch(`${simulator.url}/v1/iamport.js`);
    expect(script.headers.get('content-type')).toContain('javascript');
    expect(script.headers.get('access-control-allow-origin')).toBe('*');
    expect(await script.text()).toContain('request_pay');
    const page = await fetch(`${simulator.url}/window`);
    expect(page.headers.get('content-security-policy')).toContain('frame-ancestors *');
    expect(page.headers.has('x-frame-options')).toBe(false);
  });

  it('hold no outside address and no inline script or style', async () => {
    for (const path of ['/window', '/console']) {
      const html = await (await fetch(`${simulator.url}${path}`)).text();
      expect(html).not.toMatch(/https?:\/\/|\sstyle=|\son\w+=|<style|<script(?![^>]*\ssrc=)/);
      const assets = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, asset]) => asset);
      expect(assets.length).toBeGreaterThan(2);
      for (const asset of assets) expect((await fetch(`${simulator.url}${asset}`)).status).toBe(200);
    }
  });
});
