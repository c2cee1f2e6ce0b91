import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { readAccount } from '../support/books.js';
import { describeInBrowser, launchChromium } from '../support/chromium.js';
import { graphqlClient } from '../support/graphql-client.js';
import { rememberSecret } from '../support/server-logs.mjs';
import { credit, orderAndPay, startTopUpService, type TopUpService } from '../support/top-up-service.js';
import { CheckoutPage, type Method } from './checkout-page.js';
import { expectCredited } from './expect-credited.js';
import { PHONE, Visitors } from './visitors.js';

/** A phone bill of a PG that wants the buyer's number; the others take no more than the account has. */
const METHODS = [
  'card',
  'kakaopay=channel-key-sim-kakaopay@kakaopay',
  'naverpay=channel-key-sim-naverpay@naverpay',
  'tosspay=channel-key-sim-tosspay_v2@tosspay_v2',
  'trans',
  'phone=channel-key-sim-danal@danal',
].join(',');

const CALLBACK_STYLES = [
  { style: 'older', channelKey: 'channel-key-sim-html5_inicis', says: 'with a success flag' },
  { style: 'newer', channelKey: 'channel-key-sim-tosspayments', says: 'with the ids only' },
];

function newAccount() {
  const account = {
    name: '김하늘',
    email: `user-${randomUUID()}@canary.example`,
    password: `canary-password-${randomUUID()}`,
  };
  rememberSecret('an e-mail address', account.email);
  rememberSecret('a password', account.password);
  return account;
}

describeInBrowser('the checkout page', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  afterAll(() => browser.close());

  describe.each(CALLBACK_STYLES)(
    'with a gateway of the $style kind, which answers $says',
    ({ channelKey }) => {
      let service: TopUpService;
      let visitors: Visitors;

      beforeAll(async () => {
        service = await startTopUpService({ env: { IAMPORT_CHANNEL_KEY: channelKey } });
        visitors = new Visitors(browser, [service.url, service.simulatorUrl]);
      });

      afterEach(() => visitors.leave());
      afterAll(() => service.stop());

      it('signs up, pays by card, and shows the points that the database has', async () => {
        const account = newAccount();
        const checkout = await CheckoutPage.open(await visitors.device(), service.url);
        await checkout.signUp(account);
        await checkout.part('history-empty').waitFor();
        await checkout.openWindow(10_000);
        await checkout.press('approve');
        await checkout.outcome('credited');

        expect(await checkout.part('result-title').innerText()).toBe('10,000P 충전되었습니다');
        expect(await checkout.part('balance').innerText()).toBe('10,000P');
        expect(await checkout.part('available').innerText()).toBe('10,000P');
        const impUid = await checkout.impUid();
        expect(await checkout.history()).toEqual([{ amount: '+10,000P', impUid }]);

        const client = graphqlClient(service.url);
        await client.login(account);
        const stored = await client.succeed(
          '{ me { point availablePoint } pointTransactions { nodes { impUid amount status balanceAfter } } }',
        );
        expect(stored).toEqual({
          me: { point: 10_000, availablePoint: 10_000 },
          pointTransactions: {
            nodes: [{ impUid, amount: 10_000, status: 'PAYMENT', balanceAfter: 10_000 }],
          },
        });
      });

      it('says why a payment was declined and what to do, and the next one goes through', async () => {
        const { client, account } = await service.user();
        const checkout = await CheckoutPage.open(await visitors.device(), service.url, { client });
        await checkout.openWindow(5_000);
        await checkout.press('decline');
        await checkout.outcome('notPaid');
        expect(await checkout.part('result-text').innerText()).toMatch(/다른 카드.*카드사에 문의/);
        const gatewayText = await checkout.part('gateway-text').innerText();
        expect(gatewayText).toBe('카드사에서 승인을 거절했습니다.');
        await expectCredited(service, account.id, []);

        await checkout.part('result-close').click();
        await checkout.part('pay').click();
        await checkout.press('approve');
        await checkout.outcome('credited');
        await expectCredited(service, account.id, [5_000]);
      });

      it('takes a closed window for no payment', async () => {
        const { client, account } = await service.user();
        const checkout = await CheckoutPage.open(await visitors.device(), service.url, { client });
        await checkout.openWindow(5_000);
        await checkout.press('close');
        await checkout.outcome('notPaid');
        expect(await checkout.part('result-title').innerText()).toBe('결제가 완료되지 않았습니다');
        expect(await checkout.part('result-text').innerText()).toContain('결제창을 닫아');
        expect(await checkout.part('gateway-text').innerText()).toMatch(/취소/);
        await expectCredited(service, account.id, []);
      });

      it('credits on a phone that comes back by redirect', async () => {
        const { client, account } = await service.user();
        const checkout = await CheckoutPage.open(await visitors.device(PHONE), service.url, { client });
        await checkout.openWindowOnPhone(5_000);
        await checkout.pressOnPhone('approve');
        await checkout.outcome('credited');
        expect(checkout.page.url()).toBe(`${service.url}/payment.html`);
        expect(await checkout.part('balance').innerText()).toBe('5,000P');
        await expectCredited(service, account.id, [5_000]);
      });

      it('says on a phone that the payment was declined', async () => {
        const { client, account } = await service.user();
        const checkout = await CheckoutPage.open(await visitors.device(PHONE), service.url, { client });
        await checkout.openWindowOnPhone(5_000);
        await checkout.pressOnPhone('decline');
        await checkout.outcome('notPaid');
        expect(await checkout.part('result-text').innerText()).toMatch(/다른 카드.*카드사에 문의/);
        expect(await checkout.part('gateway-text').isVisible()).toBe(false);
        await expectCredited(service, account.id, []);
      });
    },
  );

  describe('with any gateway', () => {
    let service: TopUpService;
    let visitors: Visitors;

    beforeAll(async () => {
      service = await startTopUpService({ env: { PAYMENT_METHODS: METHODS } });
      visitors = new Visitors(browser, [service.url, service.simulatorUrl]);
    });

    afterEach(() => visitors.leave());
    afterAll(() => service.stop());

    it.each<{ method: Method; gatewayMethod: string; pg: string }>([
      { method: 'kakaopay', gatewayMethod: 'point', pg: 'kakaopay' },
      { method: 'naverpay', gatewayMethod: 'point', pg: 'naverpay' },
      { method: 'tosspay', gatewayMethod: 'point', pg: 'tosspay_v2' },
      { method: 'trans', gatewayMethod: 'trans', pg: 'html5_inicis' },
      { method: 'phone', gatewayMethod: 'phone', pg: 'danal' },
    ])('pays by $method as the gateway understands it', async ({ method, gatewayMethod, pg }) => {
      const { client, account } = await service.user();
      const checkout = await CheckoutPage.open(await visitors.device(), service.url, { client });
      await checkout.choose(5_000, method);
      const asksForTel = method === 'phone';
      expect(await checkout.part('tel').isVisible()).toBe(asksForTel);
      if (asksForTel) await checkout.part('tel').fill('010-1234-5678');
      await checkout.openWindow(5_000, method);
      await checkout.press('approve');
      await checkout.outcome('credited');
      expect(await service.simulator.paymentsOf(account.email)).toMatchObject([
        {
          imp_uid: await checkout.impUid(),
          status: 'paid',
          amount: 5_000,
          pay_method: gatewayMethod,
          pg_provider: pg,
          buyer_tel: asksForTel ? '01012345678' : null,
        },
      ]);
      await expectCredited(service, account.id, [5_000]);
    });

    it('opens one window for one order when pay is pressed again and again', async () => {
      const { client, account } = await service.user();
      const checkout = await CheckoutPage.open(await visitors.device(), service.url, { client });
      await checkout.choose(5_000);
      await checkout.part('pay').dblclick();
      await checkout.page.evaluate(() => document.querySelector<HTMLFormElement>('#top-up')?.requestSubmit());
      await checkout.press('approve');
      await checkout.outcome('credited');
      expect(checkout.calls('createPaymentOrder')).toBe(1);
      expect(await service.simulator.paymentsOf(account.email)).toHaveLength(1);
      await expectCredited(service, account.id, [5_000]);
    });

    it('asks for an amount, and for a phone number that can be one, before it makes an order', async () => {
      const { client } = await service.user();
      const checkout = await CheckoutPage.open(await visitors.device(), service.url, { client });
      await checkout.part('package-5000').waitFor();
      await checkout.part('pay').click();
      expect(await checkout.part('package-error').innerText()).toBe('충전할 금액을 골라 주세요.');
      await checkout.part('package-5000').check();
      await checkout.part('method-phone').check();
      for (const [tel, fault] of [
        ['', '휴대폰 번호를 입력해 주세요.'],
        ['abc', '휴대폰 번호를 확인해 주세요.'],
      ] as const) {
        await checkout.part('tel').fill(tel);
        await checkout.part('pay').click();
        expect(await checkout.part('tel-error').innerText()).toBe(fault);
      }
      expect(checkout.calls('createPaymentOrder')).toBe(0);
    });

    it('says what is wrong with a sign-up and a log-in', async () => {
      const { account } = await service.user();
      const checkout = await CheckoutPage.open(await visitors.device(), service.url);
      await checkout.part('email').fill(account.email);
      await checkout.part('password').fill('not the password');
      await checkout.part('submit-auth').click();
      await checkout.part('auth-error').filter({ hasText: /\S/ }).waitFor();
      await checkout.part('switch-auth').click();
      await checkout.part('name').fill('다른 사람');
      await checkout.part('password').fill('short');
      await checkout.part('submit-auth').click();
      expect(await checkout.part('password-error').innerText()).toBe('비밀번호는 8자 이상이어야 합니다.');
      await checkout.part('password').fill('long enough');
      await checkout.part('submit-auth').click();
      await checkout.part('email-error').filter({ hasText: /\S/ }).waitFor();
      expect(await checkout.part('account').isVisible()).toBe(false);
    });

    it('logs out for good: the balance is gone, also after a reload', async () => {
      const { client } = await service.user();
      const device = await visitors.device();
      const checkout = await CheckoutPage.open(device, service.url, { client });
      await checkout.part('log-out').click();
      await checkout.part('auth').waitFor();
      expect(await device.cookies(`${service.url}/graphql`)).toEqual([]);
      await checkout.goto();
      expect(await checkout.part('auth').isVisible()).toBe(true);
      expect(await checkout.part('account').isVisible()).toBe(false);
    });

    it('shows ten transactions and the others on demand', async () => {
      const { client, account } = await service.user();
      for (let payment = 0; payment < 23; payment += 1) {
        await credit(client, (await orderAndPay(client, service.simulator, { orderAmount: 5_000 })).imp_uid);
      }
      const checkout = await CheckoutPage.open(await visitors.device(), service.url, { client });
      const lengths = [(await checkout.history()).length];
      for (let presses = 0; presses < 2; presses += 1) {
        await checkout.part('history-more').click();
        lengths.push((await checkout.history()).length);
      }
      expect(lengths).toEqual([10, 20, 23]);
      expect(await checkout.part('history-more').isVisible()).toBe(false);
      const { rows } = await readAccount(service.books, account.id);
      const shown = (await checkout.history()).map(({ impUid }) => impUid);
      expect(shown).toEqual(rows.map(({ impUid }) => impUid).toReversed());
      // Each says how it was paid, and leads to its receipt.
      const [method, receipt] = [checkout.part('method').first(), checkout.part('receipt').first()];
      expect(await method.innerText()).toBe('신용·체크카드');
      expect(await receipt.getAttribute('href')).toMatch(/^http/);
      expect(await receipt.getAttribute('rel')).toContain('noopener');
      expect(await receipt.getAttribute('aria-label')).toContain('5,000');
    });

    it('is used by keyboard alone, from sign-up to points', async () => {
      const account = newAccount();
      const checkout = await CheckoutPage.open(await visitors.device(), service.url);
      const { keyboard } = checkout.page;
      await checkout.part('email').focus();
      await checkout.tabTo('switch-auth');
      await keyboard.press('Enter');
      for (const text of [account.name, account.email, account.password]) {
        await keyboard.type(text);
        await keyboard.press('Tab');
      }
      await keyboard.press('Enter');
      await checkout.part('package-5000').waitFor();
      await checkout.tabTo('package-5000');
      await keyboard.press('Space');
      await keyboard.press('ArrowRight');
      await checkout.tabTo('method-card');
      await keyboard.press('ArrowRight');
      await checkout.tabTo('pay');
      await keyboard.press('Enter');
      await checkout.window.locator('[data-test=approve]:focus').waitFor();
      await keyboard.press('Enter');
      await checkout.outcome('credited');
      expect(await checkout.part('balance').innerText()).toBe('10,000P');
      await checkout.focusComesTo('result-title');
      await checkout.tabTo('result-close');
      await keyboard.press('Enter');
      await checkout.part('pay').waitFor();
      const [payment] = await service.simulator.paymentsOf(account.email);
      expect(payment).toMatchObject({ pay_method: 'point', pg_provider: 'kakaopay' });
    });

    it('speaks English after one press: the page, the server’s refusals and the gateway’s window', async () => {
      const { client, account } = await service.user();
      const device = await visitors.device();
      const checkout = await CheckoutPage.open(device, service.url);
      await checkout.part('language').click();
      await checkout.part('email').fill(account.email);
      await checkout.part('password').fill('not the password');
      await checkout.part('submit-auth').click();
      const refusal = checkout.part('auth-error').filter({ hasText: /\S/ });
      expect(await refusal.innerText()).toMatch(/^[\x20-\x7e]+$/);

      await checkout.logIn(account);
      await checkout.openWindow(5_000);
      expect(await checkout.window.locator('[data-test=approve]').innerText()).toBe('Approve ₩5,000');
      await checkout.press('approve');
      await checkout.outcome('credited');
      expect(await checkout.part('result-title').innerText()).toBe('5,000P added');

      const { imp_uid } = await orderAndPay(client, service.simulator, { amount: 1, orderAmount: 5_000 });
      await checkout.goto(`?imp_uid=${imp_uid}`);
      await checkout.outcome('refused');
      expect(await checkout.part('result-text').innerText()).toContain('not the amount of the order');
      expect(await checkout.page.locator('html').getAttribute('lang')).toBe('en');
    });

    it('shows no word of a forged address and credits nothing', async () => {
      const { client, account } = await service.user();
      const checkout = await CheckoutPage.open(await visitors.device(), service.url, { client });
      const attack = encodeURIComponent('<img src=x onerror="window.forged=true">');
      const lie = encodeURIComponent('아래 번호로 forged 송금해 주세요');
      await checkout.goto(`?imp_uid=imp_000000000000&error_msg=${attack}`);
      await checkout.outcome('refused');
      await checkout.goto(`?imp_uid=${attack}&imp_success=true`);
      await checkout.outcome('refused');
      for (const query of [
        `?error_msg=${attack}`,
        `?error_msg=${lie}`,
        `?error_code=${lie}`,
        `?error_code=F400&error_msg=${lie}`,
      ]) {
        await checkout.goto(query);
        await checkout.outcome('notPaid');
        expect(await checkout.part('account').innerText()).not.toMatch(/img|forged/);
      }
      expect(await checkout.page.locator('img').count()).toBe(0);
      expect(await checkout.page.evaluate(() => 'forged' in window)).toBe(false);
      await expectCredited(service, account.id, []);
    });

    it('credits nobody by an address that names somebody else’s payment', async () => {
      const payer = await service.user();
      const { imp_uid } = await orderAndPay(payer.client, service.simulator);
      const thief = await service.user();
      const checkout = await CheckoutPage.open(await visitors.device(), service.url, {
        client: thief.client,
        query: `?imp_uid=${imp_uid}&imp_success=true`,
      });
      await checkout.outcome('refused');
      await expectCredited(service, thief.account.id, []);
      await expectCredited(service, payer.account.id, []);
    });

    it('says that the gateway’s script is blocked, and works when it no longer is', async () => {
      const { client, account } = await service.user();
      const device = await visitors.device();
      visitors.expectFault(/iamport\.js/);
      await device.route('**/v1/iamport.js', (route) => route.abort());
      const checkout = await CheckoutPage.open(device, service.url, { client });
      await checkout.choose(5_000);
      await checkout.part('pay').click();
      await checkout.part('pay-error').filter({ hasText: '결제창을 불러오지 못했습니다' }).waitFor();
      await device.unroute('**/v1/iamport.js');
      await checkout.part('pay').click();
      await checkout.press('approve');
      await checkout.outcome('credited');
      expect(checkout.calls('createPaymentOrder')).toBe(1);
      await expectCredited(service, account.id, [5_000]);
    });

    it.each(['ko-KR', 'en-US'])('fits a phone of 320 pixels (%s)', async (locale) => {
      const device = await visitors.device({ viewport: { width: 320, height: 640 }, locale });
      const checkout = await CheckoutPage.open(device, service.url);
      await checkout.part('switch-auth').click();
      await checkout.part('submit-auth').click();
      await checkout.expectNoSidewaysScrolling();
      await checkout.part('switch-auth').click();
      await checkout.signUp(newAccount());
      await checkout.part('package-100000').waitFor();
      await checkout.expectNoSidewaysScrolling();
      await checkout.openWindow(100_000);
      const { content, view } = await checkout.window.locator('html').evaluate((html) => ({
        content: html.scrollWidth,
        view: window.innerWidth,
      }));
      expect(content).toBeLessThanOrEqual(view);
      await checkout.press('approve');
      await checkout.outcome('credited');
      await checkout.expectNoSidewaysScrolling();
      await checkout.part('result-close').click();
      await checkout.expectNoSidewaysScrolling();
    });
  });
});
