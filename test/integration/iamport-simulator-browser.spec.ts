import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, BrowserContextOptions, FrameLocator, Page } from 'playwright-core';
import { startIamportSimulator, type RunningSimulator } from '../../simulator/src/simulator.js';
import { describeInBrowser, launchChromium } from '../support/chromium.js';

type Result = Record<string, unknown>;

/** What the page of this test's shop has. */
interface ShopWindow {
  IMP: {
    init: (userCode: string) => void;
    request_pay: (params: object, callback?: (result: Result) => void) => Promise<Result>;
  };
  results: Result[];
}

const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  isMobile: true,
  hasTouch: true,
  userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148',
};
const NEW_STYLE = 'channel-key-sim-tosspayments';

describeInBrowser('the browser script and the payment window', () => {
  let folder: string;
  let simulator: RunningSimulator;
  let shop: Server;
  let shopUrl: string;
  let browser: Browser;
  let context: BrowserContext | undefined;
  let faults: string[];
  let orders = 0;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'iamport-simulator-'));
    simulator = await startIamportSimulator({ port: 0, dataFile: join(folder, 'simulator.db') });
    shop = createServer((_req, res) => {
      // A shop that allows the script and the frame and nothing else from the gateway's origin.
      res.setHeader(
        'content-security-policy',
        `default-src 'none'; script-src 'self' ${simulator.url}; frame-src ${simulator.url}`,
      );
      res.setHeader('content-type', 'text/html; charset=utf-8');
      res.end(`<!doctype html><title>shop</title><h1>shop</h1><button>behind</button>
        <script src="${simulator.url}/v1/iamport.js"></script>`);
    });
    shop.listen(0, '127.0.0.1');
    await once(shop, 'listening');
    shopUrl = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/pay`;
    browser = await launchChromium();
  });

  afterEach(async () => {
    await context?.close();
    context = undefined;
    expect(faults).toEqual([]);
  });

  afterAll(async () => {
    await browser.close();
    shop.close();
    await simulator.close();
    rmSync(folder, { recursive: true });
  });

  async function openShop(options: BrowserContextOptions = {}): Promise<Page> {
    faults = [];
    context = await browser.newContext({ locale: 'ko-KR', ...options });
    const page = await context.newPage();
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => {
      // The shop of this test has no favicon.
      if (message.type() === 'error' && !message.location().url.endsWith('/favicon.ico'))
        faults.push(message.text());
    });
    await page.goto(shopUrl);
    return page;
  }

  /** IMP.request_pay as a shop calls it; what the callback gets is kept in the page. */
  async function requestPay(page: Page, params: object = {}, withCallback = true): Promise<string> {
    orders += 1;
    const order = {
      channelKey: 'channel-key-sim-html5_inicis',
      pay_method: 'card',
      merchant_uid: `order-${orders}`,
      name: '포인트 10,000P',
      amount: 10_000,
      buyer_name: '홍길동',
      ...params,
    };
    await page.evaluate(
      ([wanted, callsBack]) => {
        const it = window as unknown as ShopWindow;
        it.results = [];
        it.IMP.init('imp00000000');
        void it.IMP.request_pay(wanted, callsBack ? (result) => it.results.push(result) : undefined);
      },
      [order, withCallback] as const,
    );
    return order.merchant_uid;
  }

  async function result(page: Page): Promise<Result> {
    await page.waitForFunction(() => (window as unknown as ShopWindow).results.length > 0);
    const results = await page.evaluate(() => (window as unknown as ShopWindow).results);
    expect(results).toHaveLength(1);
    expect(await page.locator('dialog, iframe').count()).toBe(0);
    return results[0] ?? {};
  }

  const paymentWindow = (page: Page): FrameLocator => page.frameLocator('iframe');

  it('shows what is paid and says that it is not real, in Korean and in English', async () => {
    const korean = await openShop();
    const merchantUid = await requestPay(korean);
    const sheet = paymentWindow(korean).locator('[data-test=window]');
    await sheet.waitFor();
    expect(await sheet.innerText()).toContain('실제 결제가 아닙니다');
    for (const text of ['포인트 10,000P', '10,000원', '홍길동', merchantUid, '결제 거절']) {
      expect(await sheet.innerText()).toContain(text);
    }
    await context?.close();
    const english = await openShop({ locale: 'en-US' });
    await requestPay(english);
    const approve = paymentWindow(english).locator('[data-test=approve]:focus');
    expect(await approve.innerText()).toBe('Approve ₩10,000');
  });

  it('calls back once with the rich result when the buyer approves in an old module', async () => {
    const page = await openShop();
    const merchant_uid = await requestPay(page, { custom_data: { ref: 7 } });
    await paymentWindow(page).locator('[data-test=approve]').dblclick();
    expect(await result(page)).toMatchObject({
      success: true,
      merchant_uid,
      paid_amount: 10_000,
      status: 'paid',
      custom_data: { ref: 7 },
    });
  });

  it('calls back with ids only in a new module, and is usable by keyboard alone', async () => {
    const page = await openShop();
    const merchant_uid = await requestPay(page, { channelKey: NEW_STYLE });
    await paymentWindow(page).locator('[data-test=approve]:focus').waitFor();
    await page.keyboard.press('Enter');
    expect(await result(page)).toEqual({ imp_uid: expect.stringMatching(/^imp_\d{12}$/), merchant_uid });
  });

  it('takes Escape, Close and Decline as no payment', async () => {
    const page = await openShop();
    await requestPay(page);
    await paymentWindow(page).locator('[data-test=approve]:focus').waitFor();
    await page.keyboard.press('Escape');
    expect(await result(page)).toMatchObject({ success: false, error_code: 'F400' });
    await requestPay(page, { channelKey: NEW_STYLE });
    await paymentWindow(page).locator('[data-test=close]').click();
    expect(await result(page)).toMatchObject({ error_code: 'F400' });
    await requestPay(page);
    await paymentWindow(page).locator('[data-test=decline]').click();
    expect(await result(page)).toMatchObject({ success: false, error_msg: expect.stringContaining('거절') });
  });

  it('refuses before the window when the order is paid or the amount is a text', async () => {
    const page = await openShop();
    const merchant_uid = await requestPay(page);
    await paymentWindow(page).locator('[data-test=approve]').click();
    await result(page);
    await requestPay(page, { merchant_uid });
    expect(await result(page)).toMatchObject({ success: false, imp_uid: null, error_code: 'F1002' });
    await requestPay(page, { amount: '10000' });
    expect(await result(page)).toMatchObject({ success: false, imp_uid: null, error_code: 'F400' });
  });

  it('alerts and rejects when IMP.init was forgotten', async () => {
    const page = await openShop();
    const alerts: string[] = [];
    page.on('dialog', (dialog) => {
      alerts.push(dialog.message());
      void dialog.dismiss();
    });
    const rejection = await page.evaluate(() =>
      (window as unknown as ShopWindow).IMP.request_pay({}).then(
        () => 'resolved',
        (reason: { error_msg: string }) => reason.error_msg,
      ),
    );
    expect(rejection).toContain('IMP.init');
    expect(alerts).toEqual([rejection]);
  });

  it('goes away and comes back by redirect on a phone, and a reload opens no second payment', async () => {
    const page = await openShop(PHONE);
    const merchantUid = await requestPay(page, {
      pay_method: 'kakaopay',
      m_redirect_url: `${shopUrl}?keep=1`,
    });
    await page.waitForURL('**/window/imp_*');
    const impUid = page.url().split('/').at(-1);
    await page.reload();
    await page.locator('[data-test=approve]').click();
    await page.waitForURL(`${shopUrl}?keep=1&*`);
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual({
      keep: '1',
      imp_uid: impUid,
      merchant_uid: merchantUid,
      imp_success: 'true',
    });
  });

  it('on a phone, refuses by callback, or by redirect when the shop gave no callback', async () => {
    const page = await openShop(PHONE);
    const merchant_uid = await requestPay(page, { m_redirect_url: shopUrl });
    await page.locator('[data-test=approve]').click();
    await page.waitForURL(`${shopUrl}?*`);
    await requestPay(page, { merchant_uid, m_redirect_url: shopUrl });
    expect(await result(page)).toMatchObject({ error_code: 'F1002' });
    await requestPay(page, { merchant_uid, m_redirect_url: `${shopUrl}?again=1` }, false);
    await page.waitForURL(`${shopUrl}?again=1&*error_code=F1002*`);
  });

  it('lists the payments in the console, with the way back to the shop', async () => {
    const page = await openShop();
    const merchantUid = await requestPay(page, { name: '콘솔에서 볼 주문' });
    await paymentWindow(page).locator('[data-test=approve]').click();
    await result(page);
    await page.goto(`${simulator.url}/console`);
    const newest = page.locator('[data-test=payments] > li').first();
    await newest.locator('summary').click();
    for (const text of ['콘솔에서 볼 주문', '결제완료', '10,000원', merchantUid]) {
      expect(await newest.innerText()).toContain(text);
    }
    expect(await page.locator('[data-test=shop]').getAttribute('href')).toBe(shopUrl);
  });
});
