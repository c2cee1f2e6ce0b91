import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cancelPayment, QUICK_RECOVERY } from '../support/cancel-operations.js';
import { describeOnEachDatabase } from '../support/databases.js';
import { eventually } from '../support/rooms.js';
import { type ShopFile, writeShopFile } from '../support/shop-file.js';
import { startServerInVain } from '../support/server.js';
import {
  credit,
  makeOrder,
  orderAndPay,
  productionSettings,
  startTopUpService,
  type TopUpService,
} from '../support/top-up-service.js';

const LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8"/></svg>';
const VERSION = '2026-12-01';
const DAY_MS = 24 * 60 * 60_000;

describeOnEachDatabase('a shop with words of its own', (database) => {
  let file: ShopFile;
  let service: TopUpService;

  beforeAll(async () => {
    file = await writeShopFile({ logo: 'logo.svg' }, { 'logo.svg': LOGO });
    service = await startTopUpService({ database: database.env, env: { SHOP_FILE: file.path } });
  });

  afterAll(async () => {
    await service.stop();
    await file.remove();
  });

  const SHOP = `{ shop {
    name logoUrl colour
    business { tradeName representative registrationNumber mailOrderNumber address phone email }
    papers { kind title url text }
    consent { version text }
    customerService { phone email url hours }
    cancelPolicy { byShopper withinDays partial minAmount }
  } }`;

  test('says who it is to anybody, in the language of the caller', async () => {
    const [ko, en] = await Promise.all(
      ['ko', 'en'].map(async (language) => {
        const { data } = await service
          .client()
          .call<{ shop: Record<string, unknown> }>(SHOP, {}, { headers: { 'accept-language': language } });
        return data.shop;
      }),
    );

    expect(ko).toMatchObject({
      name: '별빛상점',
      colour: '#5b3fd1',
      business: { registrationNumber: '123-45-67891', mailOrderNumber: '제2026-서울강남-01234호' },
      consent: { version: VERSION },
      customerService: { phone: '1588-0000' },
      cancelPolicy: { byShopper: true, withinDays: 7, partial: true, minAmount: 1000 },
    });
    expect(ko?.papers).toEqual([
      { kind: 'TERMS', title: '이용약관', url: 'https://shop.example/terms', text: null },
      { kind: 'PRIVACY', title: '개인정보처리방침', url: 'https://shop.example/privacy', text: null },
      { kind: 'REFUND', title: '환불 규정', url: null, text: expect.stringContaining('7일 안에') },
      { kind: 'VALIDITY', title: '포인트 유효기간', url: null, text: expect.any(String) },
    ]);
    expect(en).toMatchObject({ name: 'Starlight Shop', papers: [{ title: 'Terms of service' }, {}, {}, {}] });
  });

  test('has its logo at an address that browsers may keep, and its colour on the page', async () => {
    const { shop } = await service.client().succeed<{ shop: { logoUrl: string } }>('{ shop { logoUrl } }');
    const logo = await fetch(`${service.url}${shop.logoUrl}`);
    const page = await (await fetch(`${service.url}/payment.html`)).text();

    expect(logo.headers.get('content-type')).toBe('image/svg+xml');
    expect(logo.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(logo.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(logo.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await logo.text()).toBe(LOGO);
    expect(page).toMatch(/<html [^>]*style="--shop-brand:#5b3fd1;/);
    expect((await fetch(`${service.url}/shop/logo-other.svg`)).status).toBe(404);
  });

  const order = (termsVersion: string | null) => ({
    query: `mutation ($termsVersion: String) {
      createPaymentOrder(amount: 10000, termsVersion: $termsVersion) { merchantUid createdAt }
    }`,
    variables: { termsVersion },
  });

  test.each([
    ['none', null],
    ['a stale one', '2025-01-01'],
    ['an empty one', ''],
  ])('refuses an order under %s before the gateway is called', async (_, termsVersion) => {
    const { client, account } = await service.user();
    await service.simulator.forgetRequests();
    const { query, variables } = order(termsVersion);

    const { errors } = await client.call(query, variables);

    expect(errors?.[0]?.extensions).toEqual({
      code: 'TERMS_NOT_AGREED',
      termsVersion: VERSION,
      retryable: false,
    });
    expect((await service.simulator.requests()).total).toBe(0);
    expect(
      await service.books.query('SELECT 1 FROM point_payment_order WHERE ownerId = ?', [account.id]),
    ).toEqual([]);
  });

  test('stores with an order to which terms its buyer agreed, for operators', async () => {
    const { client, account } = await service.user();
    const operator = await service.user();
    const { query, variables } = order(VERSION);
    const { createPaymentOrder: made } = await client.succeed<{
      createPaymentOrder: { merchantUid: string; createdAt: string };
    }>(query, variables);
    await service.books.query(`UPDATE user SET role = 'OPERATOR' WHERE id = ?`, [operator.account.id]);
    const asked = 'query ($uid: ID!) { termsAgreement(merchantUid: $uid) { termsVersion agreedAt ownerId } }';

    expect((await client.call(asked, { uid: made.merchantUid })).errors?.[0]?.extensions.code).toBe(
      'FORBIDDEN',
    );
    expect(await operator.client.succeed(asked, { uid: made.merchantUid })).toEqual({
      termsAgreement: { termsVersion: VERSION, agreedAt: made.createdAt, ownerId: account.id },
    });
    expect(await operator.client.succeed(asked, { uid: 'nobody' })).toEqual({ termsAgreement: null });
  });

  test('makes another order when an open one was made under older terms', async () => {
    const { client } = await service.user();
    const { query, variables } = order(VERSION);
    const make = async () =>
      (await client.succeed<{ createPaymentOrder: { merchantUid: string } }>(query, variables))
        .createPaymentOrder.merchantUid;
    const first = await make();
    expect(await make()).toBe(first);
    await service.books.query('UPDATE point_payment_order SET termsVersion = ? WHERE merchantUid = ?', [
      '2025-01-01',
      first,
    ]);

    const second = await make();

    expect(second).not.toBe(first);
    expect(await make()).toBe(second);
  });
});

describeOnEachDatabase('a shop that says what shoppers may cancel', (database) => {
  let file: ShopFile;
  let service: TopUpService;

  beforeAll(async () => {
    file = await writeShopFile({
      consent: undefined,
      cancelPolicy: { withinDays: 3, partial: false, minAmount: 6000 },
    });
    service = await startTopUpService({
      database: database.env,
      env: { ...QUICK_RECOVERY, SHOP_FILE: file.path, REFUND_PRESETS: 'NONE' },
    });
  });

  afterAll(async () => {
    await service.stop();
    await file.remove();
  });

  const pointsOf = async (ownerId: string) =>
    service.books.query('SELECT point, heldPoint FROM point_account WHERE ownerId = ?', [ownerId]);
  const rowsOf = async (ownerId: string) =>
    service.books.query('SELECT status FROM point_transaction WHERE ownerId = ? ORDER BY sequence', [
      ownerId,
    ]);
  const quote = async (client: Awaited<ReturnType<TopUpService['user']>>['client'], impUid: string) =>
    (
      await client.succeed<{ refundQuote: Record<string, unknown> }>(
        'query ($impUid: String!) { refundQuote(impUid: $impUid) { refundable limitedBy policyReason partialCancel } }',
        { impUid },
      )
    ).refundQuote;

  async function paid(amount = 10_000, daysAgo = 0) {
    const { client, account } = await service.user();
    const payment = await orderAndPay(client, service.simulator, { orderAmount: amount });
    await credit(client, payment.imp_uid);
    if (daysAgo > 0) {
      const paidAt = new Date(Date.now() - daysAgo * DAY_MS).toISOString().replace('T', ' ').replace('Z', '');
      await service.books.query('UPDATE point_payment SET paidAt = ? WHERE gatewayPaymentId = ?', [
        paidAt,
        payment.imp_uid,
      ]);
    }
    await service.simulator.forgetRequests();
    return { client, account, impUid: payment.imp_uid };
  }

  async function expectRefused(
    { client, account, impUid }: Awaited<ReturnType<typeof paid>>,
    details: Record<string, unknown>,
    amount?: number,
  ) {
    const before = await pointsOf(account.id);
    const { errors } = await cancelPayment(client, { impUid, amount });

    expect(errors?.[0]?.extensions).toEqual({ code: 'CANCEL_BY_SHOP_ONLY', retryable: false, ...details });
    expect(errors?.[0]?.message).toMatch(/고객센터/);
    expect(await pointsOf(account.id)).toEqual(before);
    expect(await rowsOf(account.id)).toEqual([{ status: 'PAYMENT' }]);
    expect(
      await service.books.query('SELECT 1 FROM point_cancellation WHERE ownerId = ?', [account.id]),
    ).toEqual([]);
    expect((await service.simulator.requests()).counts['POST /payments/cancel'] ?? 0).toBe(0);
  }

  test('refuses a part, and cancels all of it', async () => {
    const payment = await paid();
    await expectRefused(payment, { reason: 'ONLY_IN_FULL' }, 9_000);

    expect(await quote(payment.client, payment.impUid)).toEqual({
      refundable: 10_000,
      limitedBy: null,
      policyReason: null,
      partialCancel: 'NO',
    });
    const { data } = await cancelPayment(payment.client, { impUid: payment.impUid });
    expect(data.cancelPointTransaction.state).toBe('DONE');
    expect(await pointsOf(payment.account.id)).toEqual([{ point: 0, heldPoint: 0 }]);
  });

  test('refuses what is too late, and nothing is asked of the gateway', async () => {
    const payment = await paid(10_000, 5);

    expect(await quote(payment.client, payment.impUid)).toMatchObject({
      refundable: 0,
      limitedBy: 'SHOP_POLICY',
      policyReason: 'TOO_LATE',
    });
    await expectRefused(payment, { reason: 'TOO_LATE', deadline: expect.stringMatching(/T15:00:00\.000Z$/) });
  });

  test('refuses what is less than its least', async () => {
    const payment = await paid(5_000);

    expect(await quote(payment.client, payment.impUid)).toMatchObject({ policyReason: 'TOO_SMALL' });
    await expectRefused(payment, { reason: 'TOO_SMALL', minAmount: 6000 });
  });

  test('books a cancel of the console, which the policy does not ask', async () => {
    const { client, account, impUid } = await paid(5_000);
    const { merchantUid } = (
      await service.books.query('SELECT merchantUid FROM point_payment WHERE gatewayPaymentId = ?', [impUid])
    )[0];
    await service.simulator.cancel(impUid, { amount: 2_000, webhook: false });

    await fetch(`${service.url}/webhooks/iamport`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ imp_uid: impUid, merchant_uid: merchantUid, status: 'cancelled' }),
    });

    await eventually(async () => {
      expect(await pointsOf(account.id)).toEqual([{ point: 3_000, heldPoint: 0 }]);
    });
    expect(await rowsOf(account.id)).toEqual([{ status: 'PAYMENT' }, { status: 'CANCEL' }]);
    expect(await quote(client, impUid)).toMatchObject({ refundable: 0, policyReason: 'TOO_SMALL' });
  });

  test('asks for no consent where it has none', async () => {
    const { client } = await service.user();

    expect(await makeOrder(client)).toEqual(expect.any(String));
  });
});

describe('in production', () => {
  test('a start is refused without what a shop has to show, each by its name', async () => {
    const file = await writeShopFile({ consent: undefined, papers: [], colour: '#ffcc00' });

    const { exitCode, output } = await startServerInVain({
      env: { ...productionSettings('sqlite::memory:'), SHOP_FILE: file.path },
    });
    await file.remove();

    expect(exitCode).toBe(1);
    for (const place of ['consent', 'papers TERMS', 'papers PRIVACY', 'papers REFUND', 'colour']) {
      expect(output).toMatch(new RegExp(`^  - ${place} [^\\n]*[가-힣][^\\n]* / [^\\n]+$`, 'm'));
    }
    expect(output).toMatch(/registrationNumber .*is that of the example/);
  });

  test('a start is refused without a file, by the names of all that belongs into it', async () => {
    const { output } = await startServerInVain({
      env: { ...productionSettings('sqlite::memory:'), SHOP_FILE: undefined },
    });

    expect(output).toMatch(
      /SHOP_FILE is required in production: a file with name, business, papers \(TERMS, PRIVACY, REFUND\), customerService and consent/,
    );
  });
});
